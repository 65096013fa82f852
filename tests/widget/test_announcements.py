"""What is told to screen readers, once and in time; unread messages; what a reload repeats (nothing)."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.widget.page import TITLE, Chat

# Whether it is told within a second or, where the machine is busy, within the time of 20 requests.
TOLD_SOON = """
async (words) => {
  const told = () => window.heard.some(([, text]) => text.includes(words));
  const began = performance.now();
  for (let answered = 0; !told() && (answered < 20 || performance.now() - began < 1000); answered++) {
    await (await fetch('/v1/council')).text();
  }
  return told();
}
"""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_one_named_log_before_the_first_message(chat: Chat) -> None:
    await chat.open()
    await expect(chat.page.get_by_role("log", name="Messages")).to_have_count(1)
    assert await chat.log.get_attribute("aria-live") == "polite"
    await expect(chat.status).to_have_count(1)


async def test_each_message_is_announced_once_with_its_speaker(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("Good morning.")
    assert await chat.page.evaluate(TOLD_SOON, "Good morning.")
    chat.gateway.mode("human", "Sam")
    chat.gateway.say("This is Sam.", "staff", name="Sam")
    chat.gateway.say("Sam has your case.", "system")
    await chat.shows(
        "You said: Hello",
        "Northmere assistant said: Good morning.",
        "Sam from the council said: This is Sam.",
        "Notice: Sam has your case.",
    )
    log = await chat.heard("log")
    assert len(log) == 4
    assert log[0].startswith("You saidHello")
    assert log[1:3] == ["Northmere assistant saidGood morning.", "Sam from the council saidThis is Sam."]


async def test_states_are_told_as_status(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.working(True)
    await expect(chat.line).to_have_text("Northmere assistant is writing.")
    await expect(chat.status).to_have_text("Northmere assistant is writing.")
    chat.gateway.say("Yes?")
    await expect(chat.line).to_be_hidden()
    chat.gateway.working(True)
    await expect(chat.line).to_be_visible()
    chat.gateway.drop()  # its end is not heard
    await expect(chat.line).to_be_hidden()
    chat.gateway.mode("waiting")
    await expect(chat.status).to_have_text("You are waiting for a person.")
    await expect(chat.panel).to_contain_text("You are waiting for a person. They will read what you write.")
    chat.gateway.mode("human", "Sam")
    await expect(chat.status).to_have_text("Sam from the council has joined the chat.")
    await expect(chat.panel).to_contain_text("You are talking to Sam from the council.")
    await expect(chat.panel).not_to_contain_text("You are talking to an automated assistant.")
    chat.gateway.working(True)  # only the assistant's work is told: Sam has not begun to write
    chat.gateway.say("Which street is it?", "staff", name="Sam")
    await expect(chat.log).to_contain_text("Which street is it?")
    await expect(chat.line).to_be_hidden()
    chat.gateway.mode("bot")
    await expect(chat.status).to_have_text("You are talking to the automated assistant again.")
    assert len(await chat.heard("log")) == 3
    assert not any("Sam from the council is writing" in text for text in await chat.heard("status"))


async def test_reload_keeps_the_chat_and_repeats_nothing(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("Good morning.")
    chat.gateway.mode("human", "Sam")
    chat.gateway.say("This is Sam.", "staff", name="Sam")
    await expect(chat.log).to_contain_text("This is Sam.")
    before = await chat.entries()
    await chat.reload()
    await expect(chat.panel).to_be_visible()
    await expect(chat.log.locator(".entry")).to_have_count(3)
    await expect(chat.button("Go back to the assistant")).to_be_visible()
    await expect(chat.log).to_contain_text("Northmere assistant")
    assert await chat.entries() == before
    assert await chat.focused() == "page: body"  # a page load does not move the focus
    chat.gateway.say("Are you there?", "staff", name="Sam")
    await expect(chat.log).to_contain_text("Are you there?")
    assert await chat.heard("log") == ["Sam from the council saidAre you there?"]
    assert await chat.heard("status") == []


async def test_what_came_during_a_reload_is_announced(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    await chat.page.goto("about:blank")
    chat.gateway.say("While you were away.")
    await chat.page.goto(chat.gateway.url)
    await expect(chat.log).to_contain_text("While you were away.")
    await chat.shows("You said: Hello", "Northmere assistant said: While you were away.")
    assert await chat.heard("log") == ["Northmere assistant saidWhile you were away."]


async def test_closed_chat_stays_closed_and_counts_unread(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    await chat.page.keyboard.press("Escape")
    title = await chat.page.title()
    chat.gateway.say("One")
    await expect(chat.launcher).to_have_accessible_name(f"{TITLE} 1 unread")
    await expect(chat.page).to_have_title(f"(1) {title}")
    await expect(chat.status).to_have_text("New message from Northmere assistant.")
    chat.gateway.say("Two")
    await expect(chat.launcher).to_have_accessible_name(f"{TITLE} 2 unread")
    await chat.reload()
    await expect(chat.launcher).to_have_accessible_name(f"{TITLE} 2 unread")
    await expect(chat.panel).to_be_hidden()
    await expect(chat.page).to_have_title(f"(2) {title}")
    await chat.open()
    await expect(chat.launcher).to_have_accessible_name(TITLE)
    await expect(chat.page).to_have_title(title)
    await chat.reload()
    await asyncio.sleep(0.4)
    await expect(chat.launcher).to_have_accessible_name(TITLE)


async def test_page_may_change_its_own_title(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    await chat.page.keyboard.press("Escape")
    chat.gateway.say("One")
    await expect(chat.page).to_have_title("(1) Northmere Council")
    await chat.page.evaluate("document.title = '(7) parcels'")
    chat.gateway.say("Two")
    await expect(chat.page).to_have_title("(2) (7) parcels")
    await chat.open()
    await expect(chat.page).to_have_title("(7) parcels")


async def test_reader_who_scrolled_up_is_left_alone(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    for number in range(12):
        chat.gateway.say(f"Line {number}")
        await expect(chat.log.locator(".entry")).to_have_count(2 + number)
    scroll = (
        "root => { const s = root.querySelector('.scroll'); return [s.scrollTop, s.scrollHeight - s.clientHeight]; }"
    )
    place, end = await chat.inside(scroll)
    assert abs(place - end) < 2
    await chat.field.fill("a\nb\nc\nd")  # the field grows, the messages have less room
    await chat.page.wait_for_function(
        "before => document.querySelector('saywhy-chat').shadowRoot.querySelector('.scroll').scrollTop > before + 20",
        arg=place,
    )
    await chat.field.fill("")
    await chat.inside("root => { root.querySelector('.scroll').scrollTop = 10; }")
    await asyncio.sleep(0.1)
    chat.gateway.say("Later")
    await expect(chat.log).to_contain_text("Later")
    assert (await chat.inside(scroll))[0] == 10
    await chat.send("I am here")
    place, end = await chat.inside(scroll)
    assert abs(place - end) < 2


async def test_burst_longer_than_the_panel_is_shown_from_its_beginning(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("A long answer. " * 200)
    await expect(chat.log.locator(".entry")).to_have_count(2)
    top = "root => ['.scroll', '.bot'].map((part) => root.querySelector(part).getBoundingClientRect().top)"
    panel, message = await chat.inside(top)
    assert 0 <= message - panel <= 20
