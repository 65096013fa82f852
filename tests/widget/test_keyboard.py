"""Opening, closing and typing by keyboard; where the focus is; quick replies; ending."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.widget.page import SUGGESTED, TITLE, Chat

pytestmark = pytest.mark.asyncio(loop_scope="session")

YES_NO = [{"id": "b1", "title": "Yes"}, {"id": "b2", "title": "No"}]


async def tab_to(chat: Chat, name: str, key: str = "Tab", most: int = 40) -> None:
    for _ in range(most):
        await chat.page.keyboard.press(key)
        if await chat.focused() == name:
            return
    pytest.fail(f"{key} never reached {name!r}")


async def test_launcher_opens_by_enter_and_space_and_gets_the_focus_back(chat: Chat) -> None:
    assert await chat.launcher.evaluate("node => node.tagName") == "BUTTON"
    await expect(chat.launcher).to_have_text(TITLE)
    await expect(chat.launcher).to_be_visible()
    for key in ("Enter", "Space"):
        await chat.page.evaluate("document.activeElement.blur()")
        await tab_to(chat, TITLE)
        await expect(chat.launcher).to_have_attribute("aria-expanded", "false")
        await chat.page.keyboard.press(key)
        await expect(chat.panel).to_be_visible()
        await expect(chat.field).to_be_focused()
        await expect(chat.launcher).to_have_attribute("aria-expanded", "true")
        await chat.page.keyboard.press("Escape")
        await expect(chat.panel).to_be_hidden()
        await expect(chat.launcher).to_be_focused()
    await chat.open()
    await chat.button("Close").focus()
    await chat.page.keyboard.press("Enter")
    await expect(chat.panel).to_be_hidden()
    await expect(chat.launcher).to_be_focused()


async def test_nothing_in_the_closed_panel_takes_the_focus(chat: Chat) -> None:
    await chat.page.evaluate("document.querySelector('footer').append(document.createElement('button'))")
    await chat.page.evaluate("document.body.append(document.querySelector('footer'))")  # something after the widget
    await chat.launcher.focus()
    await chat.page.keyboard.press("Tab")
    assert await chat.focused() == "page: button"
    await chat.page.keyboard.press("Shift+Tab")
    assert await chat.focused() == TITLE


async def test_panel_is_a_dialog_that_does_not_trap(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    assert await chat.panel.get_attribute("aria-modal") is None
    assert await chat.panel.get_attribute("role") == "dialog"
    seen = []
    await chat.launcher.focus()
    for _ in range(9):
        await chat.page.keyboard.press("Tab")
        seen.append(await chat.focused())
    assert seen[:3] == ["Close", "Talk to a person", "End chat"]
    assert "Conversation" in seen
    assert seen[seen.index("Your message") + 1] == "Send"
    assert not seen[seen.index("Send") + 1].startswith(("Close", TITLE))  # on, to the page or the browser
    await chat.button("Close").focus()
    await chat.page.keyboard.press("Shift+Tab")
    assert await chat.focused() == TITLE


async def test_focus_that_goes_under_the_panel_closes_it(chat: Chat) -> None:
    await chat.page.set_viewport_size({"width": 400, "height": 700})
    await chat.open()
    link = chat.page.get_by_role("link", name="Bins and recycling")
    await link.focus()
    await expect(chat.panel).to_be_hidden()
    await expect(link).to_be_focused()


async def test_field_is_labelled_and_described(chat: Chat) -> None:
    await chat.open()
    await expect(chat.page.get_by_text("Your message", exact=True)).to_be_visible()
    described = await chat.field.evaluate(
        "node => node.getAttribute('aria-describedby').split(' ')"
        ".map((id) => node.getRootNode().getElementById(id).textContent).join(' ')"
    )
    assert "You are talking to an automated assistant." in described
    assert "Do not share bank or card details." in described
    assert "2,000 characters" in described


async def test_enter_sends_and_shift_enter_breaks_the_line(chat: Chat) -> None:
    await chat.open()
    await chat.page.keyboard.type("one")
    await chat.page.keyboard.press("Shift+Enter")
    await chat.page.keyboard.type("two")
    assert chat.gateway.posted == []
    await chat.page.keyboard.press("Enter")
    await chat.sent()
    assert [post["text"] for post in chat.gateway.posted] == ["one\ntwo"]
    await expect(chat.field).to_have_value("")
    await expect(chat.field).to_be_focused()
    await chat.field.fill("three")
    await chat.button("Send").click()
    await chat.shows("You said: one\ntwo", "You said: three")


async def test_enter_that_ends_a_composition_does_not_send(chat: Chat) -> None:
    await chat.open()
    keys = await chat.page.context.new_cdp_session(chat.page)
    await keys.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    await keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    await keys.send("Input.insertText", {"text": "日本"})
    await keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    await expect(chat.field).to_have_value("日本")
    # The same key as other browsers report it: once composing by flag, once by the old key code alone.
    for event in ("{isComposing: true}", "{keyCode: 229}"):
        await chat.field.evaluate(
            f"node => node.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, ...{event}}}))"
        )
    await expect(chat.field).to_have_value("日本")
    assert chat.gateway.posted == []
    await chat.page.keyboard.press("Enter")
    await chat.shows("You said: 日本")


async def test_limit_is_told_before_sending_and_nothing_is_cut(chat: Chat) -> None:
    await chat.open()
    count = chat.widget.locator(".count")
    await chat.field.fill("x" * 1799)
    await expect(count).to_be_hidden()
    await chat.field.fill("x" * 1800)
    await expect(count).to_have_text("You have 200 characters left.")
    await chat.field.fill("x" * 1999)
    await expect(count).to_have_text("You have 1 character left.")
    await expect(chat.status).to_have_text("You have 1 character left.")
    long = "é" * 1999 + "🚲" * 2
    await chat.field.fill(long)
    await expect(count).to_have_text("You have 1 character too many.")
    await chat.page.keyboard.press("Enter")
    await expect(chat.error).to_contain_text("too long")
    await expect(chat.field).to_have_value(long)
    await expect(chat.field).to_have_attribute("aria-invalid", "true")
    assert chat.gateway.posted == []
    await chat.send(long[:-1])  # 2,000 characters, though 2,001 UTF-16 units
    assert len(chat.gateway.posted[0]["text"]) == 2000


async def test_empty_message_is_not_sent(chat: Chat) -> None:
    await chat.open()
    await chat.field.fill(" \n ")
    await chat.page.keyboard.press("Enter")
    await expect(chat.error).to_have_text("Type a message first.")
    assert chat.gateway.posted == []


async def test_quick_replies_by_keyboard(chat: Chat) -> None:
    await chat.open()
    await chat.send("Question")
    chat.gateway.say("Did that help?", buttons=YES_NO)
    await expect(chat.choices.get_by_role("button")).to_have_text(["Yes", "No"])
    await chat.button("No").focus()
    await chat.page.keyboard.press("Enter")
    await expect(chat.field).to_be_focused()
    await expect(chat.choices).to_have_count(0)
    await chat.sent()
    assert chat.gateway.posted[-1]["button"] == "b2"
    assert (await chat.entries())[-1] == "You said: No"
    await chat.reload()
    await expect(chat.log.locator(".entry")).to_have_count(3)
    await expect(chat.choices).to_have_count(0)


async def test_only_the_newest_bot_message_has_quick_replies(chat: Chat) -> None:
    await chat.open()
    await chat.send("Question")
    chat.gateway.say("First?", buttons=YES_NO)
    await expect(chat.choices).to_have_count(1)
    await chat.button("Yes").focus()
    chat.gateway.say("Second?", buttons=[{"id": "c", "title": "Maybe"}])
    await expect(chat.choices.get_by_role("button")).to_have_text(["Maybe"])
    await expect(chat.field).to_be_focused()  # the focused button went away
    chat.gateway.mode("human", "Sam")
    await expect(chat.choices).to_have_count(0)
    chat.gateway.mode("bot")
    await expect(chat.choices).to_have_count(1)
    await chat.send("Something else")
    await expect(chat.choices).to_have_count(0)


async def test_refused_quick_reply_comes_back(chat: Chat) -> None:
    await chat.open()
    await chat.send("Question")
    chat.gateway.say("Did that help?", buttons=YES_NO)
    chat.gateway.faults.refuse = (422, "That button is not part of this chat any more.")
    await chat.button("Yes").click()
    await expect(chat.error).to_have_text("That button is not part of this chat any more.")
    await expect(chat.page.get_by_role("group", name=SUGGESTED)).to_have_count(1)
    assert len(await chat.entries()) == 2


async def test_talk_to_a_person_and_back(chat: Chat) -> None:
    await chat.open()
    await expect(chat.button("Talk to a person")).to_be_visible()  # before anything was said
    await chat.button("Talk to a person").click()
    await chat.sent()
    assert chat.gateway.posted[-1]["action"] == "person"
    chat.gateway.mode("waiting")
    await expect(chat.button("Go back to the assistant")).to_be_focused()
    await expect(chat.button("Talk to a person")).to_have_count(0)
    chat.gateway.mode("human", "Sam")
    await chat.button("Go back to the assistant").click()
    await chat.sent()
    assert chat.gateway.posted[-1]["action"] == "bot"
    chat.gateway.mode("bot")
    await expect(chat.button("Talk to a person")).to_be_visible()
    await chat.shows("You said: I want to talk to a person.", "You said: I want to go back to the assistant.")


async def test_end_chat_asks_first_and_forgets(chat: Chat) -> None:
    await chat.open()
    await expect(chat.button("End chat")).to_be_hidden()
    await chat.send("Hello")
    await chat.button("End chat").click()
    await expect(chat.page.get_by_text("End this chat?")).to_be_focused()
    await chat.page.keyboard.press("Escape")
    await expect(chat.panel).to_be_visible()
    await expect(chat.button("End chat")).to_be_focused()
    assert len(chat.gateway.conversations) == 1
    await chat.page.keyboard.press("Enter")
    await chat.button("End the chat").click()
    await expect(chat.status).to_have_text("The chat has ended.")
    await expect(chat.field).to_be_focused()
    assert chat.gateway.conversations == {}
    assert await chat.page.evaluate("localStorage.length") == 0
    assert await chat.entries() == []
    await chat.send("Again")
    await chat.shows("You said: Again")
    assert len(chat.gateway.conversations) == 1


async def test_chat_that_cannot_be_ended_stays(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    chat.gateway.faults.down = True
    await chat.button("End chat").click()
    await chat.button("End the chat").click()
    await expect(chat.line).to_have_text("The chat could not be ended. Try again.")
    chat.gateway.faults.down = False
    await chat.button("End the chat").click()
    await expect(chat.status).to_have_text("The chat has ended.")
