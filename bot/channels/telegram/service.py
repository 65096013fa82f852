"""Telegram, started and stopped with the gateway: one handler behind webhook and polling, and the sender."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from aiohttp import web
from telegram import Bot, BotCommand
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram import client, points
from bot.channels.telegram.inbound import Digester, Keeper
from bot.channels.telegram.polling import PAUSES, Poller
from bot.channels.telegram.sender import Sender
from bot.channels.telegram.updates import WANTED, Me
from bot.store import leases
from bot.text.telegram import COMMANDS
from bot.turn.context import Services
from bot.turn.runner import TurnRunner

log = logging.getLogger(__name__)

#: How many updates Telegram may bring at the same time.
_CONNECTIONS = 20


class Telegram:
    """One bot. Make it, take ``services`` from it for everything else, then ``start`` and, at the end, ``stop``."""

    def __init__(self, services: Services, bot: Bot | None = None) -> None:
        settings = services.settings
        self.bot = bot or client.make_bot(settings)
        self.me = Me(client.account(settings))
        self.sender = Sender(services, self.bot, account=self.me.id)
        self.services = replace(services, poke_outbox=self._poke, telegram_link=lambda: self._link())
        self.secret = settings.telegram_secret or settings.secret("telegram-webhook")
        self._settings, self._store = settings, services.store
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper = Keeper(services.store, self.me.id)
        self._digester: Digester

    async def start(self, runner: TurnRunner, path: str) -> None:
        """Take up what was kept before, and let messages in and out. Waits for nothing on the network.

        ``path`` is where the gateway takes updates.
        """
        if self._store.is_sqlite:  # the only gateway there is: leases of an earlier run are void
            async with self._store.write() as tx:
                await leases.release_all(tx)
        self._digester = Digester(self.services, lambda: self.me, runner.wake)
        await self._digester.start()
        await self.sender.start()
        self._spawn(self._introduce(), "telegram introduction")
        if self._settings.telegram_mode == "webhook":
            self._spawn(self._set_webhook(f"{self._settings.base_url}{path}"), "telegram webhook")
        else:
            self._spawn(Poller(self._store, self.bot, self.me.id, self._keep).run(), "telegram polling")

    async def stop(self) -> None:
        """Let nothing more in or out. What is not done is taken up at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._digester.stop()
        await self.sender.stop()
        for request in self.bot._request:
            await request.shutdown()

    async def receive(self, payload: Any) -> None:
        """One update of the webhook. Committed on return.

        Raises:
            bot.channels.telegram.inbound.Malformed: it is none.
        """
        await self._take([payload], ordered=False)

    async def _keep(self, payloads: list[Any]) -> None:
        await self._take([one for one in payloads if isinstance(one, dict)], ordered=True)

    async def _take(self, payloads: list[Any], *, ordered: bool) -> None:
        new = await self._keeper.keep(payloads, ordered=ordered)
        self._digester.poke()
        for payload in payloads:
            query = payload.get("callback_query")
            if payload["update_id"] in new and isinstance(query, dict) and isinstance(query.get("id"), str):
                self._spawn(self._acknowledge(query["id"]), "telegram button")

    async def _acknowledge(self, query: str) -> None:
        """Let the pressed button stop turning. The answer itself comes as a message."""
        try:
            await self.bot.answer_callback_query(query)
        except TelegramError as error:  # it was pressed too long ago, or Telegram is away: only the sign is lost
            log.debug("A button could not be acknowledged: %s", type(error).__name__)

    async def _introduce(self) -> None:
        """Learn the bot's name and tell Telegram its commands. Tries until it works."""

        async def work() -> None:
            me = await self.bot.get_me()
            self.me = Me(self.me.id, me.username)
            await self.bot.set_my_commands([BotCommand(name, meaning) for name, meaning in COMMANDS.items()])
            log.info("On Telegram this is @%s", me.username)

        await self._until_done(work, "Telegram does not tell us the bot's name")

    async def _set_webhook(self, url: str) -> None:
        async def work() -> None:
            await self.bot.set_webhook(
                url, secret_token=self.secret, allowed_updates=list(WANTED), max_connections=_CONNECTIONS
            )
            log.info("Telegram brings messages to %s", url)

        await self._until_done(work, "Telegram does not take our webhook")

    async def _until_done(self, work: Any, problem: str) -> None:
        failures = 0
        while True:
            try:
                return await work()  # type: ignore[no-any-return]
            except InvalidToken:
                why = "the token is not known. Check SAYWHY_TELEGRAM_TOKEN"
            except TelegramError as error:
                why = client.masked(error.message)
            pause = PAUSES[min(failures, len(PAUSES) - 1)]
            failures += 1
            log.warning("%s: %s. Trying again in %.0f s.", problem, why, pause)
            await asyncio.sleep(pause)

    def _poke(self) -> None:
        points.reached("replied")
        self.sender.poke()

    def _link(self) -> str:
        return self.me.link if self.me.username else ""

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


TELEGRAM: web.AppKey[Telegram] = web.AppKey("telegram", Telegram)
