"""What a message looks like: layout, sources, and that nothing in it is ever more than text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.widget.page import Chat

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOURCE = {
    "title": "Missed bin collections",
    "url": "https://www.northmere.example/bins/missed",
    "checked": "2026-09-14",
    "overdue": False,
}
ANSWER: dict[str, Any] = {
    "blocks": [
        {"p": [{"t": "Report it within "}, {"t": "two days", "strong": True}, {"t": " "}]},
        {"p": [{"t": "online", "href": "https://www.northmere.example/report"}]},
        {"heading": "What to do"},
        {"list": [[{"t": "Look"}], [{"t": "Call "}, {"t": "us", "href": "tel:01632960000"}]], "ordered": True},
        {"list": [[{"t": "Bin"}], [{"t": "Bag"}]], "ordered": False},
    ],
    "more": [{"heading": "Cost"}, {"p": [{"t": "It is free."}]}],
    "source": SOURCE,
}
ATTACKS = (
    "<img src=x onerror=\"window.hit='img'\">",
    "<script>window.hit='script'</script>",
    "</p></div><svg onload=\"window.hit='svg'\">",
    "{{constructor.constructor('window.hit=1')()}}",
)
BAD_LINKS = (
    "javascript:window.hit='link'",
    " JaVaScRiPt:window.hit='link'",
    "java\nscript:window.hit='link'",
    "data:text/html,<script>window.hit='data'</script>",
    "vbscript:x",
    "http://plain.example/",
    "//no-scheme.example/",
    "https://",
)


async def ask(chat: Chat) -> None:
    await chat.open()
    await chat.send("Question")


async def test_answer_has_layout_more_and_source(chat: Chat) -> None:
    await ask(chat)
    chat.gateway.say("plain text of it", **ANSWER)
    bubble = chat.log.locator(".bot .bubble")
    await expect(bubble.locator("strong")).to_have_text("two days")
    await expect(bubble.get_by_role("heading", name="What to do")).to_be_visible()
    await expect(bubble.locator("ol > li")).to_have_text(["Look", "Call us"])
    await expect(bubble.locator("ul > li")).to_have_text(["Bin", "Bag"])
    links = await bubble.locator("a").evaluate_all("nodes => nodes.map((node) => [node.textContent, node.href])")
    assert links == [
        ["online", "https://www.northmere.example/report"],
        ["us", "tel:01632960000"],
        ["Missed bin collections", SOURCE["url"]],
    ]
    await expect(bubble).not_to_contain_text("plain text of it")
    await expect(bubble.locator(".source")).to_have_text("Source: Missed bin collections, checked 14 September 2026")
    more = bubble.get_by_role("button", name="More about Missed bin collections")
    await expect(more).to_have_attribute("aria-expanded", "false")
    await expect(bubble.get_by_text("It is free.")).to_be_hidden()
    await more.focus()
    await chat.page.keyboard.press("Enter")
    await expect(more).to_have_attribute("aria-expanded", "true")
    await expect(bubble.get_by_text("It is free.")).to_be_visible()
    await expect(bubble).not_to_contain_text("past its review date")


async def test_overdue_source_is_said(chat: Chat) -> None:
    await ask(chat)
    chat.gateway.say("Answer", source={**SOURCE, "overdue": True})
    await expect(chat.log).to_contain_text("This page is past its review date.")


async def test_text_shows_as_typed(chat: Chat) -> None:
    await ask(chat)
    odd = "a  b\n\n\tc & <b>d</b> 👩‍👩‍👧 Ł ẞ שלום ‫x‬ مرحبا e\u0301"
    chat.gateway.say(odd)
    await expect(chat.log.locator(".bot .plain")).to_have_count(1)
    assert await chat.log.locator(".bot .plain").evaluate("node => node.textContent") == odd
    typed = "/restart مرحبا שלום 日本 👍🏽 & <i>x</i>\nsecond"
    await chat.send(typed)
    assert chat.gateway.posted[-1]["text"] == typed
    assert (await chat.entries())[-1] == f"You said: {typed}"
    isolated = await chat.log.locator(".bubble").evaluate_all(
        "nodes => nodes.map((node) => getComputedStyle(node).unicodeBidi)"
    )
    assert set(isolated) == {"isolate"}


async def test_right_to_left_and_other_languages(chat: Chat) -> None:
    await ask(chat)
    chat.gateway.say("مرحبا بكم في المجلس", lang="ar")
    entry = chat.log.locator(".bot")
    await expect(entry).to_have_attribute("lang", "ar")
    assert await entry.locator(".plain").evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert await chat.inside("root => root.querySelector('.root').lang") == "en"


async def test_no_field_is_ever_more_than_text(chat: Chat) -> None:
    await chat.open()
    for attack in ATTACKS:
        await chat.send(attack)
        chat.gateway.say(attack)
        chat.gateway.say(attack, "staff", name=attack)
        chat.gateway.say(attack, "system", name=attack, lang=attack)
        chat.gateway.say(attack, attack, source={"title": attack, "url": attack, "checked": attack, "overdue": True})
        chat.gateway.say(
            "x",
            blocks=[
                {"p": [{"t": attack, "strong": True, "href": attack}]},
                {"heading": attack},
                {"list": [[{"t": attack}]], "ordered": attack},
            ],
            more=[{"p": [{"t": attack}]}],
            source={**SOURCE, "title": attack},
            buttons=[{"id": attack, "title": attack}],
        )
        chat.gateway.mode("human", attack)
        chat.gateway.working(True)
        await expect(chat.panel.locator(".sub")).to_contain_text(attack)
        chat.gateway.mode("bot")
    await expect(chat.choices.get_by_role("button")).to_have_text(ATTACKS[-1])
    tags = await chat.inside("root => [...new Set([...root.querySelectorAll('*')].map((node) => node.localName))]")
    assert not {"img", "script", "svg", "iframe", "style"} & set(tags)
    assert await chat.page.evaluate("window.hit ?? null") is None
    await chat.reload()
    await expect(chat.log.locator(".entry")).to_have_count(6 * len(ATTACKS))
    assert await chat.page.evaluate("window.hit ?? null") is None


async def test_only_safe_links_become_links(chat: Chat) -> None:
    await ask(chat)
    good = ("https://www.northmere.example/a?b=1&c=%20", "tel:+441632960000", "mailto:bins@northmere.example")
    chat.gateway.say("x", blocks=[{"p": [{"t": f"[{href}]", "href": href}]} for href in (*BAD_LINKS, *good)])
    chat.gateway.say("x", source={**SOURCE, "url": BAD_LINKS[0]}, blocks=[{"p": [{"t": "y", "href": 7}]}])
    await expect(chat.log.locator(".bot")).to_have_count(2)
    assert await chat.log.locator("a").evaluate_all("nodes => nodes.map((node) => node.getAttribute('href'))") == [
        *good
    ]
    await expect(chat.log).to_contain_text(f"[{BAD_LINKS[0]}]")


async def test_hostile_council_details(chat: Chat) -> None:
    chat.gateway.council |= {"assistant": ATTACKS[0], "notice": ATTACKS[1], "phone": ATTACKS[2], "hours": ATTACKS[0]}
    chat.gateway.council["privacy_url"] = BAD_LINKS[0]
    await chat.open()
    await expect(chat.panel).to_contain_text(ATTACKS[1])
    assert await chat.panel.locator("a[href^=javascript]").count() == 0
    assert await chat.page.evaluate("window.hit ?? null") is None


async def test_malformed_message_does_not_stop_the_next(chat: Chat) -> None:
    await ask(chat)
    chat.gateway.say("x", blocks=[None, 7, {"p": None}, {"list": 3}, {"odd": 1}, {"p": [None, {"t": None}]}], more=None)
    chat.gateway.say("y", blocks=None, buttons=None, source=None)
    chat.gateway.say("fine")
    await expect(chat.log).to_contain_text("fine")
