"""Fixtures for everything Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.turn.context import Services
from tests.telegram.fake_bot_api import FakeBotApi
from tests.telegram.gateway import Gateway
from tests.telegram.gateway import gateway as started_gateway


@pytest.fixture
async def fake() -> AsyncIterator[FakeBotApi]:
    """Telegram's server, on loopback."""
    async with FakeBotApi() as started:
        yield started


@pytest.fixture
async def gateway(services: Services, fake: FakeBotApi) -> AsyncIterator[Gateway]:
    """The gateway, with Telegram calling its webhook. Ada writes from chat 7."""
    fake.person(7, "Ada")
    async with started_gateway(services, fake) as started:
        yield started
