"""Polling: asking Telegram for updates. The offset moves only after they are committed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram.client import CALL, POLL, masked
from bot.channels.telegram.updates import WANTED
from bot.store import DatabaseError, Store, leases

log = logging.getLogger(__name__)

#: Pauses after one, two, three … failures in a row, in seconds; the last one repeats.
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)

Sleep = Callable[[float], Awaitable[None]]


class Poller:
    """Asks for updates for as long as it runs, and hands each batch to ``keep``, which returns once it is committed.

    Of all gateways on one database one polls at a time. A program that polls elsewhere with the same token makes
    Telegram answer 409: then this one waits and tries again, and nothing is lost.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        account: str,
        keep: Callable[[list[Any]], Awaitable[None]],
        *,
        wait: int = POLL,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store, self._bot, self._keep, self._wait, self._sleep = store, bot, keep, wait, sleep
        self._name = f"telegram poll {account}"
        self._owner = store.ambient.new_id()
        self._offset: int | None = None
        self._began = False
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled."""
        try:
            while True:
                await self._sleep(await self._once())
        finally:
            await self._let_go()

    async def _once(self) -> float:
        """Ask once. Returns how long to pause before the next time, in seconds."""
        try:
            if not await asyncio.shield(self._lease()):  # a write that is cut off half way would keep the writer
                return 2.0
            if not self._began:  # a webhook that is still set would make every poll fail
                await self._bot.delete_webhook(drop_pending_updates=False)
                self._began = True
            found = await self._get()
            if found:
                await self._keep(found)
                self._offset = 1 + max(update["update_id"] for update in found if isinstance(update, dict))
        except Conflict:
            return self._failed(
                "Another program fetches this bot's messages, so we get them only now and then. Stop it, or run "
                "'python -m bot telegram check'. Nothing is lost."
            )
        except RetryAfter as error:
            pause = error.retry_after
            return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
        except InvalidToken:
            return self._failed("Telegram does not know the token. Check SAYWHY_TELEGRAM_TOKEN.")
        except NetworkError as error:
            return self._failed(f"Telegram cannot be reached: {masked(error.message)}")
        except TelegramError as error:
            return self._failed(f"Telegram refused to give us messages: {masked(error.message)}")
        except (DatabaseError, OSError, TimeoutError, KeyError, TypeError, ValueError) as error:
            return self._failed(f"Messages from Telegram could not be kept: {type(error).__name__}")
        if self._failures:
            log.info("Messages from Telegram come in again.")
        self._failures = 0
        return 0.0

    async def _get(self) -> list[Any]:
        """Updates as Telegram sent them. Not through ``get_updates``, which stops at one that it cannot read."""
        asked: dict[str, Any] = {"timeout": self._wait, "allowed_updates": list(WANTED)}
        if self._offset is not None:
            asked["offset"] = self._offset
        # The API takes names in any case; in its own spelling the client would warn of the way round.
        found = await self._bot.do_api_request("getupdates", asked, read_timeout=self._wait + CALL)
        if not isinstance(found, list):
            raise NetworkError("an answer that is no list")
        return found

    async def _lease(self) -> bool:
        """Be, or stay, the one gateway that polls."""
        async with self._store.write() as tx:
            until = tx.now + timedelta(seconds=self._wait + 3 * CALL)
            return await leases.take(tx, self._name, self._owner, until)

    async def _let_go(self) -> None:
        try:
            async with self._store.write() as tx:
                await leases.release(tx, self._name, self._owner)
        except (DatabaseError, OSError):
            pass  # it ends by itself

    def _failed(self, why: str) -> float:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)] * random.uniform(0.75, 1.25)
        self._failures += 1
        log.warning("%s Trying again in %.0f s.", why, pause)
        return pause
