"""A citizen is refused a permit, asks all that one asks, and wants a person to look again: in two real browsers."""

from __future__ import annotations

from playwright.async_api import Page, ViewportSize, async_playwright, expect

from tests.browser import launch
from tests.journeys.test_journey import Citizen, shot, staff_signs_in
from tests.live import Saywhy

NARROW = ViewportSize(width=320, height=640)
PHONE = ViewportSize(width=400, height=800)


async def both(page: Page, name: str) -> None:
    """Screenshots of the widget on a phone and at the narrowest width."""
    for size in (NARROW, PHONE):
        await page.set_viewport_size(size)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways at {size['width']} px"
        await shot(page, f"{name}-{size['width']}")


async def test_a_refusal_from_the_first_question_to_the_review(running: Saywhy) -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await (await browser.new_context(viewport=PHONE)).new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(running.url)
        citizen = Citizen(page)
        await citizen.widget.locator(".launcher").click()
        says, sees = citizen.say, citizen.sees

        await says("Can I get a second parking permit?")
        await sees("Is your home in one of our resident parking zones?")
        await both(page, "r1-first-question")
        await says("why do you ask?")
        await sees("Permits are only for homes inside a zone")
        await citizen.button("Yes").last.click()
        await sees("car-free")
        await says("when is my bin collected")  # the first digression
        await sees("Back to your request: a resident parking permit.")
        await both(page, "r2-digression")
        await citizen.button("No").last.click()
        await sees("Is the vehicle registered at your address?")
        await says("yes it is")
        await sees("How many resident permits")
        await says("1")
        await sees("How high is the vehicle")
        await says("no, I meant 2")
        await sees("Changed: The number of permits your household has: 2 permits")
        await says("about 2 and a half metres")
        await sees("How long is the vehicle")
        await says("how do I register a birth")  # the second one
        await sees("42 days")
        await says("4.8 m")
        await sees("What is the date on your newest bill")
        await says("last Tuesday")
        await sees("Is that right?")
        await both(page, "r3-read-back")
        await citizen.button("That is right").last.click()
        await sees("Your reference is N-")
        notice = citizen.log.locator("article, li, div").filter(has_text="Your reference is N-").last
        await expect(notice).to_contain_text("The limit is 2.25 m")
        await both(page, "r4-notice")
        await citizen.widget.get_by_role("button", name="All facts, next steps, appeals").last.click()
        await sees("What this is based on")
        await both(page, "r5-notice-more")

        await says("what if I had a smaller van")
        await sees("This is a 'what if'. Nothing has been decided or kept.")
        await both(page, "r6-what-if")
        await says("which rule is that?")
        await sees("The rules that decided this:")
        await says("that's not fair")
        await sees("A person can look at the whole decision again.")
        await both(page, "r7-not-fair")
        await says("status")
        await sees("the answer is no")
        await citizen.button("Ask for a review").last.click()
        await sees("Your case number is C-")
        await both(page, "r8-review")

        staff = await staff_signs_in(browser, running)
        staff.on("pageerror", lambda error: problems.append(str(error)))
        await staff.get_by_role("button", name="Claim").last.click()
        talk = staff.get_by_role("log", name="Conversation")
        await expect(talk).to_contain_text("Can I get a second parking permit?")
        await expect(talk).to_contain_text("You have asked us to look again at the decision N-")
        await expect(staff.get_by_text("Wants a decision looked at again")).to_be_visible()
        await shot(staff, "r9-console")
        await browser.close()
        assert problems == []
