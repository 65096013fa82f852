"""What is said to people whom the understanding has heard to be in danger."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.crisis import say_crisis


def said(topics: list[str], told: dict[str, Any] | None = None) -> dict[str, Any]:
    message = {"text": "…", "topics": [{"name": name, "confidence": 0.3} for name in topics], "metadata": told or {}}
    dispatcher = CollectingDispatcher()
    say_crisis(dispatcher, Tracker("c", {}, message, [], False, None, {}, "action_listen"))
    [reply] = dispatcher.messages
    return dict(reply)


@pytest.mark.parametrize(
    ("topics", "told", "number", "passed_on"),
    [
        (["crisis/life", "answer/mental-health"], {}, "116 123", True),
        (["answer/domestic-abuse", "crisis/abuse"], {}, "999", True),
        (["crisis/child"], {}, "01632 960200", True),
        (["crisis/gas"], {}, "0800 111 999", False),
        (["crisis/medical"], {}, "999", False),
        (["answer/missed-bin"], {"danger": "self_harm"}, "116 123", True),
        (["answer/missed-bin"], {}, "999", False),
    ],
)
def test_the_number_comes_with_a_person_where_one_is_needed(
    topics: list[str], told: dict[str, Any], number: str, passed_on: bool
) -> None:
    reply = said(topics, told)
    assert number in reply["text"]
    assert reply["custom"]["id"] == "crisis"
    assert ("effect" in reply["custom"]) == passed_on
    assert ("buttons" in reply["custom"]) != passed_on


def test_the_area_of_the_matter_is_known() -> None:
    assert said(["crisis/abuse", "answer/domestic-abuse"])["custom"]["area"] == "community-safety"
