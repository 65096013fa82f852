"""An editor in a real browser: from questions that nobody could answer to a published answer, and its undo.

It runs in a small copy of the project, since publishing changes files.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from bot import settings
from tests.browser import launch
from tests.journeys.small import small_project
from tests.journeys.test_journey import Citizen, shot
from tests.live import free_ports

ASKED = (
    "can i keep chickens in my back garden",
    "rules on keeping chickens and a cockerel",
    "am I allowed chickens at home, its Jo Smith at 12 Elm Road, 07700 900123",
)
ANSWER = """You can keep hens at home without asking us. Keep them clean and quiet, so that they disturb nobody.

## What to do
1. Build a dry house that foxes cannot get into.
2. [Register your birds](https://www.northmere.example/pets/hens), even if you have one.

## Cost
Free.

## How long it takes
You can start today.

## Have ready
Nothing.
"""
FORM = {
    "Title": "Keep hens at home",
    "Service": "510 Allotments",
    "Team that owns the answer": "Parks and Open Spaces",
    "Source: title of the page": "Keeping hens",
    "Source: address of the page": "https://www.northmere.example/pets/hens",
}
MORE = (
    "do i need permission for hens\nhow many chickens can I have\nkeeping poultry at a council house\n"
    "neighbours cockerel allowed?\nbackyard hens rules\ncan we get three chickens for the kids"
)
PASSWORD = "a long password for tests"
#: A training on a busy machine, in milliseconds.
PATIENCE = 600_000


class Council:
    """A small council that runs, with an editor."""

    def __init__(self, root: Path, url: str, data: Path) -> None:
        self.root, self.url, self.data = root, url, data

    def files(self) -> dict[str, str]:
        """All that editors may change."""
        found = sorted((self.root / "data").rglob("*.*"))
        return {path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    root = small_project(tmp_path_factory.mktemp("small"))
    port, brain, actions = free_ports(3)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(settings.PREFIX)}
    own = {"PORT": port, "BRAIN_PORT": brain, "ACTIONS_PORT": actions}
    environ = clean | {f"{settings.PREFIX}{name}": str(value) for name, value in own.items()}
    python, output = str(root / ".venv" / "bin" / "python"), root / "console.txt"
    password = root / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    add = [
        "-m",
        "bot",
        "staff",
        "add",
        "edie",
        "--name",
        "Edie Tor",
        "--role",
        "editor",
        "--password-file",
        str(password),
    ]
    subprocess.run([python, *add], cwd=root, env=environ, check=True, capture_output=True)
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen([python, "-m", "bot", "run"], cwd=root, env=environ, stdout=out, stderr=out)
    try:
        until = time.monotonic() + PATIENCE / 1000
        while "Saywhy is ready" not in output.read_text(encoding="utf-8"):
            assert process.poll() is None, output.read_text(encoding="utf-8")
            assert time.monotonic() < until, output.read_text(encoding="utf-8")
            time.sleep(0.2)
        yield Council(root, f"http://127.0.0.1:{port}", root / "var")
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(120)
        process.kill()
        _gone, left = psutil.wait_procs(children, timeout=60)
        for one in left:
            one.kill()
        assert not left, f"left behind: {left}"
    print(output.read_text(encoding="utf-8"), file=sys.stderr)


async def looked_at(page: Page, name: str) -> None:
    """The page has no fault that axe knows, and fits 320 pixels."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await shot(page, f"{name}-1280")
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320, f"{name} scrolls sideways"
    await shot(page, f"{name}-320")
    await page.set_viewport_size({"width": 1280, "height": 900})


async def citizen_of(browser: Browser, council: Council) -> Citizen:
    page = await (await browser.new_context()).new_page()
    await page.goto(council.url)
    citizen = Citizen(page)
    await citizen.widget.locator(".launcher").click()
    return citizen


async def publishes(page: Page, number: int) -> None:
    """Wait for the trial, read what it found, and publish."""
    await expect(page.get_by_role("heading", name="What the trial found")).to_be_visible(timeout=PATIENCE)
    await looked_at(page, f"l-tried-{number}")
    wrong = page.get_by_label("I have read what became wrong")
    if await wrong.count():  # a few questions of a tiny council
        await wrong.check()
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text(f"This is publication {number}")).to_be_visible(timeout=PATIENCE)


async def test_from_an_unanswered_question_to_a_published_answer_and_its_undo(council: Council) -> None:
    before = council.files()
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        citizen = await citizen_of(browser, council)
        for question in ASKED:
            await citizen.say(question)
            replies = citizen.log.get_by_text("Northmere assistant", exact=False)
            await expect(replies).to_have_count(ASKED.index(question) + 1)
        await citizen.say("my bin was missed")
        await citizen.sees("Missed bin collections")
        await citizen.button("That did not help").last.click()
        await citizen.sees("our editors will see your question")

        page = await (await browser.new_context(viewport={"width": 1280, "height": 900})).new_page()
        page.set_default_timeout(60_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(f"{council.url}/console")
        await page.get_by_label("User name").fill("edie")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Questions without an answer")).to_be_visible()
        questions = page.locator("main")
        await expect(questions).to_contain_text("answer did not help")
        await expect(questions).not_to_contain_text("07700")
        await expect(questions).not_to_contain_text("Elm Road")
        await looked_at(page, "l-questions")

        for group in await page.get_by_role("listitem").filter(has_text="chickens").all():
            await group.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Look at the ticked ones together").click()
        boxes = page.get_by_role("checkbox")
        await expect(boxes).to_have_count(len(ASKED))
        await expect(page.locator("main :checked[type=checkbox]")).to_have_count(0)  # a person looks first
        await looked_at(page, "l-group")
        for box in await boxes.all():
            await box.check()
        await page.get_by_role("button", name="Begin a draft").click()

        await page.get_by_role("button", name="Save and try").click()
        await expect(page.get_by_text("8 fields have to be put right")).to_be_visible()
        await expect(page.get_by_text("There are 3 examples; 8 are the fewest. Type 5 more.")).to_be_visible()
        await looked_at(page, "l-faults")
        for name, value in FORM.items():
            await page.get_by_label(name, exact=True).fill(value)
        await page.get_by_label("Area", exact=True).select_option("parks")
        await page.get_by_role("textbox", name="Answer", exact=True).fill(ANSWER)
        masked = page.locator(".examples input[value*=name]")
        await expect(masked).to_have_count(1)
        await masked.fill("am I allowed chickens at home")
        await page.get_by_label("More examples, one a line").fill(MORE)
        await page.get_by_role("button", name="Save and try").click()
        await expect(page.get_by_role("status").filter(has_text="…")).to_be_visible()
        await looked_at(page, "l-trying")
        assert council.files() == before  # nothing that serves is touched by a trial
        await publishes(page, 1)

        await citizen.say("could i have some chickens in the garden")
        await citizen.sees("You can keep hens at home without asking us.")
        await citizen.sees("Source: Keeping hens")

        await page.get_by_role("link", name="See what it changed").click()
        await expect(page.get_by_text("title: Keep hens at home")).to_be_visible()
        await expect(page.locator("main")).to_contain_text("Edie Tor")
        await looked_at(page, "l-publication")
        await page.get_by_role("button", name="Undo this publication").click()
        await publishes(page, 2)
        assert council.files() == before
        later = await citizen_of(browser, council)
        await later.say("could i have some chickens in the garden")
        await expect(later.log).to_contain_text("Northmere assistant")
        await expect(later.log).not_to_contain_text("keep hens at home")
        await page.get_by_role("link", name="Published").click()
        await expect(page.locator("main")).to_contain_text("undone by 2")
        await looked_at(page, "l-record")
        await browser.close()
        assert problems == []
