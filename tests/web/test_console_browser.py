"""The console in a real browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect

from bot.desk import accounts, passwords
from bot.store import Store, staff
from bot.store.cases import Case
from bot.store.staff import Role
from bot.turn.context import Services
from bot.web.access import SESSION_COOKIE
from bot.web.app import create_app
from bot.web.console import live
from tests.browser import BROKEN_LINKS, launch
from tests.desk.test_accounts import GOOD, CountingHasher
from tests.fakes import StillAmbient
from tests.web.clerk import Clerk, Client, citizen_says, open_case, said, sign_in
from tests.web.decided import BINS, decided_case
from tests.web.line import Line
from tests.web.test_console_pages import ANSWER

#: One browser for all tests here, so one event loop, and what lives in it is made anew below.
pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Awaitable[Page]]

WATCH = """
(() => {
  addEventListener("securitypolicyviolation", (event) => { (window.blocked ??= []).push(event.violatedDirective); });
  addEventListener("DOMContentLoaded", () => {
    const region = document.getElementById("announcement");
    window.announced = [];
    if (region) new MutationObserver(() => {
      if (region.textContent) window.announced.push(region.textContent);
    }).observe(region, { childList: true, subtree: true, characterData: true });
  });
})();
"""


fixture = pytest_asyncio.fixture(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started: Browser = await launch(playwright)
        yield started
        await started.close()


@fixture
async def store(tmp_path: Path, made_database: Path, ambient: StillAmbient) -> AsyncIterator[Store]:
    shutil.copyfile(made_database, tmp_path / "saywhy.db")
    opened = Store(f"sqlite+aiosqlite:///{tmp_path / 'saywhy.db'}", ambient)
    await opened.open()
    yield opened
    await opened.close()


@fixture
async def client(services: Services) -> AsyncIterator[Client]:
    async with TestClient(TestServer(create_app(services))) as started:
        yield started


@fixture
async def ana(client: Client, store: Store) -> Clerk:
    return await sign_in(client, store, "Ana Reid")


@fixture
async def ben(client: Client, store: Store) -> Clerk:
    return await sign_in(client, store, "Ben Okoye")


@fixture
async def case(services: Services) -> Case:
    return await open_case(services, "My bin was missed.")


@fixture
async def line(ana: Clerk) -> AsyncIterator[Line]:
    assert ana.client.port
    between = Line(ana.client.port)
    await between.start()
    yield between
    await between.stop()


@fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(60_000)
    await context.add_init_script(WATCH)
    yield context
    await context.close()


@fixture
async def enter(context: BrowserContext, line: Line, ana: Clerk) -> Open:
    """Opens a page of the console as Ana, and waits until it is kept up to date."""

    async def open_page(path: str = "/console", clerk: Clerk = ana) -> Page:
        base = f"http://127.0.0.1:{line.port}"
        await context.add_cookies([{"name": SESSION_COOKIE, "value": clerk.token, "url": base}])
        page = await context.new_page()
        await page.goto(base + path)
        await listening(page)
        return page

    return open_page


async def listening(page: Page) -> None:
    async with asyncio.timeout(60):  # by hand: playwright's own wait needs eval, which the policy forbids
        while not await page.evaluate("!!document.getElementById('stream')?._htmx?.sse?.reader"):
            await asyncio.sleep(0.05)


async def passes_axe(page: Page) -> None:
    found = await Axe().run(page)
    assert len(found.response["passes"]) > 10  # axe did look
    assert found.violations_count == 0, found.generate_report()


async def test_the_whole_flow_by_keyboard(
    context: BrowserContext,
    line: Line,
    services: Services,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_hasher", CountingHasher())
    await accounts.add(store, "sam", "Sam Hill", Role.AGENT, GOOD)
    case = await open_case(services, "My bin was missed.")
    page = await context.new_page()
    keys = page.keyboard
    await page.goto(f"http://127.0.0.1:{line.port}/console")
    await expect(page.get_by_label("User name")).to_be_focused()
    await keys.type("sam")
    await keys.press("Tab")
    await keys.type(GOOD)
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Cases", exact=True)).to_be_visible()
    await tab_to(page, f"claim-{case.id}")
    await keys.press("Enter")
    await expect(page.get_by_label("Your reply")).to_be_visible()
    await tab_to(page, "reply")
    await keys.type("Which street?")
    await keys.press("Enter")
    await keys.type("Thank you.")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("log")).to_contain_text("Which street?\nThank you.")
    await expect(page.get_by_label("Your reply")).to_be_focused()
    await expect(page.get_by_label("Your reply")).to_have_value("")
    await tab_to(page, "hand-back")
    await keys.press("Space")
    await expect(page.get_by_text("C-1001 is back with the assistant.")).to_be_visible()
    assert [text for sender, text in await said(services, case) if sender == "staff"] == ["Which street?\nThank you."]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of that id has the focus."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


async def test_a_new_case_appears_by_itself_and_is_announced_once(services: Services, enter: Open) -> None:
    page = await enter()
    await expect(page).to_have_title("Cases – Northmere staff")
    await open_case(services, "My bin")
    await expect(page.get_by_role("button", name="Claim C-1001")).to_be_visible()
    await expect(page).to_have_title("(1 waiting) Cases – Northmere staff")
    await open_case(services, "My tax")
    await expect(page.get_by_role("button", name="Claim C-1002")).to_be_visible()
    await asyncio.sleep(0.5)
    assert await page.evaluate("announced") == ["New case C-1001 is waiting.", "New case C-1002 is waiting."]


async def test_the_focus_stays_where_it_is_while_the_queue_changes(services: Services, enter: Open) -> None:
    case = await open_case(services, "The first")
    page = await enter()
    await page.locator(f"#claim-{case.id}").focus()
    await page.evaluate("""() => {
        window.focused = document.activeElement;
        window.moves = 0;
        addEventListener("focusin", () => { moves += 1; });
        addEventListener("focusout", () => { moves += 1; });
    }""")
    for n in range(10):
        await open_case(services, f"Number {n}")
        await expect(page.get_by_text(f"Number {n}")).to_be_visible()
    assert await page.evaluate("document.activeElement === window.focused && window.focused.isConnected")
    assert await page.evaluate("moves") == 0


async def test_what_is_typed_stays_while_the_conversation_goes_on(services: Services, ana: Clerk, enter: Open) -> None:
    case = await open_case(services, "Bins", shown=[("Report it.", ANSWER)])
    await ana.claim(case)
    page = await enter(f"/console/cases/{case.id}")
    box = page.get_by_label("Your reply")
    await page.get_by_text("More that the citizen can open").click()
    await box.fill("Half a sentence")
    await box.evaluate("box => box.setSelectionRange(5, 5)")
    for n in range(5):
        await citizen_says(services, case, f"message {n};")
        await expect(page.get_by_role("log")).to_contain_text(f"message {n};")
        await page.keyboard.type(str(n))
    await expect(box).to_have_value("Half 01234a sentence")
    await expect(box).to_be_focused()
    await expect(page.get_by_text("It costs nothing.")).to_be_visible()
    await expect(page).to_have_title("(Reply due) C-1001 – Northmere staff")
    end = "log => Math.abs(log.scrollTop) < 2 && log.scrollHeight > log.clientHeight"
    assert await page.get_by_role("log").evaluate(end)  # the newest message is in sight


async def test_a_double_click_sends_once(services: Services, ana: Clerk, case: Case, enter: Open) -> None:
    await ana.claim(case)
    page = await enter(f"/console/cases/{case.id}")
    await page.get_by_label("Your reply").fill("Once only.")
    await page.get_by_role("button", name="Send").dblclick()
    await expect(page.get_by_role("log")).to_contain_text("Once only.")
    await asyncio.sleep(0.5)
    assert [text for sender, text in await said(services, case) if sender == "staff"] == ["Once only."]


async def test_who_loses_the_race_is_told_and_stays_told(ben: Clerk, case: Case, enter: Open) -> None:
    page = await enter(f"/console/cases/{case.id}")
    await page.evaluate("document.getElementById('stream')._htmx.sse.reader.cancel()")
    await page.route("**/events*", lambda route: route.abort())  # so that the page does not hear of it first
    await ben.claim(case)
    await page.get_by_role("button", name="Claim").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_have_text("C-1001: Claimed by Ben Okoye.")
    await expect(page.get_by_text("Only Ben Okoye can reply.")).to_be_visible()
    await page.unroute("**/events*")
    await listening(page)
    await asyncio.sleep(0.5)
    await expect(alert).to_have_text("C-1001: Claimed by Ben Okoye.")


async def test_a_connection_that_breaks_is_told_and_nothing_is_missed(
    services: Services, ana: Clerk, case: Case, line: Line, enter: Open
) -> None:
    await ana.claim(case)
    page = await enter(f"/console/cases/{case.id}")
    box = page.get_by_label("Your reply")
    await box.fill("Not sent yet")
    line.cut()
    await expect(page.get_by_text("The connection is lost.")).to_be_visible()
    await citizen_says(services, case, "Said meanwhile")
    await page.get_by_role("button", name="Send").click()
    await expect(box).to_have_value("Not sent yet")
    assert not [text for sender, text in await said(services, case) if sender == "staff"]
    line.mend()
    await expect(page.get_by_text("Connected again.")).to_be_visible()  # for 5 seconds
    await expect(page.get_by_role("log")).to_contain_text("Said meanwhile")
    await expect(page.get_by_text("Said meanwhile", exact=True)).to_have_count(2 - 1)
    await box.press("Control+Enter")
    await expect(page.get_by_role("log")).to_contain_text("Not sent yet")


async def test_a_slow_extension_does_not_leave_the_page_dead(enter: Open, context: BrowserContext) -> None:
    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    await context.route("**/static/hx-sse.js", slowly)
    await enter()


async def test_a_page_that_could_not_listen_at_first_tries_again(
    services: Services, line: Line, enter: Open, context: BrowserContext
) -> None:
    page = await enter()
    await page.route("**/console/events*", lambda route: route.abort())
    await page.reload()
    await expect(page.get_by_text("The connection is lost.")).to_be_visible()
    await open_case(services, "Meanwhile")
    await page.unroute("**/console/events*")
    await expect(page.get_by_text("Meanwhile")).to_be_visible()


async def test_a_session_that_ended_keeps_what_was_typed(
    services: Services,
    store: Store,
    ana: Clerk,
    case: Case,
    enter: Open,
    context: BrowserContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 1.0)
    await ana.claim(case)
    page = await enter(f"/console/cases/{case.id}")
    box = page.get_by_label("Your reply")
    await box.fill("A long reply")
    async with store.write() as tx:
        await staff.end_session(tx, ana.token)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("Please sign in again.")
    await expect(page.locator("#signed-out")).to_be_visible()
    await expect(box).to_have_value("A long reply")
    async with store.write() as tx:  # signed in again, in another tab
        await staff.start_session(tx, ana.account, "fresh", "fresh-csrf", tx.now.replace(year=2027))
    await enter("/console", replace(ana, token="fresh"))
    await expect(page.locator("#signed-out")).to_be_hidden()
    await expect(page.locator("#reply-form [name=csrf]")).to_have_value("fresh-csrf")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("log")).to_contain_text("A long reply")
    await expect(page.get_by_role("alert")).to_be_empty()


async def test_nine_cases_in_nine_tabs(services: Services, ana: Clerk, enter: Open, line: Line) -> None:
    cases = [await open_case(services, f"Question {n}") for n in range(9)]
    tabs: list[Page] = []
    for case in cases:
        await ana.claim(case)
        tabs.append(await hidden_when_left(enter, f"/console/cases/{case.id}", tabs))
    queue = await hidden_when_left(enter, "/console", tabs)
    assert line.connections <= 6
    for case, tab in zip(cases, tabs, strict=True):
        await citizen_says(services, case, f"More about {case.reference}")
        await expect(queue.locator(f"#o-{case.id}")).to_contain_text("More about")
        await show(queue, False)
        await show(tab, True)
        await expect(tab.get_by_role("log")).to_contain_text(f"More about {case.reference}")
        await tab.get_by_label("Your reply").fill("Yes.")
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.get_by_role("log")).to_contain_text("Yes.")
        await show(tab, False)
        await show(queue, True)
        await listening(queue)


async def hidden_when_left(enter: Open, path: str, earlier: list[Page]) -> Page:
    """Open another tab. Headless pages are all in sight, so that being hidden is told to those before by hand."""
    for tab in earlier:
        await show(tab, False)
    page = await enter(path)
    return page


async def show(page: Page, visible: bool) -> None:
    await page.evaluate(
        """visible => {
            Object.defineProperty(document, "hidden", { value: !visible, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visible,
    )


async def test_without_a_script_every_form_works(
    browser: Browser, line: Line, services: Services, ana: Clerk, case: Case
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    context.set_default_timeout(60_000)
    base = f"http://127.0.0.1:{line.port}"
    await context.add_cookies([{"name": SESSION_COOKIE, "value": ana.token, "url": base}])
    page = await context.new_page()
    await page.goto(f"{base}/console")
    await page.get_by_role("button", name="Claim C-1001").click()
    await page.get_by_label("Your reply").fill("Hello without a script.")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("log")).to_contain_text("Hello without a script.")
    await expect(page.get_by_label("Your reply")).to_have_value("")
    await expect(page.get_by_text("Ctrl and Enter")).to_be_hidden()
    await page.get_by_role("button", name="Close the case").click()
    await expect(page.get_by_text("C-1001 is closed.")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("width", [1280, 320])
async def test_axe_finds_nothing_and_nothing_sticks_out(
    width: int, context: BrowserContext, line: Line, services: Services, ana: Clerk, ben: Clerk, enter: Open
) -> None:
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = await enter()
    await page.set_viewport_size({"width": width, "height": 720})
    await looks_right(page)
    long = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4 + " هل يمكنني الدفع؟"
    cases = [await open_case(services, f"{long} {n}", shown=[("Report it.", ANSWER)]) for n in range(4)]
    await open_case(services, "I am not safe", reason="crisis")
    for case in cases[:2]:
        await ana.claim(case)
    await citizen_says(services, cases[0], long)
    await ben.claim(cases[2])
    await expect(page.locator("#others-list")).to_contain_text("Ben Okoye")
    await looks_right(page)
    for case in cases:
        await page.goto(f"http://127.0.0.1:{line.port}/console/cases/{case.id}")
        await listening(page)
        await looks_right(page)
    await ben.post(f"/console/cases/{cases[2].id}/close")
    for path in (f"/console/cases/{cases[2].id}", "/console?done=close&case=1003", "/console/cases/none"):
        await page.goto(f"http://127.0.0.1:{line.port}{path}")
        await looks_right(page)
    await page.goto(f"http://127.0.0.1:{line.port}/console/cases/{cases[0].id}")
    await page.evaluate("document.getElementById('reply').value = ' '")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text("Your reply is empty. Type a reply first.")
    await looks_right(page)
    await context.clear_cookies()
    await page.goto(f"http://127.0.0.1:{line.port}/console")
    await page.get_by_label("User name").fill("ana")
    await page.get_by_label("Password").fill("wrong")
    await looks_right(page)
    assert {url.split("/")[2] for url in asked} == {f"127.0.0.1:{line.port}"}
    assert [error for error in errors if "404" not in error and "422" not in error] == []


async def looks_right(page: Page) -> None:
    await passes_axe(page)
    measured: dict[str, Any] = await page.evaluate("""() => ({
        blocked: window.blocked ?? [],
        wide: document.documentElement.scrollWidth - innerWidth,
        small: [...document.querySelectorAll("button, input:not([type=hidden]), textarea, summary")]
            .filter((e) => e.checkVisibility() && (e.offsetHeight < 20 || e.offsetWidth < 24)).map((e) => e.outerHTML),
    })""")
    assert measured == {"blocked": [], "wide": measured["wide"], "small": []}
    assert measured["wide"] <= 0


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_brief_of_a_decision_is_accessible_and_fits(
    services: Services, store: Store, ana: Clerk, enter: Open, width: int
) -> None:
    decided, _row = await decided_case(services, "assisted-bins", BINS)
    async with store.write() as tx:
        await staff.set_posts(tx, ana.account.id, ["waste_supervisor"])
    await ana.claim(decided)
    page = await enter(f"/console/cases/{decided.id}")
    await page.set_viewport_size({"width": width, "height": 800})
    for summary in await page.locator("summary").all():
        await summary.click()
    await passes_axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await expect(page.locator(".given li", has_text="Masked")).to_have_count(2)
    await page.get_by_role("button", name="Open the masked facts").click()
    await expect(page.get_by_text("Masked facts were opened by: Ana Reid")).to_be_visible()
    await expect(page.locator(".given li", has_text="Masked")).to_have_count(0)
    await passes_axe(page)
    assert await page.evaluate("window.blocked ?? []") == []


@pytest.mark.parametrize("width", [400, 320])
async def test_the_addresses_in_a_notice_break_between_their_words(
    services: Services, ana: Clerk, enter: Open, width: int
) -> None:
    decided, _row = await decided_case(services)
    await ana.claim(decided)
    page = await enter(f"/console/cases/{decided.id}")
    await page.set_viewport_size({"width": width, "height": 800})
    for summary in await page.locator("summary").all():
        await summary.click()
    found = await page.evaluate(f"({BROKEN_LINKS})(document)")
    assert found["cut"] == []
    assert found["breaks"] > 2


async def test_a_departure_by_keyboard_keeps_what_was_typed_until_it_is_right(
    services: Services, store: Store, ana: Clerk, enter: Open
) -> None:
    decided, _row = await decided_case(services)
    async with store.write() as tx:
        await staff.set_posts(tx, ana.account.id, ["parking_team_leader"])
    await ana.claim(decided)
    page = await enter(f"/console/cases/{decided.id}")
    await page.get_by_text("Depart from this decision").click()
    await page.get_by_label("Ground").select_option("medical_need")
    await page.get_by_label("Reason").fill("Unfortunately your letter came late, but we let you have the permit now.")
    await page.get_by_label("Letter").check()
    await page.get_by_label("Where the evidence is kept").fill("File 7")
    await page.get_by_label("Where the evidence is kept").press("Enter")
    await expect(page.locator("#problem")).to_contain_text("Lead with the answer")
    await citizen_says(services, decided, "Are you still there?")  # the page is drawn again meanwhile
    await expect(page.get_by_role("log")).to_contain_text("Are you still there?")
    await expect(page.get_by_label("Reason")).to_have_value(
        "Unfortunately your letter came late, but we let you have the permit now."
    )
    await expect(page.get_by_label("Letter")).to_be_checked()
    await page.get_by_label("Reason").fill("Your letter shows that you need this van for your wheelchair every day.")
    await page.get_by_role("button", name="Decide and tell the citizen").press("Enter")
    await expect(page.get_by_text("By Ana Reid, parking team leader.")).to_be_visible()
    await expect(page.get_by_role("log")).to_contain_text("departed from our usual rule")
    await expect(page.locator("#depart-form")).to_have_count(0)
    await expect(page.locator("#problem")).to_be_empty()
