"""Several matters in one message: how it is cut, and which parts count."""

from __future__ import annotations

import pytest

from bot.brain import matters

TOPICS = {
    "my bin was missed": ("answer/missed-bin", 0.9),
    "how do I appeal my council tax": ("policy/council-tax-appeal", 0.9),
    "who do I call about rats": ("answer/pest-control", 0.95),
    "the lid is broken": ("answer/missed-bin", 0.7),
    "it stinks": ("answer/smoke", 0.9),
    "I like trains": ("answer/bus-pass", 0.2),
    "somebody is hurting me": ("crisis/abuse", 0.9),
}


def understand(text: str) -> dict:
    name, sure = TOPICS.get(text, ("off_topic", 0.9))
    intent = name.partition("/")[0]
    return {"intent": {"name": intent, "confidence": sure}, "topics": [{"name": name, "confidence": sure}]}


def whole(intent: str = "answer") -> dict:
    topics = [{"name": "answer/missed-bin", "confidence": 0.5}, {"name": "answer/pest-control", "confidence": 0.3}]
    first = {"name": intent, "confidence": 0.5}
    return {"intent": first, "intent_ranking": [first], "topics": topics}


def found(text: str) -> list:
    return [matter["topics"][0]["name"] for matter in matters.matters(text, whole(), understand)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("my bin was missed and also I need a permit", ["my bin was missed", "I need a permit"]),
        (
            "Hello, my bin was missed. Who do I call about rats?",
            ["Hello", "my bin was missed", "Who do I call about rats"],
        ),
        ("1. bins 2. rats", ["bins", "rats"]),
        ("two things: bins, rats as well as moss", ["bins", "rats", "moss"]),
        ("when is my bin day", ["when is my bin day"]),
        ("", []),
        ("?!.", []),
    ],
)
def test_a_message_is_cut_where_a_new_part_may_begin(text: str, parts: list) -> None:
    assert matters.parts(text) == parts


def test_matters_that_stand_apart_are_found_in_their_order() -> None:
    text = "my bin was missed and also how do I appeal my council tax, and who do I call about rats"
    assert found(text) == ["answer/missed-bin", "policy/council-tax-appeal", "answer/pest-control"]


@pytest.mark.parametrize(
    "text",
    [
        "my bin was missed",
        "my bin was missed and the lid is broken",  # the same matter
        "my bin was missed and it stinks",  # tells more about it
        "my bin was missed and I like trains",  # nothing of ours
        "my bin was missed and somebody is hurting me",  # left whole, for the crisis layer
    ],
)
def test_one_matter_stays_whole(text: str) -> None:
    assert found(text) == []


def test_at_most_five_are_looked_for() -> None:
    assert len(matters.parts(", ".join(["one more thing here"] * 50))) == 10


def test_several_matters_become_an_intent_of_their_own() -> None:
    read = matters.noted("my bin was missed and who do I call about rats", whole(), understand)
    assert read["intent"]["name"] == read["intent_ranking"][0]["name"] == "sum_up"
    assert [matter["text"] for matter in read["matters"]] == ["my bin was missed", "who do I call about rats"]


def test_a_long_request_is_told_back_first_and_a_short_one_is_not() -> None:
    assert matters.noted("please " * 60 + "a permit", whole("policy"), understand)["intent"]["name"] == "sum_up"
    assert matters.noted("please a permit", whole("policy"), understand)["intent"]["name"] == "policy"
    assert matters.noted("please " * 60 + "bins", whole("answer"), understand)["intent"]["name"] == "answer"


@pytest.mark.parametrize("intent", ["crisis", "other_language", "gibberish", "upset", "not_allowed", "person"])
def test_some_messages_are_left_alone(intent: str) -> None:
    assert matters.noted("my bin was missed and who do I call about rats", whole(intent), understand) == whole(intent)
