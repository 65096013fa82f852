"""The widget as a citizen uses it: what tests do and look at, by role and name."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import BrowserContext, Error, Locator, Page, expect

from tests.widget.fake_gateway import FakeGateway

TITLE = "Ask Northmere Council"
SUGGESTED = "Suggested replies"

# Before the page's own scripts: what the Content-Security-Policy stops, tasks that hold the page up, what a screen
# reader would be told (each addition to a region that is live and shown at that moment), the most entries at a time.
WATCH = """
Object.assign(window, {violations: [], longTasks: [], heard: [], most: 0});
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((task) => task.duration)))
  .observe({type: 'longtask', buffered: true});
customElements.whenDefined('saywhy-chat').then(() => {
  for (const region of document.querySelector('saywhy-chat').shadowRoot.querySelectorAll('[role=log], [role=status]')) {
    const role = region.getAttribute('role');
    new MutationObserver((changes) => {
      if (role === 'log') window.most = Math.max(window.most, region.children.length);
      if (region.getAttribute('aria-live') === 'off' || region.closest('[hidden]')) return;
      for (const change of changes) for (const node of change.addedNodes) {
        if (node.textContent) window.heard.push([role, node.textContent, performance.now()]);
      }
    }).observe(region, {childList: true, subtree: true});
  }
});
"""


class Chat:
    """The widget on one page. ``errors`` collects what scripts threw."""

    def __init__(self, page: Page, gateway: FakeGateway) -> None:
        self.page = page
        self.gateway = gateway
        self.errors: list[str] = []
        self.worn = False  # the page has something that no reset takes away
        page.on("pageerror", self.note_error)
        self.widget: Locator = page.locator("saywhy-chat")
        self.launcher = self.widget.locator(".launcher")
        self.panel = page.get_by_role("dialog", name=TITLE)
        self.log = self.widget.locator("[role=log]")
        self.status = self.widget.get_by_role("status")
        self.line = self.widget.locator(".line")
        self.error = self.widget.locator(".error")
        self.field = page.get_by_role("textbox", name="Your message")
        self.choices = page.get_by_role("group", name=SUGGESTED)

    def note_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def button(self, name: str) -> Locator:
        return self.widget.get_by_role("button", name=name, exact=True)

    async def open(self) -> None:
        """Open the panel; returns when it is fully there: colours of a panel that still fades in are not its own."""
        await self.launcher.click()
        await expect(self.field).to_be_focused()
        await self.inside("root => root.querySelector('.panel').getAnimations().forEach((moving) => moving.finish())")

    async def send(self, text: str) -> None:
        """Type and press Enter; returns when the gateway has it."""
        await self.field.fill(text)
        await self.field.press("Enter")
        await self.sent()

    async def sent(self) -> None:
        await expect(self.page.get_by_text("Sending", exact=True)).to_have_count(0)

    async def reload(self) -> None:
        await self.page.reload()

    async def fake_clock(self) -> None:
        """From here on the page's timers can be sped up by ``wait``."""
        self.worn = True
        await self.page.clock.install()
        await self.reload()

    async def stand_still(self) -> None:
        """From here on no time passes for the page, of which the clock is fake, but in ``steps``."""
        now: float = await self.page.evaluate("Date.now()")
        await self.page.clock.pause_at(now + 1000)

    async def steps(self, shown: Locator, count: int) -> float:
        """Let time pass for the page until there are so many of ``shown``. Returns how much, in seconds.

        After each tenth of a second two requests of the page are answered, so that a busy machine gets as far in it.
        """
        passed = 0.0
        while await shown.count() < count and passed < 60:
            await self.page.clock.run_for(100)
            passed += 0.1
            for _ in range(2):
                await self.page.evaluate("fetch('/v1/council').then((reply) => reply.text())")
        return passed

    async def wait(self, shown: Locator) -> None:
        """Let seconds pass for the page, one after the other, until ``shown`` is visible."""
        async with asyncio.timeout(90):
            while not await shown.is_visible():
                await self.page.clock.fast_forward(1000)
                await asyncio.sleep(0.05)

    async def entries(self) -> list[str]:
        """Every entry of the log as it would be read out."""
        texts: list[str] = await self.log.locator(".entry").evaluate_all(
            "nodes => nodes.map((node) => [...node.children].map((part) => part.textContent).join(': '))"
        )
        return texts

    async def shows(self, *entries: str) -> None:
        """Wait until the log holds exactly these entries, in this order."""
        await expect(self.log.locator(".entry")).to_have_count(len(entries))
        await self.sent()
        assert await self.entries() == list(entries)

    async def heard(self, role: str) -> list[str]:
        said: list[tuple[str, str, float]] = await self.page.evaluate("window.heard")
        return [text for kind, text, _ in said if kind == role]

    async def inside(self, script: str) -> Any:
        """The value of ``script``, a function of the shadow root."""
        return await self.page.evaluate(f"({script})(document.querySelector('saywhy-chat').shadowRoot)")

    async def focused(self) -> str:
        """The accessible text of what has the focus, or its tag on the page outside."""
        return str(
            await self.page.evaluate(
                """() => {
                  const chat = document.querySelector('saywhy-chat');
                  if (document.activeElement !== chat) return `page: ${document.activeElement.tagName.toLowerCase()}`;
                  const active = chat.shadowRoot.activeElement;
                  return (active.ariaLabel || active.labels?.[0]?.textContent || active.textContent).trim();
                }"""
            )
        )


class Desk:
    """Hands out the page again and again, each time as if it were new."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page | None = None

    async def chat(self, gateway: FakeGateway) -> Chat:
        if self.page is None:
            self.page = await self.context.new_page()
            await self.page.add_init_script(WATCH)
        await self.page.goto(f"{gateway.url}/static/council.css")  # of the same origin, without scripts
        await self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        gateway.requests.clear()
        return await _open(self.page, gateway)

    async def clear(self, chat: Chat) -> None:
        """Close other tabs and undo what lasts longer than a page load."""
        if chat.worn and not chat.page.is_closed():
            await chat.page.clock.resume()  # the clock is one for all tabs, also for those to come
        for page in self.context.pages:
            if page is not self.page or chat.worn:
                await page.close()
        if chat.page.is_closed():
            self.page = None
            return
        chat.page.remove_listener("pageerror", chat.note_error)
        await self.context.set_offline(False)
        await chat.page.set_viewport_size({"width": 1280, "height": 800})
        await chat.page.emulate_media(reduced_motion="null", forced_colors="null")


async def new_chat(context: BrowserContext, gateway: FakeGateway) -> Chat:
    """Open the council's page in a new tab."""
    page = await context.new_page()
    await page.add_init_script(WATCH)
    return await _open(page, gateway)


async def _open(page: Page, gateway: FakeGateway) -> Chat:
    chat = Chat(page, gateway)
    await page.goto(gateway.url)
    return chat
