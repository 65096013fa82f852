"""Fixtures for everything Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.telegram.fake_bot_api import FakeBotApi


@pytest.fixture
async def fake() -> AsyncIterator[FakeBotApi]:
    """Telegram's server, on loopback."""
    async with FakeBotApi() as started:
        yield started
