"""From an update to a message in a conversation: kept first, then dealt with in order, each once.

``Keeper`` commits updates and no more, so that the webhook can answer 200 and the offset can move. ``Digester`` deals
with what is kept: a row in the inbox and a turn for everything a citizen did, and a quiet record for the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from bot.channels.telegram import points
from bot.channels.telegram.told import Told, understand
from bot.channels.telegram.updates import Incoming, Me, chat_of, read
from bot.desk import ending, unreachable
from bot.store import DatabaseError, Store, Transaction, cases, conversations, erasing, inbox, telegram
from bot.store.conversations import Conversation
from bot.store.telegram import Update
from bot.text import telegram as words
from bot.turn import linked, own
from bot.turn.context import Services

log = logging.getLogger(__name__)

CHANNEL = "telegram"

#: How long an update waits for one with a lower id that Telegram may still be bringing.
HOLD = timedelta(seconds=1)
_SWEEP = 1.0
_MOST_AT_ONCE = 20
_TIDY_EVERY = 60.0
#: Update ids are whole numbers that the database can hold.
_MOST = 2**63


class Malformed(ValueError):
    """This is no update: it has no usable ``update_id``."""


class Keeper:
    """Commits updates. What comes while one commit is under way goes together into the next."""

    def __init__(self, store: Store, bot: str) -> None:
        self._store, self._bot = store, bot
        self._waiting: list[tuple[list[Update], timedelta, asyncio.Future[list[int]]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, payloads: Iterable[Any], *, ordered: bool) -> list[int]:
        """Commit updates. Returns the ids of those that are new. ``ordered`` when none with a lower id can still come.

        Raises:
            Malformed: one is no update; nothing is kept.
        """
        found = _read_ids(payloads)
        points.reached("received")
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((found, timedelta(0) if ordered else HOLD, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._commit(), name="telegram keeper")
        new = await done
        points.reached("committed")
        return new

    async def _commit(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            results = []
            try:
                async with self._store.write() as tx:
                    for found, hold, _ in batch:
                        results.append(await telegram.keep(tx, self._bot, found, hold))
            except Exception as error:  # each who waits is told, and Telegram brings it again
                for _, _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for (_, _, done), new in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(new)


def _read_ids(payloads: Iterable[Any]) -> list[Update]:
    found = []
    for payload in payloads:
        number = payload.get("update_id") if isinstance(payload, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _MOST:
            raise Malformed("an update needs a whole number as its update_id")
        found.append(Update(number, chat_of(payload), payload))
    return found


class Digester:
    """Deals with kept updates, one after the other. ``poke`` when some were kept; others it finds by itself."""

    def __init__(self, services: Services, me: Callable[[], Me], wake: Callable[[str], None]) -> None:
        self._services, self._store, self._me, self._wake = services, services.store, me, wake
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        """Take up what is kept, and go on doing so."""
        self._task = asyncio.create_task(self._run(), name="telegram digester")

    async def stop(self) -> None:
        """Stop after what is being dealt with."""
        self._stopped = True
        self._changed.set()
        if self._task:
            await self._task

    def poke(self) -> None:
        """Something was kept."""
        self._changed.set()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        tidied = float("-inf")
        while not self._stopped:
            self._changed.clear()
            try:
                while not self._stopped and await self.some():
                    pass
                if clock() - tidied >= _TIDY_EVERY:
                    async with self._store.write() as tx:
                        await erasing.forget_addresses(tx)
                        await linked.tidy(tx)
                    tidied = clock()
            except (DatabaseError, OSError, TimeoutError) as error:
                log.error("Telegram's messages wait, since the database did not answer: %s", type(error).__name__)
                await asyncio.sleep(_SWEEP)
                continue
            if self._stopped:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), await self._pause())

    async def _pause(self) -> float:
        """How long to sleep: until the first update that is held back is due."""
        async with self._store.read(quick=True) as connection:
            due = await telegram.next_due(connection, self._me().id)
        if due is None:
            return _SWEEP
        return min(_SWEEP, max(0.01, (due - self._store.ambient.now()).total_seconds()))

    async def some(self) -> bool:
        """Deal with the next updates, in one transaction. False when none is ready."""
        # On PostgreSQL two gateways that lock several conversations each could wait for one another.
        most = _MOST_AT_ONCE if self._store.is_sqlite else 1
        woken: list[str] = []
        dealt = 0
        async with self._store.write() as tx:
            while dealt < most and (update := await telegram.next_ready(tx, self._me().id)):
                outcome, wake = await self._deal_safely(tx, update)
                await telegram.done(tx, self._me().id, update.update_id, outcome)
                woken += [wake] if wake else []
                dealt += 1
        for conversation_id in dict.fromkeys(woken):
            self._wake(conversation_id)
        return dealt > 0

    async def _deal_safely(self, tx: Transaction, update: Update) -> tuple[str, str | None]:
        try:
            async with tx.connection.begin_nested():
                return await self._deal(tx, update)
        except (DatabaseError, OSError):
            raise
        except Exception as error:  # a fault of ours: it must not hold up everybody else
            log.error("Could not read update %s: %s", update.update_id, type(error).__name__, exc_info=error)
            async with tx.connection.begin_nested():
                return await self._excuse(tx, update)

    async def _deal(self, tx: Transaction, update: Update) -> tuple[str, str | None]:
        """What became of the update, and the conversation that it woke."""
        incoming = read(update.payload, self._me())
        if incoming.kind == "aside":
            return incoming.text, None
        conversation = await conversations.open_at(tx.connection, CHANNEL, self._me().id, incoming.chat)
        if incoming.kind in ("blocked", "unblocked"):
            if conversation and incoming.kind == "blocked" and await cases.open_of(tx.connection, conversation.id):
                await unreachable.tell_staff(tx, conversation, unreachable.BLOCKED)
            return incoming.kind, None
        conversation = conversation or await self._begin(tx, incoming.chat)
        told = await understand(tx, conversation, incoming, self._me())
        if told.ends:
            return await self._end(tx, conversation, told), conversation.id
        if told.content is None:
            return told.outcome, None
        await self._receive(tx, conversation, update, told)
        return told.outcome, conversation.id

    async def _receive(self, tx: Transaction, conversation: Conversation, update: Update, told: Told) -> None:
        assert told.content is not None
        await inbox.receive(
            tx,
            conversation,
            account=conversation.account,
            external_id=str(update.update_id),
            content=told.content,
            draft=told.draft,
        )

    async def _begin(self, tx: Transaction, chat: str) -> Conversation:
        return await conversations.create(tx, channel=CHANNEL, account=self._me().id, external_id=chat, address=chat)

    async def _end(self, tx: Transaction, conversation: Conversation, told: Told) -> str:
        """End the chat now and not in a turn, so that what the citizen writes next begins a new one."""
        gone, kept, stopped = (own.fill(words.SAYINGS[name], self._services) for name in ("deleted", "kept", "stopped"))
        if told.ends == "delete":
            return "deleted" if await ending.delete(tx, conversation, gone, kept) else "ended"
        await ending.end(tx, conversation, stopped)
        return "ended"

    async def _excuse(self, tx: Transaction, update: Update) -> tuple[str, str | None]:
        """Tell the citizen that their message could not be read, where there is one who waits for an answer."""
        if "message" not in update.payload or not (update.chat or "").isdigit():  # groups have negative ids
            return "unreadable", None
        assert update.chat is not None
        conversation = await conversations.open_at(tx.connection, CHANNEL, self._me().id, update.chat)
        conversation = conversation or await self._begin(tx, update.chat)
        await self._receive(tx, conversation, update, Told.saying("failed", words.SHOWN["unknown"]))
        return "unreadable", conversation.id


__all__ = ["CHANNEL", "HOLD", "Digester", "Incoming", "Keeper", "Malformed"]
