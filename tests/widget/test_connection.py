"""Streams that break, gateways that fail, tabs that share: no message lost, none twice, all in order."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import BrowserContext, expect

from tests.widget.fake_gateway import FakeGateway
from tests.widget.page import Chat, new_chat

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOST = "Connection lost. Trying again. You can also phone 01632 960000."


async def until_streaming(gateway: FakeGateway, streams: int = 1) -> None:
    async with asyncio.timeout(60):
        while gateway.newest.streams != streams:
            await asyncio.sleep(0.02)


async def test_nothing_is_stored_or_asked_before_the_citizen_opens(chat: Chat) -> None:
    await chat.page.mouse.move(300, 300)
    await chat.page.keyboard.press("Tab")
    await asyncio.sleep(0.3)
    asked = {path for _, path in chat.gateway.requests}
    assert "/" in asked
    assert asked <= {"/", "/widget.js", "/static/council.css", "/static/northmere.svg"}
    stored = "[localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length]"
    assert await chat.page.evaluate(f"(async () => {stored})()") == [0, 0, "", 0]
    await chat.open()
    assert ("POST", "/v1/conversations") not in chat.gateway.requests  # looking is not yet talking
    await chat.send("A secret sentence")
    chat.gateway.say("A private answer")
    await expect(chat.log).to_contain_text("A private answer")
    assert await chat.page.context.cookies() == []
    kept = await chat.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "secret" not in kept
    assert "private" not in kept
    assert await chat.page.evaluate("Object.keys(JSON.parse(localStorage.saywhy)).sort()") == [
        "event",
        "id",
        "read",
        "token",
    ]


async def test_only_the_gateway_is_asked(chat: Chat, context: BrowserContext) -> None:
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    await chat.reload()
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("Good morning.")
    await expect(chat.log).to_contain_text("Good morning.")
    assert asked
    assert {url[: len(chat.gateway.url)] for url in asked} == {chat.gateway.url}
    assert not any("token" in url or chat.gateway.newest.token in url for url in asked)


async def test_dropped_stream_catches_up_once_and_in_order(chat: Chat) -> None:
    await chat.fake_clock()
    await chat.open()
    await chat.send("0")
    await until_streaming(chat.gateway)
    await chat.stand_still()
    expected = ["You said: 0"]
    for number in range(1, 4):
        chat.gateway.drop()
        chat.gateway.say(f"{number}")
        expected.append(f"Northmere assistant said: {number}")
        assert await chat.steps(chat.log.locator(".entry"), len(expected)) < 2
        await chat.shows(*expected)
        await until_streaming(chat.gateway)
    assert len(await chat.heard("log")) == 4
    assert "Connection lost" not in " ".join(await chat.heard("status"))  # one short break is not worth a word


async def test_gateway_away_for_a_while(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    await until_streaming(chat.gateway)
    chat.gateway.faults.down = True
    chat.gateway.drop()
    chat.gateway.say("Said meanwhile")
    await expect(chat.line).to_have_text(LOST)
    await expect(chat.status).to_have_text(LOST)
    chat.gateway.faults.down = False
    await expect(chat.status).to_have_text("Connected again.")
    await chat.shows("You said: Hello", "Northmere assistant said: Said meanwhile")
    await expect(chat.line).not_to_have_text(LOST)


async def test_network_back_reconnects_at_once(chat: Chat) -> None:
    await chat.fake_clock()
    await chat.open()
    await chat.send("Hello")
    await until_streaming(chat.gateway)
    await chat.page.context.set_offline(True)
    chat.gateway.drop()
    await expect(chat.line).to_have_text(LOST)
    for _ in range(8):  # until the waits between attempts are many seconds long
        await chat.page.clock.fast_forward(15_000)
        await asyncio.sleep(0.05)
    chat.gateway.say("Said meanwhile")
    await chat.stand_still()
    for _ in range(2):  # until an attempt that began before has failed too
        await chat.page.evaluate("fetch('/v1/council').catch(() => 0)")
    await chat.page.context.set_offline(False)
    await expect(chat.log).to_contain_text("Said meanwhile")


async def test_polls_where_streams_do_not_get_through(chat: Chat) -> None:
    chat.gateway.faults.no_streams = True
    await chat.fake_clock()
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("By poll")
    chat.gateway.mode("waiting")
    await chat.wait(chat.button("Go back to the assistant"))
    await expect(chat.line).not_to_have_text(LOST)
    await chat.shows("You said: Hello", "Northmere assistant said: By poll")


async def test_stream_that_carries_nothing_is_noticed(chat: Chat) -> None:
    """A proxy that keeps back what is streamed: after sending, the widget asks for what it should have seen."""
    chat.gateway.faults.mute_streams = True
    await chat.fake_clock()
    await chat.open()
    await chat.send("Hello")
    chat.gateway.say("Held back by the proxy")
    await chat.wait(chat.log.get_by_text("Held back by the proxy"))


async def test_lost_answer_is_sent_again_and_shown_once(chat: Chat) -> None:
    await chat.open()
    chat.gateway.faults.lost_answers = 2
    await chat.send("Only once")
    assert len({post["client_msg_id"] for post in chat.gateway.posted}) == 1
    assert len(chat.gateway.newest.messages) == 1
    await chat.shows("You said: Only once")
    assert len(await chat.heard("log")) == 1


async def test_message_whose_answers_are_all_lost_is_shown_as_sent(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    await until_streaming(chat.gateway)
    chat.gateway.faults.lost_answers = 99
    await chat.send("Stored, never acknowledged")
    await chat.shows("You said: Hello", "You said: Stored, never acknowledged")
    assert await chat.page.evaluate("window.most") == 2


async def test_message_survives_a_dead_gateway(chat: Chat) -> None:
    await chat.fake_clock()
    await chat.open()
    await chat.send("First")
    chat.gateway.faults.down = True
    await chat.field.fill("Do not lose me")
    await chat.field.press("Enter")
    await expect(chat.log).to_contain_text("Sending")
    await chat.field.fill("still typing")
    await chat.wait(chat.button("Try again"))
    assert len([path for method, path in chat.gateway.requests if method == "POST"]) <= 8  # it did not go on for ever
    await expect(chat.line).to_contain_text("01632 960000")
    await expect(chat.log).to_contain_text("Not sent")
    await expect(chat.field).to_have_value("still typing")
    chat.gateway.faults.down = False
    await chat.button("Try again").click()
    await expect(chat.field).to_be_focused()
    await chat.shows("You said: First", "You said: Do not lose me")
    assert [message["text"] for message in chat.gateway.newest.messages] == ["First", "Do not lose me"]


@pytest.mark.parametrize("status", [400, 409, 413, 422, 429])
async def test_refused_message_goes_back_to_the_field(chat: Chat, status: int) -> None:
    await chat.open()
    chat.gateway.faults.refuse = (status, "We cannot take this. Please type it again.")
    await chat.field.fill("My words")
    await chat.field.press("Enter")
    await expect(chat.error).to_have_text("We cannot take this. Please type it again.")
    await expect(chat.field).to_have_value("My words")
    await expect(chat.field).to_be_focused()
    await expect(chat.status).to_have_text("We cannot take this. Please type it again.")
    assert await chat.entries() == []
    assert len(chat.gateway.posted) == 1
    chat.gateway.faults.refuse = None
    await chat.field.press("Enter")
    await chat.shows("You said: My words")
    await expect(chat.error).to_be_hidden()


async def test_slow_gateway_keeps_the_order(chat: Chat) -> None:
    await chat.open()
    chat.gateway.faults.slow = 0.3
    for word in ("one", "two", "three"):
        await chat.field.fill(word)
        await chat.field.press("Enter")
    await chat.shows("You said: one", "You said: two", "You said: three")
    assert [post["text"] for post in chat.gateway.posted] == ["one", "two", "three"]


async def test_text_changed_by_the_gateway_is_shown_once(chat: Chat) -> None:
    """Card numbers are masked before they are stored: the event's text is not the one that was typed."""
    await chat.open()
    await chat.send("Hello")
    await until_streaming(chat.gateway)
    chat.gateway.mask = "4111"
    chat.gateway.faults.late_answers = 0.3  # the event is there before the answer
    await chat.send("Card 4111")
    await chat.shows("You said: Hello", "You said: Card ****")
    assert await chat.page.evaluate("window.most") == 2  # not even for a moment
    await chat.send("No card")
    await chat.shows("You said: Hello", "You said: Card ****", "You said: No card")


async def test_ended_chat_is_told_and_the_words_are_kept(chat: Chat) -> None:
    await chat.open()
    await chat.send("Old")
    await until_streaming(chat.gateway)
    await chat.field.fill("Half a sent")
    chat.gateway.forget()
    await expect(chat.log).to_contain_text("Your earlier chat has ended. Send a message to start a new one.")
    await expect(chat.field).to_have_value("Half a sent")
    assert await chat.page.evaluate("localStorage.length") == 0
    await chat.send("New")
    chat.gateway.say("Welcome back.")
    await chat.shows(
        "You said: Old",
        "Notice: Your earlier chat has ended. Send a message to start a new one.",
        "You said: New",
        "Northmere assistant said: Welcome back.",
    )


async def test_message_to_an_ended_chat_goes_back_to_the_field(chat: Chat) -> None:
    await chat.open()
    await chat.send("Old")
    chat.gateway.conversations.clear()  # the stream stays open: only sending finds out
    await chat.field.fill("My words")
    await chat.field.press("Enter")
    await expect(chat.log).to_contain_text("Your earlier chat has ended.")
    await expect(chat.field).to_have_value("My words")
    await chat.field.press("Enter")
    await expect(chat.log.locator(".entry")).to_have_count(3)
    await chat.sent()
    assert [message["text"] for message in chat.gateway.newest.messages] == ["My words"]


async def test_ended_chat_is_told_after_a_reload(chat: Chat) -> None:
    await chat.open()
    await chat.send("Old")
    chat.gateway.conversations.clear()  # the stream stays open: only the reload finds out
    await chat.reload()
    await expect(chat.log).to_contain_text("Your earlier chat has ended.")
    assert await chat.page.evaluate("localStorage.length") == 0


async def test_long_history_comes_in_pages(chat: Chat) -> None:
    await chat.open()
    await chat.send("Hello")
    for number in range(230):
        chat.gateway.say(f"{number}")
    await expect(chat.log.locator(".entry")).to_have_count(231)
    await chat.reload()
    await expect(chat.log.locator(".entry")).to_have_count(231)
    assert (await chat.entries())[-1] == "Northmere assistant said: 229"


async def test_two_tabs_show_the_same_chat_over_one_stream(chat: Chat, context: BrowserContext) -> None:
    other = await new_chat(context, chat.gateway)
    await chat.open()
    await chat.send("From the first")
    await other.open()
    await other.shows("You said: From the first")
    await other.send("From the second")
    chat.gateway.say("To both")
    chat.gateway.mode("waiting")
    for tab in (chat, other):
        await tab.shows("You said: From the first", "You said: From the second", "Northmere assistant said: To both")
        await expect(tab.button("Go back to the assistant")).to_be_visible()
    assert chat.gateway.newest.streams == 1
    await chat.page.close()
    chat.gateway.say("After the first tab closed")
    await expect(other.log).to_contain_text("After the first tab closed")
    await until_streaming(chat.gateway)
    await other.button("End chat").click()
    await other.button("End the chat").click()
    await expect(other.status).to_have_text("The chat has ended.")


async def test_chat_ended_in_one_tab_is_gone_from_the_others(chat: Chat, context: BrowserContext) -> None:
    await chat.open()
    await chat.send("Hello")
    other = await new_chat(context, chat.gateway)
    await other.open()
    await other.shows("You said: Hello")
    await other.button("End chat").click()
    await other.button("End the chat").click()
    await expect(chat.log.locator(".entry")).to_have_count(0)
    await expect(chat.status).to_have_text("The chat has ended.")
    assert await chat.page.evaluate("localStorage.length") == 0


async def test_two_tabs_that_start_at_once_share_one_chat(chat: Chat, context: BrowserContext) -> None:
    other = await new_chat(context, chat.gateway)
    await chat.open()
    await other.open()
    chat.gateway.faults.slow = 0.2
    for tab, text in ((chat, "a"), (other, "b")):
        await tab.field.fill(text)
        await tab.field.press("Enter")
    for tab in (chat, other):
        await expect(tab.log.locator(".entry")).to_have_count(2)
        await tab.sent()
    assert len(chat.gateway.conversations) == 1
    assert await chat.entries() == await other.entries()


async def test_eight_tabs(chat: Chat, context: BrowserContext) -> None:
    """A browser opens six connections to one server over HTTP/1.1: a stream for each tab would stop the seventh."""
    await chat.open()
    await chat.send("Hello")
    tabs = [chat, *[await new_chat(context, chat.gateway) for _ in range(7)]]
    await tabs[-1].open()
    await tabs[-1].send("From the eighth")
    chat.gateway.say("To all")
    for tab in tabs:
        await expect(tab.log.locator(".entry")).to_have_count(3)
    assert chat.gateway.newest.streams == 1
