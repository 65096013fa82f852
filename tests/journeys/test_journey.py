"""One citizen and one member of staff, in two real browsers, against all of Saywhy."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser import launch
from tests.live import Saywhy

#: Where screenshots go, when somebody wants to look: SHOTS=folder make app-tests
SHOTS = os.environ.get("SHOTS")


class Citizen:
    """The council page with the widget."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.widget = page.locator("saywhy-chat")
        self.field = page.get_by_role("textbox", name="Your message")
        self.log = self.widget.locator("[role=log]")

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")
        await expect(self.log.get_by_text(text, exact=True)).to_have_count(1)

    def button(self, name: str) -> Locator:
        return self.widget.get_by_role("button", name=name, exact=True)

    async def sees(self, text: str) -> None:
        await expect(self.log).to_contain_text(text)


async def staff_signs_in(browser: Browser, running: Saywhy) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{running.url}/console")
    await page.get_by_label("User name").fill("demo")
    await page.get_by_label("Password").fill(running.password())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
    return page


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def test_from_a_question_to_an_answer_and_from_a_wish_to_a_person_and_back(running: Saywhy) -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(running.url)
        citizen = Citizen(page)
        await citizen.widget.locator(".launcher").click()

        await citizen.say("they did not empty my bin this morning")
        await citizen.sees("within two working days")
        await citizen.sees("Missed bin collections")
        await citizen.sees("14 September 2026")
        await shot(page, "1-answer")
        await citizen.widget.get_by_role("button", name="More about").click()
        await citizen.sees("Look for a tag on the bin")

        await citizen.say("/restart")
        await page.reload()
        await citizen.sees("within two working days")
        await expect(citizen.log.get_by_text("/restart", exact=True)).to_have_count(1)

        await citizen.button("Talk to a person").first.click()
        await citizen.sees("Your case number is C-")
        await shot(page, "2-waiting")
        await citizen.say("/session_start")

        staff = await staff_signs_in(browser, running)
        staff.on("pageerror", lambda error: problems.append(str(error)))
        await staff.get_by_role("button", name="Claim").first.click()
        await expect(staff.get_by_role("log", name="Conversation")).to_contain_text("they did not empty my bin")
        await expect(staff.get_by_role("log", name="Conversation")).to_contain_text("/session_start")
        await citizen.sees("Sam from Northmere Council has joined")
        await shot(staff, "3-console")

        for number in (1, 2, 3):
            await staff.get_by_label("Your reply").fill(f"Reply number {number}.")
            await staff.get_by_role("button", name="Send").click()
            await citizen.sees(f"Reply number {number}.")
            await citizen.say(f"Answer number {number}.")
            await expect(staff.get_by_role("log", name="Conversation")).to_contain_text(f"Answer number {number}.")
        await shot(page, "4-with-a-person")
        await shot(staff, "5-console-talk")

        await staff.get_by_role("button", name="Hand back to the assistant").click()
        await citizen.sees("handed you back to the assistant")
        await citizen.say("where can I report a pothole")
        await expect(citizen.log.get_by_text("Source:")).to_have_count(2)
        await shot(page, "6-back")
        await browser.close()
        assert problems == []
