"""Opening, closing, typing: everything by keyboard."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.widget.page import TITLE, Chat

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_basic(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("Good morning.")
    await chat.shows("You said: Hello", "Northmere assistant said: Good morning.")
