"""What is said about a service that has no written answer."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import say_answer
from actions.topics import topics
from bot.knowledge import directory


def heard(*found: tuple[str, float]) -> Tracker:
    """A tracker whose last message was understood so."""
    message = {"topics": [{"name": name, "confidence": confidence} for name, confidence in found]}
    return Tracker("x", {}, message, [], False, None, {}, "action_listen")


def said(tracker: Tracker) -> dict[str, Any]:
    dispatcher = CollectingDispatcher()
    say_answer(dispatcher, tracker)
    [message] = dispatcher.messages
    return {**message["custom"], "text": message["text"]}


def test_a_service_is_named_with_its_team_its_number_and_the_hours() -> None:
    reply = said(heard(("service/1614", 0.7), ("answer/pothole", 0.1)))
    service = directory.load()[1614]
    assert (reply["kind"], reply["id"], reply["area"]) == ("service", "1614", service.area)
    assert "I have no written answer for that" in reply["text"]
    for part in (service.name, service.about, service.team, service.phone, "Monday to Friday, 9am to 5pm"):
        assert part in reply["text"]
    assert {"title": "Talk to a person", "payload": "@person"} in reply["buttons"]


def test_a_written_answer_that_is_likelier_comes_first() -> None:
    assert said(heard(("answer/missed-bin", 0.5), ("service/1614", 0.4)))["kind"] == "answer"


def test_an_unknown_service_is_left_out() -> None:
    assert [
        topic.name for topic in topics(heard(("service/999999", 0.9), ("service/x", 0.5), ("service/1614", 0.1)))
    ] == ["service/1614"]


def test_the_likeliest_of_its_answers_speaks_for_a_service() -> None:
    found = topics(heard(("service/524", 0.6), ("answer/bin-day", 0.2), ("answer/missed-bin", 0.1)))
    assert [(topic.name, topic.confidence) for topic in found] == [("answer/bin-day", 0.6), ("answer/missed-bin", 0.1)]


def test_what_the_understanding_puts_first_stays_first() -> None:
    found = topics(heard(("answer/bin-day", 0.8), ("answer/missed-bin", 0.1), ("service/524", 0.05)))
    assert [(topic.name, topic.confidence) for topic in found] == [("answer/bin-day", 0.8), ("answer/missed-bin", 0.1)]
