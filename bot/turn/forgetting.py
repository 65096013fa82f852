"""Has Rasa forget the conversations that have ended, and goes on asking until it has."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from bot.store import DatabaseError, forgetting
from bot.turn.brain import BrainFailure
from bot.turn.context import Services

log = logging.getLogger(__name__)

#: How often it is looked for conversations that have ended, in seconds.
_SWEEP_EVERY = 5.0
#: Pauses before the second, third, … try at a Rasa that does not answer, in seconds; the last one repeats for ever.
_PAUSES = (5, 15, 60, 300)


class Forgetter:
    """Asks Rasa to forget, once at once and once more when no turn of the conversation can be running any more.

    Several gateways may do so at once: to forget twice is the same as once.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._last_turn = timedelta(seconds=4 * services.settings.turn_deadline + 20)
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, with what an earlier run left."""
        self._task = asyncio.create_task(self._run(), name="forgetter")

    async def stop(self) -> None:
        """Stop after what is being dealt with; the rest is taken up again."""
        self._stop.set()
        if self._task:
            await self._task

    async def some(self) -> int:
        """Try what is due. Returns how many conversations are forgotten for good."""
        store, finished = self._services.store, 0
        async with store.read() as connection:
            wishes = await forgetting.due(connection, store.ambient.now())
        for wish in wishes:
            if self._stop.is_set():
                break
            try:
                await self._services.brain.forget(wish.conversation_id)
                failed = False
            except BrainFailure as failure:
                failed = True
                log.warning("Rasa has not forgotten an ended conversation yet: %s", failure.reason)
            async with store.write() as tx:
                if failed:
                    pause = _PAUSES[min(wish.attempts, len(_PAUSES) - 1)]
                    await forgetting.postpone(tx, wish, tx.now + timedelta(seconds=pause), failed=True)
                elif tx.now < wish.asked_at + self._last_turn:
                    await forgetting.postpone(tx, wish, wish.asked_at + self._last_turn, failed=False)
                else:
                    await forgetting.done(tx, wish.conversation_id)
                    finished += 1
            if failed:  # Rasa is down: the others would fail as well
                break
        return finished

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                await self.some()
            except (DatabaseError, OSError, TimeoutError) as error:
                log.error("Rasa is asked to forget later, since the database did not answer: %s", type(error).__name__)
            except Exception:
                log.exception("Could not have Rasa forget. Trying again.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _SWEEP_EVERY)
