"""The gateway with Telegram on, as tests use it: updates go in by its webhook; the store shows what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from bot.channels.telegram import inbound, webhook
from bot.channels.telegram.service import TELEGRAM, Telegram
from bot.store import Store, conversations, inbox, messages, telegram
from bot.store.conversations import Conversation
from bot.store.messages import Message, Sender
from bot.store.telegram import Update
from bot.turn.context import Services
from bot.web.app import create_app
from tests.talk import Client
from tests.telegram.fake_bot_api import FakeBotApi

SECRET = "the-secret-of-the-tests"


@dataclass
class Gateway:
    """A gateway that Telegram calls. Nothing is held back for want of an id below the first one."""

    client: Client
    services: Services
    fake: FakeBotApi

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def telegram(self) -> Telegram:
        assert self.client.app is not None
        return self.client.app[TELEGRAM]

    @property
    def account(self) -> str:
        return str(self.fake.bot_id)

    @property
    def url(self) -> str:
        return str(self.client.make_url(webhook.PATH))

    async def take(self, *updates: dict[str, Any]) -> None:
        """Post updates, one after the other, and wait until all that they cause is done."""
        for update in updates:
            assert await self.fake.post(update, self.url, secret=SECRET) == 200
        await self.settled()

    async def text(self, chat: int, text: str, **fields: Any) -> str:
        """Somebody writes. Returns the answer: everything that was said after it, in the order of saying."""
        return await self.answer(self.fake.text(chat, text, **fields), chat)

    async def answer(self, update: dict[str, Any], chat: int) -> str:
        """The same for any update."""
        before = len(await self.said(chat))
        await self.take(update)
        found = (await self.said(chat))[before:]
        return "\n".join(message.text for message in found if message.sender is not Sender.CITIZEN)

    async def press(self, chat: int, title: str) -> str:
        """Press the last button of that title. Returns the answer."""
        found = await self.conversation(chat)
        assert found is not None
        [*_, key] = [
            f"b:{found.id}:{button['id']}"
            for message in await self.said(chat)
            for button in message.body.get("buttons", [])
            if button["title"] == title
        ]
        return await self.answer(self.fake.press(chat, key), chat)

    async def settled(self, patience: float = 120) -> None:
        """Until no update waits and every message of a citizen is dealt with; for so many seconds."""
        clock = asyncio.get_running_loop().time
        until = clock() + patience
        while clock() < until:
            async with self.store.read(quick=True) as connection:
                waits = await telegram.next_due(connection, self.account)
                pending = await inbox.count_pending(connection)
            if waits is None and not pending:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"not settled: {waits} {pending}")

    async def conversation(self, chat: int) -> Conversation | None:
        """The conversation that is open in the chat."""
        async with self.store.read(quick=True) as connection:
            return await conversations.open_at(connection, "telegram", self.account, str(chat))

    async def said(self, chat: int) -> list[Message]:
        """Everything in it."""
        found = await self.conversation(chat)
        if found is None:
            return []
        async with self.store.read(quick=True) as connection:
            return await messages.of_conversation(connection, found.id)

    async def outcomes(self) -> list[str | None]:
        """What became of each update since the start, by rising id."""
        async with self.store.read() as connection:
            found = await telegram.outcomes(connection, self.account)
        return [outcome for _, outcome in sorted(found.items())][1:]


@asynccontextmanager
async def gateway(services: Services, fake: FakeBotApi, **changed: Any) -> AsyncIterator[Gateway]:
    """The gateway of these services, with Telegram."""
    given: dict[str, Any] = {
        "telegram_token": fake.token,
        "telegram_mode": "webhook",
        "telegram_secret": SECRET,
        "telegram_api_url": fake.base_url.removesuffix("/bot"),
        "public_url": "https://chat.example",
    }
    services = replace(services, settings=replace(services.settings, **{**given, **changed}))
    account = str(fake.bot_id)
    async with services.store.write() as tx:
        await telegram.keep(tx, account, [Update(70_000_000, None, {})], inbound.HOLD)
        await telegram.done(tx, account, 70_000_000, "before the test")
    async with TestClient(TestServer(create_app(services))) as client:
        yield Gateway(client, services, fake)
