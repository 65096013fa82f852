"""The tracker store by itself. The turns' side of it is in test_turns."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from bot.brain import turn as turns
from bot.brain.tracker_store import TurnTrackerStore
from bot.brain.turn import Turn, result_of

DOMAIN = Domain.from_yaml("version: '3.1'\nslots:\n  ward:\n    type: text\n    mappings: [{type: custom}]")


def conversation(sender: str, *message_ids: str) -> DialogueStateTracker:
    tracker = DialogueStateTracker(sender, DOMAIN.slots)
    for message_id in message_ids:
        tracker.update(
            UserUttered(f"text of {message_id}", {"name": "greet", "confidence": 0.9}, message_id=message_id)
        )
        tracker.update(ActionExecuted("utter_greet"))
        tracker.update(BotUttered(f"answer to {message_id}", {"buttons": [{"title": "A", "payload": "/a"}]}))
        tracker.update(ActionExecuted("action_listen"))
    return tracker


@pytest.fixture
def store(any_tracker_url: str) -> TurnTrackerStore:
    return TurnTrackerStore(DOMAIN, any_tracker_url)


async def test_what_is_saved_comes_back(store: TurnTrackerStore, any_tracker_url: str) -> None:
    tracker = conversation("c1", "m1", "m2")
    tracker.update(SlotSet("ward", "Harbour"))
    await store.save(tracker)
    found = await TurnTrackerStore(DOMAIN, any_tracker_url).retrieve("c1")
    assert [event.as_dict() for event in found.events] == [event.as_dict() for event in tracker.events]
    assert result_of(found, "m1") == {
        "replies": [{"text": "answer to m1", "buttons": [{"title": "A", "payload": "/a"}]}],
        "intent": {"name": "greet", "confidence": 0.9},
        "perhaps_danger": False,
        "slots": {"ward": "Harbour"},
    }


async def test_a_message_is_found_in_its_conversation_only(store: TurnTrackerStore) -> None:
    await store.save(conversation("c1", "m1"))
    assert await store.has_message("c1", "m1")
    assert not await store.has_message("c1", "m2")
    assert not await store.has_message("c2", "m1")


async def test_a_failed_turn_is_not_saved(store: TurnTrackerStore) -> None:
    turn = Turn("m1")
    turns.begin(turn)
    turn.fail(turns.ACTION_FAILED)
    turn.fail(turns.NO_REPLY)
    await store.save(conversation("c1", "m1"))
    assert turn.failure == turns.ACTION_FAILED
    assert await store.retrieve("c1") is None


async def test_a_turn_whose_message_is_not_in_the_tracker_is_not_saved(store: TurnTrackerStore) -> None:
    turn = Turn("m9")
    turns.begin(turn)
    await store.save(conversation("c1", "m1"))
    assert turn.failure == turns.ERROR
    assert await store.retrieve("c1") is None


async def test_an_error_is_counted_noted_and_does_not_carry_the_conversation(store: TurnTrackerStore) -> None:
    turn = Turn("m1")
    turns.begin(turn)
    with store.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE tracker_events"))
    with pytest.raises(sa.exc.DBAPIError) as error:
        await store.save(conversation("c1", "m1"))
    assert "text of m1" not in str(error.value)
    assert turn.failure == turns.TRACKER_STORE
    assert store.errors == 1
    assert store.last_error_at is not None
    assert not await store.works()


async def test_a_database_that_answers_works(store: TurnTrackerStore) -> None:
    assert await store.works()
    assert store.errors == 0


@pytest.mark.parametrize("url", [None, ""])
def test_an_address_is_needed(url: str) -> None:
    with pytest.raises(RasaException, match="SAYWHY_TRACKER_URL"):
        TurnTrackerStore(DOMAIN, url)


def test_a_database_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(RasaException, match="cannot be used"):
        TurnTrackerStore(DOMAIN, f"sqlite:///{tmp_path / 'no' / 'folder' / 'tracker.db'}")


def test_sqlite_keeps_a_log_that_survives_a_crash(tracker_url: str) -> None:
    with TurnTrackerStore(DOMAIN, tracker_url).engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"


def test_a_shared_database_keeps_its_own_events_table(store: TurnTrackerStore) -> None:
    assert sa.inspect(store.engine).get_table_names() == ["tracker_events"]


TOLD = {"application": {"facts": {"vehicle_height": "2.417"}}, "record": {"receipt": "7KHT-M2XD"}}


def everything(store: TurnTrackerStore) -> str:
    with store.engine.connect() as connection:
        return str(connection.execute(sa.text("SELECT * FROM tracker_events")).fetchall())


def told(message_id: str, effect: object, words: str = "Go on.") -> list:
    """A turn with metadata, and an effect in its reply."""
    custom = {"kind": "policy", "effect": {"application": effect}}
    understood = {"intent": {"name": "give"}, "metadata": TOLD}
    said = UserUttered(f"text of {message_id}", {"name": "give"}, [], understood, message_id=message_id, metadata=TOLD)
    return [said, BotUttered(words, {"custom": custom}), ActionExecuted("action_listen")]


async def test_what_the_actions_were_told_is_not_kept(store: TurnTrackerStore) -> None:
    tracker = conversation("c1")
    first = [SessionStarted(metadata={**TOLD, "model_id": "a model"}), SlotSet("session_started_metadata", TOLD)]
    for event in [*first, *told("m1", {"facts": {}})]:
        tracker.update(event)
    await store.save(tracker)
    kept = everything(store)
    assert "2.417" not in kept
    assert "7KHT-M2XD" not in kept
    assert "a model" in kept
    assert tracker.latest_message.metadata == TOLD, "the turn itself may still read it"
    assert result_of(await store.retrieve("c1"), "m1") == result_of(tracker, "m1"), "a repeat needs none of it"


async def test_cancelled_facts_are_forgotten_and_the_cancelling_turn_can_be_repeated(store: TurnTrackerStore) -> None:
    await store.save(conversation("c2", "m1"))
    tracker = conversation("c1")
    for event in told("m1", {"facts": {"vehicle_height": "2.417"}}, "Height of the vehicle: 2.417 m"):
        tracker.update(event)
    await store.save(tracker)
    assert "2.417" in everything(store)
    for event in told("m2", None, "I have stopped this."):
        tracker.update(event)
    await store.save(tracker)
    assert "2.417" not in everything(store)
    found = await store.retrieve("c1")
    assert result_of(found, "m2") == result_of(tracker, "m2")
    assert await store.has_message("c2", "m1"), "other conversations stay"
    for event in told("m3", {"facts": {}}):
        found.update(event)
    await store.save(found)
    assert [await store.has_message("c1", one) for one in ("m1", "m2", "m3")] == [False, True, True]


async def test_a_conversation_is_forgotten_by_its_whole_name(store: TurnTrackerStore) -> None:
    names = ["c1", "c1:0", "c1:12", "c12:0", "c_:1", "d1:0", "%"]
    for number, name in enumerate(names):
        await store.save(conversation(name, f"m{number}"))
    for name in ("c1", "c_", "c1", "nobody"):
        await store.forget(name)
    left = [name for name in names if await store.retrieve(name)]
    assert left == ["c12:0", "d1:0", "%"]
