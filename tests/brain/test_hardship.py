"""A danger that was heard in hardship alone is taken back; any other stays."""

from __future__ import annotations

from typing import Any

import pytest

from bot.brain.hardship import clauses, noted, weighed
from bot.brain.matters import matters

KIDS = [("the kids are cold", "the kids")]
CRISIS = {
    "intent": {"name": "crisis", "confidence": 0.4},
    "intent_ranking": [{"name": "crisis", "confidence": 0.4}, {"name": "answer", "confidence": 0.2}],
    "topics": [{"name": "crisis/child", "confidence": 0.3}, {"name": "answer/severe-weather", "confidence": 0.6}],
}
HARMLESS = {"intent": {"name": "answer", "confidence": 0.9}, "topics": []}
NEARLY = {**HARMLESS, "perhaps_danger": True}


def listening(says: dict[str, Any], heard: list[str]) -> Any:
    def understand(text: str) -> dict[str, Any]:
        heard.append(text)
        return says

    return understand


def test_what_was_heard_in_hardship_alone_is_taken_back() -> None:
    heard: list[str] = []
    found = weighed("the kids are cold", CRISIS, KIDS, listening(CRISIS, heard))
    assert found["intent"]["name"] == "answer"
    assert [topic["name"] for topic in found["topics"]] == ["answer/severe-weather"]
    assert found["perhaps_danger"] is False
    assert heard == []  # nothing is left to understand


def test_an_unlikely_meaning_is_asked_about() -> None:
    unlikely = {**CRISIS, "topics": [{"name": "answer/severe-weather", "confidence": 0.2}]}
    assert weighed("the kids are cold", unlikely, KIDS, listening(CRISIS, []))["intent"]["name"] == "nlu_fallback"


@pytest.mark.parametrize(("read", "intent"), [(CRISIS, "answer"), (NEARLY, "answer")])
def test_the_rest_is_understood_by_itself(read: dict[str, Any], intent: str) -> None:
    heard: list[str] = []
    found = weighed("the kids are cold and I owe council tax", read, KIDS, listening(HARMLESS, heard))
    assert (found["intent"]["name"], found["perhaps_danger"]) == (intent, False)
    assert heard[0] == " and I owe council tax"


@pytest.mark.parametrize("rest", [CRISIS, NEARLY])
@pytest.mark.parametrize("read", [CRISIS, NEARLY])
def test_danger_in_the_rest_stays(read: dict[str, Any], rest: dict[str, Any]) -> None:
    assert weighed("the kids are cold and he hits us", read, KIDS, listening(rest, [])) is read


def test_danger_of_the_person_stays() -> None:
    def understand(text: str) -> dict[str, Any]:
        return CRISIS if "the kids" in text else HARMLESS

    assert weighed("the kids are cold and they are on the roof", CRISIS, KIDS, understand) is CRISIS


@pytest.mark.parametrize(("read", "marked"), [(HARMLESS, KIDS), (CRISIS, [])])
def test_all_else_stays_as_it_is(read: dict[str, Any], marked: Any) -> None:
    assert weighed("the kids are cold", read, marked, listening(HARMLESS, [])) is read


def test_what_the_gateway_marked_is_read() -> None:
    assert clauses({"hardship": [["the kids are cold", "the kids"]]}) == KIDS
    assert clauses({"today": "2026-11-23"}) == []
    assert noted({}, KIDS) == {"hardship": True}
    assert noted({}, []) == {}


def topic(name: str, confidence: float) -> dict[str, Any]:
    return {"name": name, "confidence": confidence}


@pytest.mark.parametrize(("hardship", "found"), [(False, ["a", "b"]), (True, [])])
def test_what_is_told_beside_hardship_is_no_matter_of_its_own(hardship: bool, found: list[str]) -> None:
    said = {"I am behind with council tax": "answer/a", "I work part time": "answer/b"}

    def understand(text: str) -> dict[str, Any]:
        return {"intent": {"name": "answer", "confidence": 0.99}, "topics": [topic(said[text], 0.99)]}

    whole = noted({"topics": [topic("answer/a", 0.9)]}, KIDS if hardship else [])
    names = [one["topics"][0]["name"][-1] for one in matters(". ".join(said), whole, understand).matters]
    assert names == found
