"""Short messages that name a thing and not what about it."""

from __future__ import annotations

from typing import Any

import pytest

from actions.answers import ActionAnswer, ActionClarify
from actions.non_answers import ActionNonAnswer
from actions.vague import meant_by_several, names
from tests.actions.test_soft_skills import Chat

#: Talk has taken nearly all of it.
SCHOOL = [("answer/change-school", 0.04), ("answer/school-absence", 0.02), ("answer/term-dates", 0.01)]


def ranked(topics: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": sure} for name, sure in [("nlu_fallback", 0.9), *topics]]


async def clarified(text: str, topics: list[tuple[str, float]], in_scope: float) -> list[str] | None:
    """The payloads that are offered; None when it is said that there is no answer."""
    [reply] = await Chat().say(ActionClarify(), text, topics=ranked(topics), in_scope=in_scope)
    offered = [button["payload"] for button in reply["buttons"][:-1]]
    assert (reply["kind"], reply["id"]) == (("clarify", "unclear") if offered else ("non_answer", "unknown"))
    return offered or None


async def test_the_best_topics_are_offered_however_small_their_shares() -> None:
    assert await clarified("the school", SCHOOL, 0.04) == [f"/{name}" for name, _ in SCHOOL]


@pytest.mark.parametrize(
    ("text", "in_scope"),
    [
        ("the thing", 0.02),  # no title has such a word, and the scope says no
        ("noise", 0.005),
        ("my son came home from school today and said that", 0.05),
        ("where is it", 0.2),
        ("what now", 0.2),
        ("i need some information please", 0.2),
    ],
)
async def test_a_message_that_names_nothing_is_told_so(text: str, in_scope: float) -> None:
    assert await clarified(text, SCHOOL, in_scope) is None


async def test_a_word_of_ours_needs_less_than_one_that_no_title_has() -> None:
    assert await clarified("my school", SCHOOL, 0.02)
    assert await clarified("my college", SCHOOL, 0.02) is None
    assert await clarified("my college", SCHOOL, 0.04)


async def test_topics_of_one_service_are_offered_once() -> None:
    bins = [("answer/bin-day", 0.03), ("service/524", 0.02), ("answer/missed-bin", 0.02), ("answer/new-bin", 0.01)]
    offered = await clarified("my bin", bins, 0.04)
    assert offered
    assert offered[0] == "/answer/bin-day"
    assert "/service/524" not in offered
    assert await clarified("bins", bins[:2], 0.04) is None  # one thing is no choice


async def test_likely_topics_are_offered_as_before() -> None:
    two = [("answer/bin-day", 0.2), ("answer/pothole", 0.1), ("answer/litter", 0.01)]
    assert await clarified("it is about the outside of where we are living", two, 0.1) == [f"/{n}" for n, _ in two[:2]]


@pytest.mark.parametrize("text", ["permit", "my permits", "Library?", "the council tax", "school place", "appeal"])
async def test_a_name_of_several_things_is_asked_about_though_one_is_likely(text: str) -> None:
    found = ["answer/resident-permit", "answer/join-library", "answer/pay-council-tax"]
    [reply] = await Chat().say(ActionAnswer(), text, *found)
    assert reply["id"] == "unclear"
    assert [button["payload"] for button in reply["buttons"]] == [*(f"/{name}" for name in found), "@person"]


@pytest.mark.parametrize(
    "text",
    [
        "parking permit",
        "missed bin",
        "noise",
        "pay council tax",
        "housing benefit",
        "planning permission",
        "how do I get a permit",
        "I lost the permit that I had on my car",
        "garden waste",
    ],
)
async def test_what_names_one_thing_is_answered(text: str) -> None:
    [reply] = await Chat().say(ActionAnswer(), text, "answer/resident-permit", "answer/pothole")
    assert reply["id"] == "resident-permit"


async def test_what_was_not_understood_is_not_asked_about_twice() -> None:
    chat, found = Chat(), ["answer/resident-permit", "answer/join-library"]
    first, again = [
        (await chat.say(ActionClarify(), "my permit", topics=ranked([(one, 0.2) for one in found])))[0] for _ in "12"
    ]
    assert (first["id"], again["id"]) == ("unclear", "unknown")
    assert "A person can help you" in again["text"]


async def test_after_what_others_do_the_choices_come_with_a_person() -> None:
    chat, found = Chat(), ["answer/resident-permit", "answer/join-library"]
    await chat.say(ActionNonAnswer(), "my passport has run out", "elsewhere/passports", intent={"name": "elsewhere"})
    [reply] = await chat.say(ActionClarify(), "my permit", topics=ranked([(one, 0.2) for one in found]))
    assert reply["id"] == "unclear"
    assert reply["text"].endswith("A person can help you with this.")


async def test_what_may_be_ours_as_well_is_asked_about() -> None:
    [reply] = await Chat().say(
        ActionNonAnswer(), "tax", "elsewhere/tax", "answer/pay-council-tax", "answer/council-tax-arrears",
        intent={"name": "elsewhere"},
    )  # fmt: skip
    assert [button["payload"] for button in reply["buttons"][:-1]] == [
        "/answer/pay-council-tax",
        "/answer/council-tax-arrears",
    ]
    [reply] = await Chat().say(ActionNonAnswer(), "income tax", "elsewhere/tax", intent={"name": "elsewhere"})
    assert reply["id"] == "elsewhere/tax"


def test_the_words_that_name_something() -> None:
    assert names("It\u2019s about my licences, please") == ["licence"]
    assert names("libraries") == ["library"]
    assert names("hi, I have a question") == []
    assert not meant_by_several("")
