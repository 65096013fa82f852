"""The kinds of honest non-answer, each with its own words and next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.non_answers import ActionNonAnswer
from bot import yaml12
from bot.knowledge import non_answers
from bot.settings import ROOT
from bot.turn import replies

Reply = dict[str, Any]


async def said(
    intent: str, topic: str = "", language: str = "en", *, before: Sequence[Reply] = (), across: Sequence[str] = ()
) -> dict[str, Any]:
    message = {
        "intent": {"name": intent},
        "topics": [{"name": topic, "confidence": 0.9}],
        "language": language,
        "across": [{"name": name, "confidence": 0.7} for name in across],
    }
    said: list[Reply] = [{"event": "bot", "data": {"custom": one}} for one in before]
    events: list[Reply] = [{"event": "user"}, *said, {"event": "user"}]
    dispatcher = CollectingDispatcher()
    await ActionNonAnswer().act(
        dispatcher, Tracker("x", {}, message, events, False, None, {}, ""), cast("DomainDict", {})
    )
    [reply] = dispatcher.messages
    assert replies.read([reply])  # the gateway can read it
    return {**reply["custom"], "text": reply["text"]}


@pytest.mark.parametrize("topic", sorted(non_answers.load()))
async def test_each_topic_has_its_own_words_and_next_step(topic: str) -> None:
    reply = await said(topic.partition("/")[0], topic)
    assert (reply["kind"], reply["id"]) == ("non_answer", topic)
    assert len(reply["blocks"]) == 2
    assert reply["buttons"] == [{"title": "Talk to a person", "payload": "@person"}]


def test_no_two_topics_say_the_same() -> None:
    said_first = [str(blocks[0]) for blocks in non_answers.load().values()]
    assert len(set(said_first)) == len(said_first)


@pytest.mark.parametrize("code", sorted(non_answers.languages()))
async def test_another_language_is_said_in_that_language_first(code: str) -> None:
    reply = await said("other_language", language=code)
    assert reply["blocks"][0]["lang"] == code
    assert "01632 960000" in reply["blocks"][0]["p"][0]["t"]
    assert "999" in reply["blocks"][0]["p"][0]["t"]  # danger is only heard in English
    assert "only answer in English" in reply["text"]


@pytest.mark.parametrize("code", sorted(non_answers.offers()))
async def test_answers_found_across_languages_are_offered_with_a_person(code: str) -> None:
    reply = await said("other_language", language=code, across=["answer/missed-bin", "answer/gone", "answer/new-bin"])
    assert (reply["kind"], reply["id"]) == ("non_answer", "other_language")
    assert reply["blocks"][0]["lang"] == reply["blocks"][-1]["lang"] == code
    assert reply["blocks"][-1]["p"][0]["t"] == non_answers.offers()[code]
    assert reply["buttons"] == [
        {"title": "Missed bin", "payload": "/answer/missed-bin"},
        {"title": "New or replacement bin", "payload": "/answer/new-bin"},
        {"title": "Talk to a person", "payload": "@person"},
    ]


@pytest.mark.parametrize(
    ("intent", "language", "across"),
    [
        ("other_language", "fr", []),
        ("other_language", "fr", ["answer/gone"]),
        ("other_language", "cy", ["answer/missed-bin"]),
        ("gibberish", "fr", ["answer/missed-bin"]),
    ],
)
async def test_nothing_found_and_a_language_without_the_words_keep_to_a_person(
    intent: str, language: str, across: list[str]
) -> None:
    reply = await said(intent, language=language, across=across)
    assert reply["buttons"] == [{"title": "Talk to a person", "payload": "@person"}]
    assert all(words not in reply["text"] for words in non_answers.offers().values())


def test_the_languages_with_words_are_those_that_answers_are_found_in() -> None:
    pipeline = yaml12.load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    [across] = [each for each in pipeline if each["name"] == "bot.brain.across.AnswersAcrossLanguages"]
    assert sorted(across["languages"]) == sorted(non_answers.offers())


async def test_noise_is_named_as_such() -> None:
    assert "could not read that" in (await said("gibberish"))["text"]


UNCLEAR = {"kind": "clarify", "id": "unclear"}
PASSPORTS = {"kind": "non_answer", "id": "elsewhere/passports"}
ANSWER = {"kind": "answer", "id": "bin-day"}


@pytest.mark.parametrize("before", [UNCLEAR, {"kind": "non_answer", "id": "unknown"}, PASSPORTS])
async def test_the_second_miss_offers_a_person_in_words(before: Reply) -> None:
    """Whichever action said the first: 'my licence' is unclear to the action that answers."""
    assert "A person can help you" in (await said("off_topic", "off_topic", before=[before]))["text"]


@pytest.mark.parametrize(
    "before",
    [
        [],
        [ANSWER],
        [{"kind": "non_answer", "id": "many"}, ANSWER],
        [{"kind": "non_answer", "id": "many"}],  # told back, and waits for a yes
        [{"kind": "non_answer", "id": "crisis"}],
        [{"kind": "non_answer", "id": "action_failed"}],
    ],
)
async def test_after_what_is_no_miss_nothing_is_added(before: list[Reply]) -> None:
    assert "A person can help you" not in (await said("off_topic", "off_topic", before=before))["text"]
