"""Polling moves the offset only after the commit, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.channels.telegram.client import make_bot
from bot.channels.telegram.polling import Poller
from bot.store import Store
from bot.turn.context import Services
from tests.telegram.fake_bot_api import FakeBotApi, Webhook
from tests.telegram.fake_faults import Fault
from tests.telegram.gateway import Gateway
from tests.telegram.gateway import gateway as started_gateway


def asked(fake: FakeBotApi) -> list[int]:
    """The offsets of all polls that were answered."""
    polls = [call for call in fake.calls if call.method.lower() == "getupdates" and call.status == 200]
    return [int(call.params.get("offset", 0)) for call in polls]


async def test_what_could_not_be_kept_is_asked_for_again(services: Services, fake: FakeBotApi, store: Store) -> None:
    fake.person(7)
    fake.queue(fake.text(7, "hello"))
    kept: list[list[Any]] = []

    async def keep(found: list[Any]) -> None:
        kept.append(found)
        if len(kept) == 1:
            raise OSError("the disk is full")

    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async with started_gateway(services, fake, telegram_mode="off") as off:
        bot = make_bot(off.services.settings)
        poller = asyncio.create_task(Poller(store, bot, "1", keep, wait=1, sleep=sleep).run())
        await fake.wait(lambda: not fake.pending)
        poller.cancel()
        await asyncio.gather(poller, return_exceptions=True)
    assert len(kept) == 2
    assert kept[0] == kept[1]
    assert asked(fake)[:2] == [0, 0]
    assert asked(fake)[2:] == [] or asked(fake)[2] == kept[0][0]["update_id"] + 1
    assert any(pauses)


async def test_a_webhook_that_is_still_set_is_taken_away_and_nothing_is_dropped(
    services: Services, fake: FakeBotApi
) -> None:
    fake.person(7)
    fake.webhook = Webhook("https://old.example")
    fake.queue(fake.text(7, "one"), fake.text(7, "two"))
    async with started_gateway(services, fake, telegram_mode="polling") as gateway:
        await until_answered(gateway, 2)
    assert fake.webhook is None


async def test_trouble_passes(
    services: Services, fake: FakeBotApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.polling.PAUSES", (0.1, 0.2, 0.3))
    fake.person(7)
    fake.fail(Fault.of_status(502), Fault.broken(), Fault.cut(), method="getupdates")
    fake.queue(fake.text(7, "one"))
    async with started_gateway(services, fake, telegram_mode="polling") as gateway:
        await until_answered(gateway, 1)
    assert "Trying again" in caplog.text


async def until_answered(gateway: Gateway, count: int) -> None:
    """Until so many updates of the chat 7 were dealt with."""
    for _ in range(6000):
        if len(await gateway.said(7)) == 2 * count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(await gateway.outcomes())
