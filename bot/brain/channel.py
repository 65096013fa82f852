"""The one way into Rasa: ``POST /webhooks/saywhy/turn``, for the gateway alone.

One request is one turn. The same message id again gives the same replies and runs nothing twice, also after a restart
of Rasa. A turn that fails leaves no trace, and its reason is told apart from silence; where the message was
understood as danger before, that is told as well, and nothing else of it. ``/webhooks/saywhy/forget``
deletes all that is kept of a conversation; again does nothing. ``/webhooks/saywhy/ready`` says whether a turn would
work now. ``editing`` has two routes more. Every request carries ``Authorization: Bearer <secret>``.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import OrderedDict
from typing import Any, Awaitable, Callable, Dict, Optional, Tuple

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.brain import editing, failures, matters, open_form, reread, speedups, typed_buttons
from bot.brain import turn as turns
from bot.brain.asked import BadRequest, TurnRequest, read_conversation, read_request
from bot.brain.crisis import PERHAPS
from bot.brain.tracker_store import TurnTrackerStore
from bot.brain.turn import Turn

NAME = "saywhy"
DEADLINE = 7.0  # seconds
FINISHED_KEPT = 500  # turns
PROBE_DEADLINE = 2.0  # seconds

Key = Tuple[str, str]
Outcome = Tuple[int, Dict[str, Any]]

logger = logging.getLogger(__name__)

speedups.install()
failures.install()
open_form.install()
reread.install(matters.reread, typed_buttons.reread)


class SaywhyInput(InputChannel):
    """The gateway's channel. ``credentials.yml`` gives it the secret."""

    @classmethod
    def name(cls) -> str:
        """The channel's part of the address."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> SaywhyInput:
        """Made from ``credentials.yml``.

        Raises:
            RasaException: there is no secret. Without one, anybody on the machine could speak as any citizen.
        """
        secret = str((credentials or {}).get("secret") or "")
        if not secret:
            raise RasaException("The channel has no secret. Set SAYWHY_BRAIN_SECRET.")
        return cls(secret)

    def __init__(self, secret: str, deadline: float = DEADLINE) -> None:
        """Answer requests that carry ``secret``, each within ``deadline`` seconds."""
        self._secret = secret.encode()
        self._deadline = deadline
        self._running: Dict[Key, Tuple[asyncio.Task[Outcome], Turn]] = {}
        self._finished: OrderedDict[Key, Dict[str, Any]] = OrderedDict()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The three routes."""
        routes = Blueprint(f"{NAME}_webhook", __name__)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not self._is_trusted(request):
                return response.json({"status": "unauthorised"}, 401)
            agent: Optional[Agent] = getattr(request.app.ctx, "agent", None)
            store = store_of(agent)
            if agent is None or not agent.is_ready() or store is None:
                return response.json(*_answer(_failed("not_ready")))
            try:
                wanted = read_request(request.body, agent.domain.intents if agent.domain else [])
            except BadRequest as error:
                return response.json({"status": "bad_request", "reason": str(error)}, 400)
            return response.json(*_answer(await self._take(agent, store, wanted)))

        @routes.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            if not self._is_trusted(request):
                return response.json({"status": "unauthorised"}, 401)
            store = store_of(getattr(request.app.ctx, "agent", None))
            if store is None:
                return response.json(*_answer(_failed("not_ready")))
            try:
                conversation = read_conversation(request.body)
            except BadRequest as error:
                return response.json({"status": "bad_request", "reason": str(error)}, 400)
            return response.json(*_answer(await self._forget(store, conversation)))

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            if not self._is_trusted(request):
                return response.json({"status": "unauthorised"}, 401)
            agent: Optional[Agent] = getattr(request.app.ctx, "agent", None)
            store = store_of(agent)
            if agent is None or not agent.is_ready() or store is None or not await _answers(store):
                return response.json({"status": "not_ready"}, 503)
            return response.json({"status": "ready", "model": agent.model_name, "tracker_errors": store.errors})

        editing.add_routes(routes, self._is_trusted)
        return routes

    def _is_trusted(self, request: Request) -> bool:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._secret)

    async def _take(self, agent: Agent, store: TurnTrackerStore, wanted: TurnRequest) -> Outcome:
        """The outcome of the turn: remembered, awaited while it runs, or run now."""
        key = (wanted.conversation, wanted.message_id)
        if key in self._finished:
            return 200, {**self._finished[key], "repeated": True}
        repeated = key in self._running
        if not repeated:
            turn = Turn(wanted.message_id)
            self._running[key] = asyncio.ensure_future(run_turn(agent, store, wanted, turn)), turn
            self._running[key][0].add_done_callback(lambda done: self._settle(key, done))
        task, turn = self._running[key]
        try:
            # Shielded: when the gateway goes away or the time is up, the turn goes on and its repeat finds it.
            status, body = await asyncio.wait_for(asyncio.shield(task), self._deadline)
        except asyncio.TimeoutError:
            return _failed("timeout", turn)
        return status, {**body, "repeated": repeated or body["repeated"]} if status == 200 else body

    async def _forget(self, store: TurnTrackerStore, conversation: str) -> Outcome:
        """Delete what is stored and remembered of a conversation, once its running turns are over."""

        def is_its(key: Key) -> bool:
            return key[0] == conversation or key[0].startswith(f"{conversation}:")

        running = [task for key, (task, _turn) in self._running.items() if is_its(key)]
        if running:
            _done, late = await asyncio.wait(running, timeout=self._deadline)
            if late:
                return _failed("timeout")
        for key in [key for key in self._finished if is_its(key)]:
            del self._finished[key]
        try:
            await store.forget(conversation)
        except Exception as error:
            logger.error("A conversation was not forgotten: %s.", type(error).__name__)
            return _failed(turns.TRACKER_STORE)
        return 200, {"status": "ok"}

    def _settle(self, key: Key, task: asyncio.Task[Outcome]) -> None:
        self._running.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        status, body = task.result()
        if status == 200:
            self._finished[key] = body
            while len(self._finished) > FINISHED_KEPT:
                self._finished.popitem(last=False)


async def run_turn(agent: Agent, store: TurnTrackerStore, wanted: TurnRequest, turn: Turn) -> Outcome:
    """Run the turn, or read it from the tracker when an earlier Rasa process finished it."""
    turns.begin(turn)
    try:
        if await store.has_message(wanted.conversation, wanted.message_id):
            earlier = turns.result_of(await store.retrieve(wanted.conversation), wanted.message_id)
            return _ok(earlier, repeated=True) if earlier is not None else _failed(turns.ERROR)
        await agent.handle_message(
            UserMessage(
                wanted.text,
                CollectingOutputChannel(),
                wanted.conversation,
                parse_data=wanted.parse_data,
                input_channel=NAME,
                message_id=wanted.message_id,
                metadata=wanted.metadata,
            )
        )
    except Exception as error:
        turn.fail(turns.ERROR)
        # The kind alone: the error's words may repeat the citizen's.
        logger.error("A turn failed (%s): %s.", turn.failure, type(error).__name__)
    if turn.failure or not turn.result:
        return _failed(turn.failure or turns.ERROR, turn)
    return _ok(turn.result, repeated=False)


def store_of(agent: Optional[Agent]) -> Optional[TurnTrackerStore]:
    """The agent's tracker store. None when it is not ours: Rasa takes one in memory when it cannot import ours."""
    wrapped = getattr(agent, "tracker_store", None)
    store = getattr(wrapped, "_tracker_store", wrapped)
    return store if isinstance(store, TurnTrackerStore) else None


async def _answers(store: TurnTrackerStore) -> bool:
    try:
        return await asyncio.wait_for(store.works(), PROBE_DEADLINE)
    except asyncio.TimeoutError:
        return False


def _ok(result: Dict[str, Any], repeated: bool) -> Outcome:
    return 200, {"status": "ok", **result, "repeated": repeated}


def _failed(reason: str, turn: Optional[Turn] = None) -> Outcome:
    """A failure, with the sign of danger where the message was understood as one before it."""
    body: Dict[str, Any] = {"status": "failed", "reason": reason}
    return 503, {**body, PERHAPS: True} if turn is not None and turn.perhaps_danger else body


def _answer(outcome: Outcome) -> Tuple[Dict[str, Any], int]:
    status, body = outcome
    return body, status
