from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.store.cases import Case
from bot.turn.context import Services
from bot.web.console.views import waited
from tests.fakes import MONDAY_MORNING, StillAmbient
from tests.web.clerk import Clerk, citizen_says, open_case

ANSWER: dict[str, Any] = {
    "blocks": [
        {
            "p": [
                {"t": "Report it "},
                {"t": "soon", "strong": True},
                {"t": "<i>", "href": "https://northmere.example/bins"},
            ]
        },
        {"heading": "What to do"},
        {
            "list": [[{"t": "Call us", "href": "tel:01632960000"}], [{"t": "no", "href": "javascript:alert(1)"}]],
            "ordered": True,
        },
    ],
    "more": [{"p": [{"t": "It costs nothing."}]}],
    "source": {
        "title": "Missed bins",
        "url": "https://northmere.example/bins",
        "checked": "2026-09-04",
        "overdue": True,
    },
    "buttons": [{"title": "That helped", "payload": "/secret_payload"}],
    "about": {"kind": "answer", "id": "missed-bin"},
}


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def part(page: str, name: str) -> str:
    return text_of(page.split(f'id="{name}"')[1].split("</section>")[0])


async def test_an_empty_queue_says_so(ana: Clerk) -> None:
    page = await ana.page("/console")
    assert "Nobody is waiting." in page
    assert "<title>Cases – Northmere staff</title>" in page


async def test_the_queue_shows_who_waits_for_how_long_and_why(
    services: Services, ana: Clerk, ambient: StillAmbient
) -> None:
    first = await open_case(services, "Hello", "My bin was missed on Thursday and nobody came back.")
    ambient.wait(5 * 60)
    await open_case(services, "I am not safe", reason="crisis")
    ambient.wait(60)
    page = await ana.page("/console")
    waiting = part(page, "waiting")
    assert waiting.index("C-1001") < waiting.index("C-1002")
    assert "C-1001 Asked for a person Waits 6 minutes" in waiting
    assert "My bin was missed on Thursday and nobody came back." in waiting
    assert "C-1002 May be in danger Waits 1 minute" in waiting
    assert "<title>(2 waiting) Cases – Northmere staff</title>" in page
    assert f'action="/console/cases/{first.id}/claim"' in page


async def test_the_queue_shows_by_when_an_answer_was_promised(
    services: Services, ana: Clerk, ambient: StillAmbient
) -> None:
    ambient.set(datetime(2026, 11, 21, 12, 0, tzinfo=UTC))  # a Saturday
    await open_case(services)
    assert "Promised by 23 November, 17:00" in await ana.page("/console")


async def test_own_cases_and_those_with_others_stand_apart(services: Services, ana: Clerk, ben: Clerk) -> None:
    cases = [await open_case(services, f"Question {n}") for n in range(3)]
    await ana.claim(cases[0])
    await ben.claim(cases[1])
    page = await ana.page("/console")
    assert "C-1001" in part(page, "own")
    assert "C-1002 Ben Okoye since 10:00" in part(page, "others")
    assert "C-1003" in part(page, "waiting")
    assert page.count("C-1001") == 1


async def test_the_case_whose_citizen_waits_longest_for_a_reply_comes_first(
    services: Services, ana: Clerk, ambient: StillAmbient
) -> None:
    cases = [await open_case(services, f"Question {n}") for n in range(3)]
    for case in cases:
        await ana.claim(case)
        await ana.reply(case, "Hello.")
    ambient.wait(60)
    await citizen_says(services, cases[2], "Are you there?")
    ambient.wait(120)
    await citizen_says(services, cases[1], "And here?")
    page = await ana.page("/console")
    own = part(page, "own")
    assert own.index("C-1003 Reply due for 2 minutes Are you there?") < own.index("C-1002 Reply due")
    assert own.index("C-1002") < own.index("C-1001")
    assert own.count("Reply due") == 2
    assert "<title>(2 to answer) Cases" in page


async def test_a_waiting_case_can_be_read_but_not_answered(ana: Clerk, case: Case) -> None:
    page = await ana.page(f"/console/cases/{case.id}")
    assert "My bin was missed." in page
    assert f'action="/console/cases/{case.id}/claim"' in page
    assert "<textarea" not in page
    assert "hand-back" not in page


async def test_a_case_with_somebody_else_can_only_be_read(ana: Clerk, ben: Clerk, case: Case) -> None:
    await ben.claim(case)
    page = await ana.page(f"/console/cases/{case.id}")
    assert "Only Ben Okoye can reply." in page
    assert "My bin was missed." in page
    assert "/console/cases/" + case.id + "/" not in page.replace(f"{case.id}/events", "")


async def test_the_brief_and_the_conversation_say_who_said_what_and_when(
    services: Services, ana: Clerk, ambient: StillAmbient
) -> None:
    case = await open_case(services, "My bin was missed.", shown=[("Report it soon.", ANSWER)])
    await ana.claim(case)
    ambient.wait(120)
    await ana.reply(case, "Which street?")
    await citizen_says(services, case, "Mill Lane")
    page = await ana.page(f"/console/cases/{case.id}")
    text = text_of(page)
    assert "Asked My bin was missed. What was tried Answers shown: Missed bins." in text
    assert "Citizen 10:00 My bin was missed." in text
    assert "Assistant 10:00 Report it soon" in text
    assert "You (Ana) 10:02 Which street?" in text
    assert text.index("Which street?") < text.index("Citizen 10:02 Mill Lane")
    assert "<title>(Reply due) C-1001" in page


async def test_a_colleague_is_shown_by_name(ana: Clerk, ben: Clerk, case: Case) -> None:
    await ben.claim(case)
    await ben.reply(case, "Hello from Ben.")
    text = text_of(await ana.page(f"/console/cases/{case.id}"))
    assert "Ben 10:00 Hello from Ben." in text
    assert "You (" not in text


async def test_an_answer_keeps_its_layout_source_and_choices(services: Services, ana: Clerk) -> None:
    case = await open_case(services, "Bins", shown=[("Report it soon.", ANSWER)])
    page = await ana.page(f"/console/cases/{case.id}")
    assert "<strong>soon</strong>" in page
    assert 'href="https://northmere.example/bins" target="_blank" rel="noopener noreferrer">&lt;i&gt;</a>' in page
    assert "<ol><li>" in page
    assert '<a href="tel:01632960000">Call us</a>' in page
    assert "javascript:" not in page
    assert "secret_payload" not in page
    text = text_of(page)
    assert "More that the citizen can open It costs nothing." in text
    assert "Source: Missed bins , last checked 4 September 2026 past its review date" in text
    assert "Choices shown: That helped" in text


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><form action=//evil>{{ 7*7 }}\nsecond line"


async def test_what_people_type_is_shown_as_text(services: Services, ana: Clerk) -> None:
    case = await open_case(services, EVIL)
    await ana.claim(case)
    await ana.reply(case, EVIL)
    for path in ("/console", f"/console/cases/{case.id}"):
        page = await ana.page(path)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "action=//evil" not in page.replace(html.escape("<form action=//evil>"), "")
        assert "{{ 7*7 }}" in page
    assert html.escape(EVIL).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page  # with its line break


async def test_no_page_has_a_script_or_style_inside_it(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    for path in ("/console", f"/console/cases/{case.id}", "/console/sign-in"):
        response = await ana.get(path)
        page = await response.text()
        assert not re.search(r"<script(?!(?: defer)? src=\"/static/[a-z-]+\.js\">)|<style|\sstyle=|\son[a-z]+=", page)
        assert "hx-on" not in page
        assert "script-src 'self';" in response.headers["Content-Security-Policy"]


async def test_every_static_file_that_a_page_names_is_there(ana: Clerk) -> None:
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', await ana.page("/console"))
    assert len(names) >= 5
    for name in names:
        assert (await ana.get(name)).status == 200


@pytest.mark.parametrize("later", [60, 0, -60])
async def test_a_closed_case_ends_where_it_ended_whatever_the_clock_says(
    services: Services, ana: Clerk, case: Case, ambient: StillAmbient, later: int
) -> None:
    await ana.claim(case)
    await ana.post(f"/console/cases/{case.id}/close")
    ambient.wait(later)
    await citizen_says(services, case, "This is for the assistant.")
    page = await ana.page(f"/console/cases/{case.id}")
    assert "Closed at 10:00" in text_of(page)
    assert "has closed this chat" in page
    assert "This is for the assistant." not in page
    assert "<textarea" not in page


@pytest.mark.parametrize("path", ["/console/cases/none", "/console/cases/none/events", "/console/cases/%00"])
async def test_a_case_that_does_not_exist(ana: Clerk, path: str) -> None:
    response = await ana.get(path)
    assert response.status == 404
    assert "There is no such case." in await response.text()


async def test_what_is_done_is_said_but_not_whatever_the_address_says(ana: Clerk) -> None:
    assert "C-1001 is closed." in await ana.page("/console?done=close&case=1001")
    for query in ("done=close&case=<b>", "done=<b>&case=1", "done=close&case=²", "done=close"):
        page = await ana.page(f"/console?{query}")
        assert 'class="done"' not in page
        assert "<b>" not in page


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-3, "less than a minute"),
        (0.9, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 h 0 min"),
        (125, "2 h 5 min"),
        (47 * 60, "47 h 0 min"),
        (48 * 60, "2 days"),
        (5 * 24 * 60 + 700, "5 days"),
    ],
)
def test_waiting_time_in_words(minutes: float, words: str) -> None:
    assert waited(MONDAY_MORNING, MONDAY_MORNING + timedelta(minutes=minutes)) == words
