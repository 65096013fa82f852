"""The widget as a citizen uses it: what tests do and look at, by role and name."""

from __future__ import annotations

from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.widget.fake_gateway import FakeGateway

TITLE = "Ask Northmere Council"

# What a screen reader would be told: each addition to a region that is live at that moment.
LISTENER = """
() => {
  window.heard = [];
  const root = document.querySelector('saywhy-chat').shadowRoot;
  for (const region of root.querySelectorAll('[role=log], [role=status]')) {
    new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) {
        if (region.getAttribute('aria-live') === 'off' || !node.textContent) continue;
        if (region.closest('[hidden]')) continue;
        window.heard.push([region.getAttribute('role'), node.textContent]);
      }
    }).observe(region, {childList: true, subtree: true});
  }
}
"""


class Chat:
    """The widget on one page."""

    def __init__(self, page: Page, gateway: FakeGateway) -> None:
        self.page = page
        self.gateway = gateway
        self.launcher: Locator = page.locator("saywhy-chat .launcher")
        self.panel = page.get_by_role("dialog", name=TITLE)
        self.log = page.get_by_role("log")
        self.status = page.locator("saywhy-chat").get_by_role("status")
        self.line = page.locator("saywhy-chat .line")
        self.error = page.locator("saywhy-chat .error")
        self.field = page.get_by_role("textbox", name="Your message")
        self.choices = page.get_by_role("group", name="Suggested replies")

    def button(self, name: str) -> Locator:
        return self.page.locator("saywhy-chat").get_by_role("button", name=name, exact=True)

    async def open(self) -> None:
        await self.launcher.click()
        await expect(self.field).to_be_focused()

    async def send(self, text: str) -> None:
        """Type and press Enter; returns when the gateway has it."""
        await self.field.fill(text)
        await self.field.press("Enter")
        await self.sent()

    async def sent(self) -> None:
        await expect(self.page.get_by_text("Sending", exact=True)).to_have_count(0)

    async def entries(self) -> list[str]:
        """Every entry of the log as it would be read out."""
        texts: list[str] = await self.log.locator(".entry").evaluate_all(
            "nodes => nodes.map((node) => [...node.children].map((part) => part.textContent).join(': '))"
        )
        return texts

    async def shows(self, *entries: str) -> None:
        """Wait until the log holds exactly these entries, in this order."""
        await expect(self.log.locator(".entry")).to_have_count(len(entries))
        assert await self.entries() == list(entries)

    async def heard(self, role: str | None = None) -> list[str]:
        said: list[list[str]] = await self.page.evaluate("window.heard")
        return [text for kind, text in said if role in (None, kind)]

    async def inside(self, script: str) -> Any:
        """Evaluate ``script``, a function of the shadow root."""
        return await self.page.evaluate(f"({script})(document.querySelector('saywhy-chat').shadowRoot)")


async def new_chat(context: BrowserContext, gateway: FakeGateway) -> Chat:
    """Open the council's page in a new tab and listen to its live regions."""
    page = await context.new_page()
    await page.goto(gateway.url)
    await page.evaluate(LISTENER)
    return Chat(page, gateway)
