"""One browser and one fake gateway for all tests of the widget; each test has a browser profile of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

pytest.register_assert_rewrite("tests.widget.page")

from tests.browser import launch  # noqa: E402
from tests.widget.fake_gateway import FakeGateway  # noqa: E402
from tests.widget.page import Chat, new_chat  # noqa: E402


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started: Browser = await launch(playwright)
        yield started
        await started.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[FakeGateway]:
    gateway = FakeGateway()
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(server: FakeGateway) -> FakeGateway:
    server.reset()
    return server


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(5000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(context: BrowserContext, gateway: FakeGateway) -> AsyncIterator[Chat]:
    """The council's page with the widget, not yet opened. Whatever the test did, no rule of the page may be broken."""
    chat = await new_chat(context, gateway)
    yield chat
    assert chat.errors == []
    if not chat.page.is_closed():
        assert await chat.page.evaluate("window.violations") == []
