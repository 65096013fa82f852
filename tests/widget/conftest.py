"""One browser and one fake gateway for all tests of the widget; each test has a browser profile of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser import launch
from tests.widget.fake_gateway import FakeGateway
from tests.widget.page import Chat, new_chat


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
async def chat(context: BrowserContext, gateway: FakeGateway) -> Chat:
    """The council's page with the widget, not yet opened."""
    return await new_chat(context, gateway)


