"""A fact that was possible when it was given and is not any more: it is dropped and asked again, and nothing breaks."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answering import Answering
from actions.application import Application, begin, current
from actions.asking import ActionAskAnswer
from bot.policy.decide import possible
from bot.store import Store
from bot.text import phrases
from tests.fakes import FakeBrain, StillAmbient
from tests.policies import LIBRARY
from tests.turn.test_effects import application, chain, chat, do, kept
from tests.turn.test_turn import Chat

PARTY = LIBRARY.policies["street-party"]
DAY = 24 * 3600.0
TODAY = date(2026, 11, 25)

__all__ = ["chat"]


def party() -> dict[str, Any]:
    """The facts of a party that was granted, on the day after the tests' day."""
    golden = next(one for one in PARTY.golden if one["expect"]["outcome"].startswith("grant"))
    return {**golden["facts"], "event_date": "2026-11-24"}


def heard(text: str, intent: str = "", question: str | None = None, **more: Any) -> Tracker:
    facts, outdated = possible(PARTY, party(), TODAY)
    told = {"policy": PARTY.id, "facts": facts, "outdated": outdated, "question": question, "last_fact": None,
            "misses": 0, "applied": "2026-11-23"}  # fmt: skip
    message = {"text": text, "intent": {"name": intent}, "metadata": {"today": "2026-11-25", "application": told},
               **more}  # fmt: skip
    return Tracker("x", {}, message, [], False, None, {"name": "application_form"}, "action_listen")


def take(tracker: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found, dispatcher = current(tracker), CollectingDispatcher()
    assert found
    return Answering(dispatcher, tracker, found).take(), dispatcher.messages


def outcome(events: list[dict[str, Any]]) -> Any:
    return {one["name"]: one["value"] for one in events}.get("outcome")


def test_the_way_out_works_even_on_facts_that_nothing_can_be_made_of() -> None:
    stale = Application(PARTY, date(2026, 11, 20), TODAY, party(), question="for_neighbours", last_fact="event_date")
    for text, intent, wanted in (
        ("cancel", "", "cancelled"), ("/cancel", "cancel", "cancelled"), ("/person", "person", "person"),
    ):  # fmt: skip
        tracker = heard(text, intent)
        assert outcome(Answering(CollectingDispatcher(), tracker, stale).take()) == wanted


def test_what_can_still_be_is_kept() -> None:
    kept_facts, outdated = possible(PARTY, {**party(), "no_such_fact": 1}, TODAY)
    assert sorted(outdated) == ["event_date", "no_such_fact"]
    assert kept_facts.keys() == party().keys() - {"event_date"}
    assert possible(PARTY, party(), date(2026, 11, 24)) == (party(), [])


def test_a_person_is_got_in_words() -> None:
    assert outcome(take(heard("I want to talk to somebody please", "person"))[0]) == "person"


def test_a_yes_to_the_read_back_of_yesterday_answers_nothing() -> None:
    for tracker in (heard("yes"), heard("/confirm_facts", "confirm_facts")):
        events, said = take(tracker)
        assert outcome(events) is None
        assert said == []


async def test_it_is_asked_again_and_said_why() -> None:
    dispatcher = CollectingDispatcher()
    await ActionAskAnswer().act(dispatcher, heard("yes"), cast(DomainDict, {}))
    [said] = dispatcher.messages
    label = PARTY.words["en"].text["facts"]["event_date"]["label"]
    assert said["text"].casefold().startswith(f"{label}: I can no longer use your earlier answer".casefold())
    assert "that day has passed" in said["text"]
    state = said["custom"]["effect"]["application"]
    assert (state["question"], "event_date" in state["facts"]) == ("event_date", False)


def test_a_decided_request_that_is_taken_up_again() -> None:
    record = {"reference": "N-1", "facts": [{"id": name, "value": value} for name, value in party().items()]}
    again = begin(PARTY, heard("no, I meant 3"), record)
    assert again.outdated == ("event_date",)
    assert again.next() == "event_date"


async def test_the_gateway_leaves_it_out_and_lets_the_request_go_on(
    chat: Chat, brain: FakeBrain, store: Store, ambient: StillAmbient
) -> None:
    state = {
        "policy": PARTY.id,
        "facts": {"event_date": "2026-11-24"},
        "question": None,
        "last_fact": None,
        "misses": 0,
    }
    await do(chat, brain, {"application": state})
    ambient.wait(2 * DAY)
    said = await do(chat, brain, {"application": {**state, "facts": {"road_kind": party()["road_kind"]}}})
    assert brain.told[-1]["application"]["facts"] == {}
    assert brain.told[-1]["application"]["outdated"] == ["event_date"]
    assert said == ["Go on."]
    found = await application(store, chat)
    assert found
    assert found.values == {"road_kind": party()["road_kind"]}


async def test_a_yes_of_the_next_day_does_not_decide(
    chat: Chat, brain: FakeBrain, store: Store, ambient: StillAmbient
) -> None:
    state = kept(policy=PARTY.id)["application"]
    await do(chat, brain, {"application": {**state, "facts": party()}})
    ambient.wait(2 * DAY)
    for text in ("yes", "what?"):
        said = await do(chat, brain, {"decide": True}, text=text)
        assert said == [phrases.NOT_DECIDED]
    assert brain.told[-1]["application"]["question"] is None
    assert await chain(store) == []
