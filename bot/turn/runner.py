"""Running turns: one at a time in each conversation, conversations side by side, and all again after a crash."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bot.store import conversations, inbox
from bot.store.conversations import Conversation
from bot.store.inbox import Item
from bot.turn import steps
from bot.turn.context import Services, Turn

log = logging.getLogger(__name__)

#: How often the runner looks for messages whose time has come, in seconds.
_SWEEP_EVERY = 1.0
#: How long a turn that was overtaken by a change of owner is tried afresh.
_MOST_OVERTAKEN = 5


class TurnRunner:
    """Takes up every unsettled message. ``wake`` when one was accepted; those that nobody woke it for it finds itself.

    A lease on the conversation's row keeps other gateways out while a turn runs. It ends by itself, so that the turns
    of a gateway that died are taken up by another.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._worker = services.store.ambient.new_id()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopped = False
        self.working: set[str] = set()
        """The conversations in which a turn is running in this process: 'the assistant is typing'."""

    async def start(self) -> None:
        """Take up everything that is unsettled, and go on doing so. On SQLite leases of an earlier run are void."""
        if self._store.is_sqlite:
            async with self._store.write() as tx:
                await conversations.release_all_leases(tx)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self, grace: float = 10.0) -> None:
        """Start nothing more and let running turns finish for ``grace`` seconds; later ones are taken up again."""
        self._stopped = True
        if self._sweeper:
            self._sweeper.cancel()
        running = [task for task in (self._sweeper, *self._tasks.values()) if task]
        if running:
            _done, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def wake(self, conversation_id: str) -> None:
        """A message was accepted in this conversation: run its turn now, or right after the one that runs."""
        if self._stopped:
            return
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._drain(conversation_id), name=f"turns of {conversation_id}")
        self._tasks[conversation_id] = task
        task.add_done_callback(lambda done: self._finished(conversation_id, done))

    def _finished(self, conversation_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[conversation_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("A turn broke off and will be taken up again: %s", type(error).__name__, exc_info=error)
        elif conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _sweep(self) -> None:
        while True:
            try:
                async with self._store.read() as connection:
                    due = await inbox.due_conversations(connection, self._store.ambient.now())
                for conversation_id in due:
                    if conversation_id not in self._tasks:
                        self.wake(conversation_id)
            except Exception:
                log.exception("Could not look for unsettled messages. Trying again.")
            await asyncio.sleep(_SWEEP_EVERY)

    async def _drain(self, conversation_id: str) -> None:
        """Run the turns of one conversation, oldest message first, until none is left to try."""
        last_tried, failed, released = 0, False, False
        try:
            while not released and (found := await self._next(conversation_id, last_tried)):
                item, conversation = found
                self._show_working(conversation_id, True)
                turn = await self._run(item, conversation, behind=failed)
                failed = failed or (turn.failure is not None and turn.outcome is None)
                last_tried, released = item.seq, turn.released
        finally:
            self._show_working(conversation_id, False)
            if not released:
                async with self._store.write() as tx:
                    await conversations.release_lease(tx, conversation_id, self._worker)

    async def _next(self, conversation_id: str, after: int) -> tuple[Item, Conversation] | None:
        """The next message to try and its conversation, with the lease renewed for as long as its turn can take."""
        until = self._store.ambient.now() + timedelta(seconds=2 * self._services.settings.turn_deadline + 10)
        async with self._store.write() as tx:
            conversation = await conversations.take_lease(tx, conversation_id, self._worker, until)
            item = await inbox.next_pending(tx.connection, conversation_id, after) if conversation else None
            return (item, conversation) if item and conversation else None

    async def _run(self, item: Item, conversation: Conversation, *, behind: bool) -> Turn:
        for _ in range(_MOST_OVERTAKEN):
            turn = Turn(item, conversation, self._worker, behind=behind)
            await steps.run(turn, self._services)
            if turn.outcome or turn.failure:
                break
            async with self._store.read(quick=True) as connection:
                read = await conversations.get(connection, item.conversation_id)
            assert read is not None
            conversation = read
        return turn

    def _show_working(self, conversation_id: str, on: bool) -> None:
        if (conversation_id in self.working) is not on:
            (self.working.add if on else self.working.discard)(conversation_id)
            self._store.hub.wake(conversation_id)
