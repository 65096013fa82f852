"""Corrections of earlier answers, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import CONVERTED, SMALL_TALK, Answering, ends
from actions.application import Application
from actions.correcting import Correction, correction
from bot import yaml12
from bot.policy.decide import TooMany, decide, possible
from bot.policy.readback import CONFIRM
from bot.settings import ROOT
from tests.policies import LIBRARY

TODAY = date(2026, 11, 23)
FACTS: dict[str, Any] = {"in_zone": True, "car_free_home": False, "kept_here": True, "permits_held": 1}


def opened(question: str | None = "vehicle_height", policy: str = "resident-permit", **more: Any) -> Application:
    facts = FACTS if policy == "resident-permit" else {}
    return Application(
        LIBRARY.policy(policy), TODAY, TODAY, facts, question=question, last_fact="permits_held" if facts else None
    )


def take(text: str, application: Application, intent: str = "", topic: str = "") -> tuple[Any, list[dict[str, Any]]]:
    """What becomes of a message: the state that is to be kept, and what is said."""
    topics = [{"name": topic, "confidence": 0.9}] if topic else []
    message = {"text": text, "intent": {"name": intent}, "topics": topics, "metadata": {}}
    tracker = Tracker("x", {}, message, [], False, None, {"name": "application_form"}, "action_listen")
    dispatcher = CollectingDispatcher()
    Answering(dispatcher, tracker, application).take()
    effects = [said["custom"].get("effect", {}).get("application") for said in dispatcher.messages if "custom" in said]
    return next((one for one in effects if one), None), dispatcher.messages


@given(
    st.sampled_from(
        ["it should be {}", "No, it should be {}", "this should be {}", "make it {}", "sorry, make that {}"]
    ),
    st.integers(0, 10),
)
def test_what_should_be_answers_the_open_question_and_changes_nothing_else(words: str, number: int) -> None:
    state, _said = take(words.format(number), opened())
    assert state is None or {name: state["facts"][name] for name in FACTS} == FACTS


def test_it_is_said_how_it_was_taken() -> None:
    state, said = take("it should be 2", opened())
    assert state["facts"] == {**FACTS, "vehicle_height": "2"}
    assert said[0]["text"] == "I took that as: The height of the vehicle: 2 m"


def test_by_its_name_an_earlier_answer_is_changed() -> None:
    assert correction("it should be 2 permits", opened()) == Correction("permits_held", 2)
    assert correction("the number of permits should be 2", opened()) == Correction("permits_held", 2)
    assert correction("no, I meant 2", opened()) == Correction("permits_held", 2)


def test_what_fits_nothing_is_asked_about() -> None:
    assert correction("it should be a van", opened()) == Correction("", None)
    _state, said = take("it should be 2", opened(question="proof_date"))
    assert said[0]["text"] == "Which of these is not right?"


def test_at_the_read_back_it_changes_the_only_fact_that_it_fits() -> None:
    assert correction("it should be 2", opened(CONFIRM)) == Correction("permits_held", 2)
    two = Application(
        LIBRARY.policy("resident-permit"), TODAY, TODAY, {**FACTS, "vehicle_height": "2.1"}, CONFIRM, "permits_held"
    )
    assert correction("it should be 2", two) == Correction("", None)


ALL: dict[str, Any] = {**FACTS, "vehicle_height": "2.1", "vehicle_length": "4.4", "proof_date": "2026-10-01"}


def read_back(**facts: Any) -> Application:
    """All facts are read back."""
    return Application(LIBRARY.policy("resident-permit"), TODAY, TODAY, ALL | facts, CONFIRM, "proof_date")


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("12 November", "proof_date", "2026-11-12"),
        ("12/11/2026", "proof_date", "2026-11-12"),
        ("yesterday", "proof_date", "2026-11-22"),
        ("6.5 m", "vehicle_length", "6.5"),  # too much for a height
        ("0", "permits_held", 0),
    ],
)
def test_a_lone_value_at_the_read_back_changes_the_only_fact_that_it_fits(text: str, fact: str, value: Any) -> None:
    state, said = take(text, read_back())
    assert state["facts"] == {**ALL, fact: value}
    assert said[0]["text"].startswith("Changed: ")


def test_a_lone_value_that_fits_several_facts_is_asked_about() -> None:
    state, said = take("2", read_back())
    assert state is None
    assert said[0]["text"] == "Which of these do you mean?"
    assert [(one["title"], one["payload"]) for one in said[0]["custom"]["buttons"]] == [
        ("The number of permits your household has: 2 permits", '/give{"fact": "permits_held", "value": 2}'),
        ("The height of the vehicle: 2 m", '/give{"fact": "vehicle_height", "value": "2"}'),
        ("The length of the vehicle: 2 m", '/give{"fact": "vehicle_length", "value": "2"}'),
        ("Cancel", "/cancel"),
    ]


def test_a_value_that_one_of_several_has_already_is_offered_for_each() -> None:
    state, said = take("2", read_back(vehicle_height="2", permits_held=2))
    assert state is None
    assert [one["payload"] for one in said[0]["custom"]["buttons"]] == [
        '/give{"fact": "permits_held", "value": 2}', '/give{"fact": "vehicle_height", "value": "2"}',
        '/give{"fact": "vehicle_length", "value": "2"}', "/cancel",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["31 February", "on 31/02/2026", "February 30th", "2026-02-30", "12 May 2031"])
def test_a_date_that_cannot_be_is_told_so_at_the_read_back(text: str) -> None:
    state, said = take(text, read_back())
    assert said[0]["text"].startswith("That answer is outside what I can take here. Give the day, month and year")
    assert state["facts"] == ALL


@pytest.mark.parametrize("text", ["31 February", "it was 30/2", "29 February 2025"])
def test_a_date_that_cannot_be_is_told_so_at_its_question(text: str) -> None:
    state, said = take(text, opened("proof_date"))
    assert "That answer is outside what I can take here." in said[0]["text"]
    assert state["facts"] == FACTS


def test_a_day_of_some_years_is_a_day() -> None:
    state, _said = take("29 February", opened("proof_date"))
    assert state["facts"]["proof_date"] == "2024-02-29"


@pytest.mark.parametrize("text", ["no", "none", "yes", "ok", "green", "£30", "12 May 2031", "the blue one"])
def test_what_fits_no_fact_changes_none(text: str) -> None:
    assert correction(text, read_back()) is None


def test_a_lone_value_answers_the_open_question_and_corrects_nothing() -> None:
    assert correction("2", opened()) is None


def test_an_amount_changes_the_only_amount() -> None:
    facts = {"income": "650"}
    asked = Application(LIBRARY.policy("council-tax-hardship"), TODAY, TODAY, facts, CONFIRM, "income")
    assert correction("£700", asked) == Correction("income", 700)


@pytest.mark.parametrize(("text", "titles"), [("9:30 pm", ["21:00", "22:00"]), ("half 9", None)])
def test_an_hour_that_is_not_whole_is_asked_about(text: str, titles: list[str] | None) -> None:
    state, said = take(text, opened("end_hour", "street-party"))
    assert state is None or state["facts"] == {}
    assert [one["title"] for one in said[0]["custom"]["buttons"]] == (titles or [])
    if titles:
        assert said[0]["text"] == "I need to be sure of that answer. Do you mean 21:00 or 22:00?"
        assert said[0]["custom"]["buttons"][1]["payload"] == '/give{"fact": "end_hour", "value": 22}'


def test_a_converted_amount_is_said_at_once() -> None:
    state, said = take("£300 per fortnight", opened("income", "council-tax-hardship"))
    assert state["facts"] == {"income": "650"}
    assert said[0]["text"] == CONVERTED.format(line="The income of your home in a month: £650")


@pytest.mark.parametrize("text", ["ok", "go ahead", "fine", "yes please", "that's right"])
def test_agreeing_ends_the_form(text: str) -> None:
    message = {"text": text, "intent": {"name": "nlu_fallback"}, "metadata": {}}
    tracker = Tracker("x", {}, message, [], False, None, {"name": "application_form"}, "action_listen")
    events = Answering(CollectingDispatcher(), tracker, opened(CONFIRM)).take()
    assert {one["name"]: one["value"] for one in events}["outcome"] == "decided"


def test_to_an_open_question_ok_is_no_answer() -> None:
    state, _said = take("ok", opened("in_zone"))
    assert state["facts"] == FACTS
    assert state["misses"] == 1


STREET: dict[str, Any] = {"road_kind": "quiet", "homes": 138}


def street(**facts: Any) -> Application:
    return Application(LIBRARY.policy("street-party"), TODAY, TODAY, STREET | facts, "homes_agree", "homes")


def test_more_homes_than_there_are_is_refused_at_the_question_with_both_numbers() -> None:
    state, said = take("179", street())
    assert state is None
    assert "The number of homes that agree cannot be more than the number of homes in the part" in said[0]["text"]
    assert "179 homes" in said[0]["text"]
    assert "138 homes" in said[0]["text"]
    assert [one["payload"] for one in said[0]["custom"]["buttons"][:2]] == [
        '/correct_fact{"fact": "homes_agree"}', '/correct_fact{"fact": "homes"}',
    ]  # fmt: skip
    state, _said = take("138", street())
    assert state["facts"]["homes_agree"] == 138


def test_nor_does_a_later_correction_of_the_first_number_get_below_the_second() -> None:
    open_now = replace(street(homes_agree=120), question="homes")
    state, said = take("sorry, it should be 100", open_now)
    assert state is None
    assert "100 homes" in said[0]["text"]
    assert "120 homes" in said[0]["text"]
    state, _said = take("120", open_now)
    assert state["facts"]["homes"] == 120


def test_what_cannot_go_together_is_not_decided_and_not_taken_up_again() -> None:
    policy = LIBRARY.policy("street-party")
    with pytest.raises(TooMany):
        decide(policy, STREET | {"homes_agree": 139}, TODAY)
    assert possible(policy, STREET | {"homes_agree": 139}, TODAY) == (STREET, ["homes_agree"])
    assert possible(policy, STREET | {"homes_agree": 138}, TODAY)[1] == []


def test_after_a_correction_no_fact_stays_that_nothing_reads_any_more() -> None:
    facts = {"about": "discount", "wrote_first": True, "replied": True, "reply_date": "2026-10-01"}
    appeal = Application(LIBRARY.policy("council-tax-appeal"), TODAY, TODAY, facts, CONFIRM, "reply_date")
    changed = appeal.with_fact("replied", False)
    assert changed.facts == {"about": "discount", "wrote_first": True, "replied": False}
    assert changed.next() == "letter_date"
    assert appeal.with_fact("reply_date", date(2026, 10, 2)).facts == {**facts, "reply_date": "2026-10-02"}
    not_ours = replace(appeal, facts={"about": "discount", "replied": False}).with_fact("wrote_first", False)
    assert not_ours.facts == {"about": "discount", "replied": False, "wrote_first": False}


@pytest.mark.parametrize("text", ["it should be 2", "I meant 2"])
def test_a_number_where_only_yes_and_no_are_known_is_said_not_to_be_understood(text: str) -> None:
    asked = replace(opened("kept_here"), facts={"in_zone": True, "car_free_home": False}, last_fact="car_free_home")
    state, said = take(text, asked)
    assert said[0]["text"].startswith("I did not understand that as an answer.")
    assert state["facts"] == asked.facts


@pytest.mark.parametrize(
    ("text", "intent", "topic", "says"),
    [
        ("how do I renew my passport?", "elsewhere", "elsewhere/passports", "HM Passport Office"),
        ("can I sue my neighbour?", "not_allowed", "not_allowed/legal", "legal advice"),
        ("no entiendo la pregunta", "other_language", "", "only answer in English"),
        ("can I argue a ticket from Wigan council?", "policy", "policy/parking-fine", "That place has another council"),
        ("I live in Leeds Road, when are bins emptied?", "answer", "answer/bin-day", "Enter your postcode"),
        ("my nan lives in Leeds and has 2 permits", "answer", "answer/bin-day", "That place has another council"),
        ("who clears the beach for Brighton and Hove council", "service", "", "That place has another council"),
        ("thanks", "thanks", "", "You are welcome"),
        ("bye", "goodbye", "", "You can come back"),
    ],
)
def test_what_is_no_answer_is_replied_to_beside_the_open_question(
    text: str, intent: str, topic: str, says: str
) -> None:
    state, said = take(text, opened(), intent, topic)
    assert state is None
    assert says in said[0]["text"]


def test_every_response_that_is_said_beside_a_question_is_in_the_domain() -> None:
    domain = yaml12.load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert SMALL_TALK
    assert set(SMALL_TALK.values()) <= domain["responses"].keys()


@pytest.mark.parametrize(
    "text", ["this is ridiculous, how many more questions", "when will it end?", "can I leave this page and come back?"]
)
def test_a_question_that_sounds_like_stopping_forgets_nothing(text: str) -> None:
    _state, said = take(text, opened(), "cancel")
    assert said[0]["text"].startswith("A person can take this on.")
    assert [button["title"] for button in said[0]["custom"]["buttons"]] == ["Talk to a person", "Cancel"]


@pytest.mark.parametrize("text", ["let's stop here", "scrap it", "drop it then", "I don't want to do this any more"])
def test_words_of_stopping_stop(text: str) -> None:
    message = {"text": text, "intent": {"name": "cancel"}, "metadata": {}}
    tracker = Tracker("x", {}, message, [], False, None, {"name": "application_form"}, "action_listen")
    assert Answering(CollectingDispatcher(), tracker, opened()).take() == ends("cancelled")


PERMIT = ("I want a resident parking permit", "policy", "policy/resident-permit")


def test_a_wish_for_another_request_names_no_choice() -> None:
    state, said = take(PERMIT[0], opened("ground", "parking-fine"), *PERMIT[1:])
    assert state is None
    assert said[0]["text"].startswith("You asked about something else: a resident parking permit.")


@pytest.mark.parametrize(
    ("text", "question", "policy", "topic", "value"),
    [
        ("I want to get rid of a sofa", "kind", "bulky-waste", "policy/bulky-waste", "furniture"),
        ("I had a valid permit", "ground", "parking-fine", "policy/resident-permit", "had_permit"),
    ],
)
def test_a_wish_that_names_what_was_asked_for_is_an_answer(
    text: str, question: str, policy: str, topic: str, value: str
) -> None:
    state, _said = take(text, opened(question, policy), "policy", topic)
    assert state["facts"][question] == value


def test_a_yes_to_another_question_is_asked_again_with_the_choices_named() -> None:
    state, said = take("yes its kept at home", opened("in_zone"), "nlu_fallback")
    assert state["facts"] == FACTS  # only the miss is kept
    assert said[0]["text"].endswith("Please answer yes or no.")


@pytest.mark.parametrize(
    ("text", "intent", "topic", "kind"),
    [
        ("I live in Wigan council area", "elsewhere", "elsewhere/other-council", "elsewhere/other-council"),
        ("my council is Bolton", "nlu_fallback", "", "elsewhere/other-council"),
        ("whats the weather", "off_topic", "off_topic", "off_topic"),
        ("tell me a joke", "off_topic", "off_topic", "off_topic"),
    ],
)
def test_at_the_read_back_what_is_not_ours_gets_its_own_kind(text: str, intent: str, topic: str, kind: str) -> None:
    state, said = take(text, opened(CONFIRM), intent, topic)
    assert state is None
    assert [one["custom"]["id"] for one in said] == [kind]
