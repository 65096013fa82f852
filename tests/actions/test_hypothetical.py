"""A 'what if': which fact is meant, in which language it is answered, and what becomes of rules that staff left out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import following, hypothetical
from actions.supposing import supposed
from bot.policy import depart
from bot.policy import record as records
from bot.policy.decide import Decision, decide
from bot.policy.depart import Grounds
from bot.policy.model import Library
from bot.policy.read import load_or_fail
from tests.policies import LIBRARY
from tests.policy.test_languages import root

POLICY = LIBRARY.policy("resident-permit")
FACTS: dict[str, Any] = {
    "in_zone": True, "car_free_home": False, "kept_here": True, "permits_held": 2, "vehicle_height": "2.4",
    "vehicle_length": "5", "proof_date": "2026-10-01",
}  # fmt: skip
GIVEN = Grounds("medical_need", "The van carries a hoist that cannot be lower, as the surgery confirms.", (), "")

__all__ = ["root"]


def decision(**changed: Any) -> Decision:
    found = decide(POLICY, FACTS | changed, date(2026, 11, 23))
    assert isinstance(found, Decision)
    return found


def made(library: Library = LIBRARY, language: str = "en", departs: bool = False) -> dict[str, Any]:
    """The record of a refusal, or of a departure from it."""
    outcome: Decision = decision()
    more: dict[str, Any] = {}
    if departs:
        entry = depart.entry(outcome, dict(made()), GIVEN, "parking_team_leader", {"id": "1", "name": "Ana"})
        outcome, more = depart.without(outcome, depart.waived(outcome)), {"departure": entry}
    return dict(
        records.build(
            library, library.policy(POLICY.id), outcome, decision_id="0123456789", request_id="r",
            at=datetime(2026, 11, 23, 11, tzinfo=UTC), words=library.policy(POLICY.id).words[language], **more,
        )
    )  # fmt: skip


def asked(record: dict[str, Any], text: str, intent: str = "what_if") -> list[dict[str, Any]]:
    message = {"text": text, "intent": {"name": intent}, "metadata": {"today": "2026-11-23", "record": record}}
    tracker, dispatcher = Tracker("x", {}, message, [], False, None, {}, ""), CollectingDispatcher()
    if intent == "what_if":
        hypothetical.say_what_if(dispatcher, tracker, record)
    else:
        following.explain(dispatcher, record, intent)
    return list(dispatcher.messages)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("what if I had 3 vans", {}), ("what if I had 3 vehicles", {}), ("what if I had 1 child", {}),
        ("what if we were 4 people", {}), ("what if I lived at number 1", {}), ("what if it was 2", {}),
        ("what if it was 2 metres", {}), ("what if my van was 2 m high", {"vehicle_height": "2"}),
        ("what if the vehicle was 4.8 metres long", {"vehicle_length": "4.8"}),
        ("what if I had no permits", {"permits_held": 0}), ("what if I had only 1 permit", {"permits_held": 1}),
        ("what if I held one resident permit", {"permits_held": 1}), ("what if the height was 2.1", {"vehicle_height":
        "2.1"}), ("what if I had a smaller van", {"vehicle_height": "2.25"}),
    ],
)  # fmt: skip
def test_a_number_counts_only_for_a_fact_that_it_fits(text: str, wanted: dict[str, Any]) -> None:
    found = supposed(text, POLICY, POLICY.words["en"], made())
    if text.endswith("smaller van"):
        assert found["vehicle_height"] is not None
    else:
        assert {name: str(value) for name, value in found.items()} == {n: str(v) for n, v in wanted.items()}


def test_if_no_fact_fits_it_is_asked_which_is_meant() -> None:
    [said] = asked(made(), "what if I had 3 vans")
    assert said["text"] == POLICY.words["en"].frame["follow_up"]["tell_me_more"]
    assert said["custom"]["buttons"]


def test_a_what_if_is_made_by_the_rules_that_the_decision_had() -> None:
    record = made()
    record["versions_known"] = {"2026.1": record["policy_sha256"]}  # 2027.1 was not adopted yet
    [said] = asked(record, "what if the vehicle was 2.3 m high")
    assert "The height of the vehicle: 2.3 m" in said["text"]
    assert "2027" not in said["text"]
    [gone] = asked({**record, "versions_known": {"2026.1": "0" * 64}}, "what if the vehicle was 2.3 m high")
    assert gone["text"] == POLICY.words["en"].frame["follow_up"]["rules_changed"]
    assert gone["custom"]["buttons"]


def test_what_was_left_out_by_staff_stays_left_out() -> None:
    record = made(departs=True)
    assert record["outcome"].startswith("grant")
    [said] = asked(record, "what if the vehicle was 2.3 m high")
    assert "We cannot give you" not in said["text"]
    assert "We left out what follows:" in said["text"]
    assert "2.3 m" in said["text"]
    [no] = asked(record, "what if the vehicle was 6 m long")
    assert "We cannot give you" in no["text"]
    assert "What would change this" not in no["text"]  # computed from all rules, so it would not be true here


@pytest.mark.parametrize("intent", ["why", "which_rule", "what_can_i_do", "not_fair", "what_if"])
def test_follow_ups_speak_the_language_of_the_notice(root: Path, intent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = load_or_fail(root)
    for module in (following, hypothetical):
        monkeypatch.setattr(module, "policies", lambda: library)
    record = made(library, "cy")
    for text in ("what if my van was 2 m high", "what if I had 3 vans"):
        [said] = asked(record, text, intent)
        plain = "\n".join(line for line in said["text"].splitlines() if line)
        assert plain.startswith("["), plain
        assert "[" in said["custom"]["buttons"][0]["title"] if said["custom"]["buttons"] else intent == "what_if"


def test_where_the_words_of_a_language_are_gone_english_is_said() -> None:
    record = {**made(), "language": "cy"}
    [said] = asked(record, "why?", "why")
    assert said["text"].startswith("We cannot give you")
