"""One browser, one page and one fake gateway for all tests of the widget. Each test finds them as if new."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

pytest.register_assert_rewrite("tests.widget.page")

from tests.browser import launch  # noqa: E402
from tests.widget.fake_gateway import FakeGateway  # noqa: E402
from tests.widget.page import Chat, Desk  # noqa: E402


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context
    await context.close()


@pytest.fixture(scope="session")
def desk(context: BrowserContext) -> Desk:
    """Keeps a tab for the next test: a new one for each takes four times as long."""
    return Desk(context)


@pytest_asyncio.fixture(loop_scope="session")
async def chat(desk: Desk, gateway: FakeGateway) -> AsyncIterator[Chat]:
    """The council's page with the widget, not yet opened. Whatever the test did, no rule of the page may be broken."""
    chat = await desk.chat(gateway)
    yield chat
    violations = [] if chat.page.is_closed() else await chat.page.evaluate("window.violations")
    await desk.clear(chat)
    assert chat.errors == []
    assert violations == []
