"""What a brief says that the citizen asked: what began and names the matter, and what was said last; no answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.desk.asked import asked
from bot.store.applications import Application
from bot.store.messages import Message, Sender

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = {"kind": "policy", "id": "resident-permit"}
OTHER = {"kind": "answer", "id": "missed-bin"}
HANDOFF = {"kind": "handoff", "id": "person"}


def talk(*lines: str | tuple[str, dict[str, str]]) -> list[Message]:
    """A conversation, a minute a line: texts of the citizen, and our replies with what they are about."""
    said = []
    for seq, line in enumerate(lines, start=1):
        text, about = (line, None) if isinstance(line, str) else line
        sender, body = (Sender.BOT, {"about": about}) if about else (Sender.CITIZEN, {})
        said.append(Message(f"m{seq}", "c", seq, sender, None, text, body, at(seq)))
    return said


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def request(state: str, opened: float, closed: float | None = None, **facts: int) -> Application:
    """A request that was opened and closed at these minutes, its facts with the messages that gave them."""
    given: dict[str, dict[str, Any]] = {name: {"value": 1, "seq": seq, "at": ""} for name, seq in facts.items()}
    ended = at(closed) if closed else None
    return Application("r1", "c", "resident-permit", None, state, given, None, None, 0, at(opened), ended)


def about(one: Application) -> dict[str, Any]:
    return {"application": {"id": one.id, "policy": one.policy, "facts": one.facts, "question": None}}


FORM = (
    "when is my bin collected",
    ("On Mondays.", OTHER),
    "I need a permit for my van",
    ("Is your home in a zone?", POLICY),
    "yes",
    ("How high is it?", POLICY),
    "it is quite high I guess",
    ("I did not understand. How high is it?", POLICY),
    "2.5 m",
    ("How long is it?", POLICY),
)


def test_the_message_that_began_the_request_and_the_last_words_are_there_and_no_answers() -> None:
    half = request("open", 3.5, in_zone=5, vehicle_height=9)
    said = talk(*FORM, "this takes far too long for me", ("I pass you on.", HANDOFF))
    assert asked(said, [half], about(half)) == ["I need a permit for my van", "this takes far too long for me"]


def test_what_only_says_yes_a_number_or_a_persons_name_for_us_is_left_out() -> None:
    half = request("open", 3.5, in_zone=5, vehicle_height=9)
    for last in ("yes", "2", "OK", "Talk to a person", "I don't know", "cancel", "4.8 m", "Check my case", "no"):
        said = talk(*FORM, last, ("I pass you on.", HANDOFF))
        assert asked(said, [half], about(half)) == ["I need a permit for my van"], last


def test_the_answers_to_a_cancelled_request_were_not_asked() -> None:
    gone = request("cancelled", 3.5, 11.5, in_zone=5, vehicle_height=9)
    said = talk(*FORM, "cancel", ("Cancelled.", POLICY), "my neighbour plays the drums", ("I do not know.", OTHER))
    assert asked(said, [gone], {}) == [
        "when is my bin collected",
        "I need a permit for my van",
        "my neighbour plays the drums",
    ]


def test_what_began_the_request_counts_though_it_gave_a_fact_and_a_button_came_after_it() -> None:
    half = request("open", 3.5, vehicle_height=1)
    said = talk("a permit for a van 2.5 m high", ("Permits cost this.", OTHER), "Check my case", ("A zone?", POLICY))
    assert asked(said, [half], about(half)) == ["a permit for a van 2.5 m high"]


def test_a_question_between_is_asked_and_one_that_names_the_decision_goes_before_others() -> None:
    made = request("decided", 3.5, 10.5, in_zone=5, vehicle_height=9)
    record = {"record": {"reference": "N-5F0C-27AA", "request": made.id, "policy": made.policy, "facts": []}}
    said = talk(
        *FORM,
        "why was N-5F0C-27AA refused when others park here",
        ("The rules that decided this.", POLICY),
        "when does the library open",
        ("At nine.", OTHER),
        "and the swimming pool",
        ("At seven.", OTHER),
        "I want somebody to look at this",
        ("I pass you on.", HANDOFF),
    )
    assert asked(said, [made], record) == [
        "I need a permit for my van",
        "why was N-5F0C-27AA refused when others park here",
        "I want somebody to look at this",
    ]


def test_where_clocks_do_not_tell_it_is_the_message_before_the_first_that_gave_a_fact() -> None:
    half = request("open", -1, in_zone=5, vehicle_height=9)
    said = talk(*FORM)
    assert asked(said, [half], about(half))[0] == "I need a permit for my van"


def test_without_a_matter_it_is_the_last_three_that_say_something() -> None:
    said = talk(
        "bins", ("?", OTHER), "my rent is late", ("?", OTHER), "yes", ("?", OTHER), "who can help", "7", "roads"
    )
    assert asked(said, [], {}) == ["my rent is late", "who can help", "roads"]
