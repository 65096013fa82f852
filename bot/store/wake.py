"""Waking those who wait for a conversation to change, in this process and, on PostgreSQL, in all others."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import URL

log = logging.getLogger(__name__)

ALL = "*"


class Hub:
    """Wakes waiters by conversation id. A wake is only a hint to read again: losing one costs time, not data."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    def wake(self, conversation_id: str) -> None:
        """Wake all who wait for this conversation, and all who wait for any."""
        for key in (conversation_id, ALL):
            for event in self._waiting.get(key, ()):
                event.set()

    def wake_all(self) -> None:
        """Wake everybody."""
        for events in self._waiting.values():
            for event in events:
                event.set()

    def close(self) -> None:
        """Wake everybody for the last time."""
        self.closed = True
        self.wake_all()

    @asynccontextmanager
    async def subscribe(self, conversation_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set at every change of the conversation (``ALL``: of any). The reader clears it."""
        event = asyncio.Event()
        self._waiting[conversation_id].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation_id].discard(event)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]


async def connect(url: URL) -> asyncpg.Connection:
    """A connection to PostgreSQL by an address with what is usual there, such as ``sslmode`` and ``sslrootcert``.

    SQLAlchemy would hand these to asyncpg by name, which takes them in the address only.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: nobody answers there, or not like that.
    """
    return await asyncpg.connect(address(url))


def address(url: URL) -> str:
    """The address as asyncpg wants it. ``ssl``, as some write, is called ``sslmode``."""
    query = {"sslmode" if name == "ssl" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)


async def listen(url: URL, channel: str, hub: Hub) -> None:
    """Pass PostgreSQL's notifications on to the hub, until cancelled. Reconnects by itself."""
    while True:
        lost = asyncio.Event()
        try:
            connection = await connect(url)
            try:
                connection.add_termination_listener(lambda _c, lost=lost: lost.set())
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: hub.wake(payload))
                hub.wake_all()  # whatever was said while nobody listened
                await lost.wait()
            finally:
                await connection.close(timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("Lost the notifications of PostgreSQL (%s). Trying again.", type(error).__name__)
        await asyncio.sleep(1)
