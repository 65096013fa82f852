"""A sender between a real database and the fake of Telegram, with time that runs faster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.channels.telegram.client import trusted
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.sender import Sender
from bot.store import Store, conversations, messages, outbox
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Message
from bot.store.messages import Sender as Who
from bot.turn.context import Services
from tests.telegram.clock import FastAmbient
from tests.telegram.fake_bot_api import FakeBotApi

ACCOUNT = "110201543"
#: In real seconds.
HASTE = 1.0


class Watched(HTTPXRequest):
    """The client's way out: notes when each message leaves, and takes no time of the clock.

    ``hasty`` holds the messages, counted from 1, whose answers are waited for ``HASTE`` real seconds only.
    """

    def __init__(self, ambient: FastAmbient, hasty: Collection[int], **options: Any) -> None:
        super().__init__(**options)
        self.ambient, self.hasty = ambient, hasty
        self.left: list[tuple[int, datetime]] = []

    async def do_request(self, *given: Any, **named: Any) -> tuple[int, bytes]:
        """As ever."""
        asked = named["request_data"].parameters
        if "chat_id" in asked:
            self.left.append((int(asked["chat_id"]), self.ambient.now()))
            if len(self.left) in self.hasty:
                named["read_timeout"] = HASTE
        with self.ambient.stands():
            return await super().do_request(*given, **named)


class WatchedPace(Pace):
    """Notes the places that it gives out."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: list[datetime] = []

    def next_slot(self, now: datetime) -> datetime:
        """As ever."""
        self.slots.append(super().next_slot(now))
        return self.slots[-1]

    @property
    def paused(self) -> bool:
        """Whether nobody may be sent anything for a while."""
        return self._all is not None


class Post:
    """An office: what is said here arrives there."""

    def __init__(self, store: Store, ambient: FastAmbient, services: Services, fake: FakeBotApi) -> None:
        self.store, self.ambient, self.fake = store, ambient, fake
        self.services = replace(services, store=store)
        self.chats: dict[int, Conversation] = {}
        fake.clock = ambient.seconds

    @asynccontextmanager
    async def sender(self, hasty: Collection[int] = ()) -> AsyncIterator[Sender]:
        """A sender that runs."""
        shared = {"verify": trusted()}
        request = Watched(
            self.ambient, hasty, connection_pool_size=64, read_timeout=60, connect_timeout=60, httpx_kwargs=shared
        )
        bot = Bot(
            self.fake.token, base_url=self.fake.base_url, request=request,
            get_updates_request=HTTPXRequest(httpx_kwargs=shared),
        )  # fmt: skip
        running = Sender(self.services, bot, ACCOUNT, sleep=self.ambient.sleep)
        self.pace = running._pace = WatchedPace()
        self.left = request.left
        await running.start()
        try:
            yield running
        finally:
            await running.stop()
            await request.shutdown()

    async def chat(self, chat_id: int, *, known: bool = True) -> Conversation:
        """A chat that Telegram knows, or not."""
        if known:
            self.fake.person(chat_id)
        async with self.store.write() as tx:
            self.chats[chat_id] = await conversations.create(
                tx, channel="telegram", account=ACCOUNT, external_id=str(chat_id), address=str(chat_id)
            )
        return self.chats[chat_id]

    async def say(self, chat_id: int, *texts: str, who: Who = Who.SYSTEM, **body: object) -> list[Message]:
        """Say something to the citizen of a chat."""
        async with self.store.write() as tx:
            chat = self.chats[chat_id]
            return [await messages.append(tx, chat, who, Draft(text, dict(body))) for text in texts]

    async def said(self, chat_id: int) -> list[Message]:
        """All messages of a chat."""
        async with self.store.read() as connection:
            return await messages.of_conversation(connection, self.chats[chat_id].id)

    async def pending(self) -> int:
        """How many messages are on their way."""
        async with self.store.read(quick=True) as connection:
            return await outbox.count_pending(connection)

    async def delivered(self, patience: float = 120.0) -> None:
        """Wait until nothing is on its way, for so many real seconds."""
        until = time.monotonic() + patience
        while left := await self.pending():
            assert time.monotonic() < until, f"{left} are still on their way"
            await asyncio.sleep(0.02)


async def until(condition: Callable[[], bool], patience: float = 60.0) -> None:
    """Wait until something is so, for so many real seconds."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.005)
