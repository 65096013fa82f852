"""Applications and decisions as effects of a turn: all of a turn or nothing, once, and only from stored facts."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from bot import replay_command
from bot.desk import deciding
from bot.policy import readback
from bot.store import Store, applications, cases, decisions, messages
from bot.store.applications import Application
from bot.store.conversations import Conversation, Mode
from bot.store.decisions import Decision
from bot.store.messages import Message, Sender
from bot.store.tables import decisions as table
from bot.supervise.process import Failure
from bot.turn import steps
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.policies import LIBRARY
from tests.turn.test_turn import Chat

PERMIT: dict[str, Any] = {
    "in_zone": True,
    "car_free_home": False,
    "kept_here": True,
    "permits_held": 0,
    "vehicle_height": "1.5",
    "vehicle_length": "4.4",
    "proof_date": "2026-10-01",
}


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


def kept(question: str | None = "@confirm", policy: str = "resident-permit", **facts: Any) -> dict[str, Any]:
    """The effect that keeps an application."""
    state = {"policy": policy, "facts": {**PERMIT, **facts}, "question": question, "last_fact": None, "misses": 0}
    return {"application": state}


def says(*effects: Any, text: str = "Go on.") -> Callable[[dict[str, Any]], Awaitable[list[dict[str, Any]]]]:
    """A Rasa that replies with these effects; facts that are to be confirmed it reads back."""

    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"text": text, "custom": {"kind": "policy", "id": "x", "effect": effect}} | read_back(effect)
            for effect in effects
        ]

    return script


def read_back(effect: Any, **otherwise: Any) -> dict[str, Any]:
    """The read-back of an effect that wants the facts confirmed; ``otherwise`` are facts that it tells wrongly."""
    state = effect.get("application") if isinstance(effect, dict) else None
    if not isinstance(state, dict) or state.get("question") != "@confirm":
        return {}
    policy = LIBRARY.policies[state["policy"]]
    lines = readback.lines(policy.versions[0], policy.words["en"], state["facts"] | otherwise)
    text, blocks = readback.shown(lines)
    about = {"kind": "policy", "id": "x", "blocks": blocks, "buttons": readback.BUTTONS, "effect": effect}
    return {"text": text, "custom": about}


async def do(chat: Chat, brain: FakeBrain, *effects: Any, text: str = "yes", intent: str = "") -> list[str]:
    """Have the citizen say ``text``, to which the actions answer with these effects.

    Without an ``intent`` it is the one that the effects belong to.
    """
    reviews = any(isinstance(effect, dict) and effect.get("review") for effect in effects)
    brain.script, brain.intent = says(*effects), intent or ("review" if reviews else "any")
    return await chat.say(text)


async def application(store: Store, chat: Chat) -> Application | None:
    async with store.read() as connection:
        return await applications.open_of(connection, chat.conversation.id)


async def chain(store: Store) -> list[Decision]:
    async with store.read() as connection:
        return [row async for row in decisions.chain(connection)]


async def notices(store: Store, chat: Chat) -> list[Message]:
    async with store.read() as connection:
        said = await messages.of_conversation(connection, chat.conversation.id)
    return [one for one in said if one.sender is Sender.BOT and "decision" in one.body.get("about", {})]


async def test_a_fact_is_kept_with_the_message_that_supplied_it(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, {"application": {"policy": "resident-permit", "facts": {"in_zone": True}}})
    first = await application(store, chat)
    await do(chat, brain, {"application": {"policy": "resident-permit", "facts": {"in_zone": True, "permits_held": 2}}})
    both = await application(store, chat)
    assert first
    assert both
    assert first.id == both.id
    assert both.facts["in_zone"] == first.facts["in_zone"]
    assert first.facts["in_zone"]["seq"] == 1
    assert both.facts["permits_held"] == {"value": 2, "seq": 3, "at": "2026-11-23T10:00:00+00:00"}


async def test_a_fact_said_in_the_message_before_comes_from_that(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, text="we have 2 permits and want one more")
    state = {"policy": "resident-permit", "facts": {"permits_held": 2}, "earlier": True}
    await do(chat, brain, {"application": state}, text="yes")
    found = await application(store, chat)
    assert found
    assert found.facts["permits_held"]["seq"] == 1


async def test_a_corrected_fact_comes_from_the_correcting_message(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept(permits_held=1))
    await do(chat, brain, kept(permits_held=2))
    found = await application(store, chat)
    assert found
    assert found.facts["permits_held"]["seq"] == 3
    assert found.facts["in_zone"]["seq"] == 1


async def test_after_a_correction_of_a_decided_request_old_facts_keep_the_message_that_supplied_them(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    await do(chat, brain, {"application": {"policy": "resident-permit", "facts": {"in_zone": True}}})
    await do(chat, brain, kept(permits_held=2))
    await do(chat, brain, {"decide": True})
    [first] = await chain(store)
    state = kept(permits_held=1)["application"]
    await do(chat, brain, {"application": {**state, "again": first.reference}})
    found = await application(store, chat)
    assert found
    assert {name: fact["seq"] for name, fact in found.facts.items()} == {
        **dict.fromkeys(PERMIT, 3), "in_zone": 1, "permits_held": 7,
    }  # fmt: skip
    await do(chat, brain, {"decide": True})
    second = json.loads((await chain(store))[1].record)
    assert {fact["id"]: fact["by"] for fact in second["facts"]}["vehicle_height"] == "message 3"
    assert {fact["id"]: fact["by"] for fact in second["facts"]}["permits_held"] == "message 7"


@pytest.mark.parametrize("again", ["N-0000-0000", None])
async def test_facts_of_no_decision_here_come_from_the_message_that_brings_them(
    chat: Chat, brain: FakeBrain, store: Store, services: Services, again: str | None
) -> None:
    await do(chat, brain, kept())
    await do(chat, brain, {"decide": True})
    await do(chat, brain, {"application": {**kept()["application"], "again": again}})
    found = await application(store, chat)
    assert found
    assert {fact["seq"] for fact in found.facts.values()} == {5}


async def test_the_actions_are_told_what_is_open_and_later_what_was_decided(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    await do(chat, brain, kept())
    await do(chat, brain, {"decide": True})
    await do(chat, brain, {})
    before, asked, after = brain.told
    assert before == {"today": "2026-11-23"}
    assert asked["application"]["facts"] == PERMIT
    assert asked["application"]["applied"] == "2026-11-23"
    assert "record" not in asked
    assert after["record"]["outcome"] == "grant"


async def test_a_decision_is_one_record_one_reference_and_one_notice(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    await do(chat, brain, kept(permits_held=2))
    said = await do(chat, brain, {"decide": True})
    [row] = await chain(store)
    [notice] = await notices(store, chat)
    assert len(said) == 1  # nobody else's words beside the record's
    record = json.loads(row.record)
    assert record["outcome"] == "refuse"
    assert record["text"] == notice.text == said[-1]
    assert row.reference in notice.text
    assert [fact["by"] for fact in record["facts"]] == ["message 1"] * 7
    assert await application(store, chat) is None


async def test_facts_that_nobody_confirmed_decide_nothing(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept(question="proof_date"))
    said = await do(chat, brain, {"decide": True})
    assert "I cannot decide this" in said[-1]
    assert await chain(store) == []
    found = await application(store, chat)
    assert found
    assert found.values == PERMIT


async def test_missing_facts_decide_nothing_even_if_confirmed(chat: Chat, brain: FakeBrain, store: Store) -> None:
    state = {"policy": "resident-permit", "facts": {"in_zone": True}, "question": "@confirm"}
    await do(chat, brain, {"application": state})
    said = await do(chat, brain, {"decide": True})
    assert "I cannot decide this" in said[-1]
    assert await chain(store) == []


async def test_without_an_application_there_is_nothing_to_decide(chat: Chat, brain: FakeBrain, store: Store) -> None:
    said = await do(chat, brain, {"decide": True})
    assert "I cannot decide this" in said[-1]
    assert await chain(store) == []


@pytest.mark.parametrize(
    "effect",
    [
        "decide",
        {"decision": {"outcome": "grant"}},
        {"application": {"policy": "resident-permit", "facts": {"permits_held": "a hundred"}}},
        {"application": {"policy": "resident-permit", "facts": {"proof_age": 1}}},
        {"application": {"policy": "resident-permit", "facts": {"permits_held": 99}}},
        {"application": {"policy": "no-such-policy", "facts": {}}},
        {"application": {"policy": "resident-permit"}},
        {"application": {"policy": "resident-permit", "facts": {}, "question": "what"}},
        {"application": {"policy": "resident-permit", "facts": {}, "again": 7}},
        {"application": []},
        {"handoff": "please"},
        {**kept(), "decide": True},
    ],
)
async def test_garbage_is_a_failure_and_changes_nothing(
    chat: Chat, brain: FakeBrain, store: Store, effect: Any
) -> None:
    await do(chat, brain, kept(question="proof_date"))
    before = await application(store, chat)
    said = await do(chat, brain, effect)
    assert "The fault is on our side" in said[0]
    assert await application(store, chat) == before
    assert await chain(store) == []
    assert (await chat.now()).mode is Mode.BOT


@pytest.mark.parametrize("reason", ["timeout", "action_failed", "malformed"])
async def test_while_rasa_fails_nothing_is_decided_and_the_facts_are_kept(
    chat: Chat, brain: FakeBrain, store: Store, reason: str
) -> None:
    await do(chat, brain, kept())
    brain.down = reason
    said = await chat.say("That is right")
    assert "The fault is on our side" in said[0]
    assert await chain(store) == []
    found = await application(store, chat)
    assert found
    assert found.values == PERMIT


async def test_cancel_forgets_every_fact_but_its_message(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept())
    opened = await application(store, chat)
    assert opened
    await do(chat, brain, {"application": None}, text="cancel")
    assert await application(store, chat) is None
    async with store.read() as connection:
        [(state, facts)] = (await connection.execute(text("SELECT state, facts FROM applications"))).all()
        assert await applications.all_of(connection, chat.conversation.id) == []
    assert (state, json.loads(facts)) == ("cancelled", {name: {"seq": 1} for name in PERMIT})


@pytest.mark.parametrize(
    ("effect", "intent"),
    [
        ({"application": {"policy": "pothole", "facts": {}}}, "policy"),  # the open request would be lost
        ({"application": {"policy": "resident-permit", "facts": {"in_zone": True}}}, "give"),  # as would other facts
        ({"application": None}, "answer"),  # nobody said 'cancel'
        ({"review": True}, "answer"),
    ],
)
async def test_an_effect_that_does_not_belong_is_a_failure_and_changes_nothing(
    chat: Chat, brain: FakeBrain, store: Store, effect: Any, intent: str
) -> None:
    await do(chat, brain, kept(question="proof_date"))
    before = await application(store, chat)
    said = await do(chat, brain, effect, intent=intent)
    assert "The fault is on our side" in said[0]
    assert await application(store, chat) == before
    assert (await chat.now()).mode is Mode.BOT


SCHOOL: dict[str, Any] = {"lives_here": True, "birth_date": "2019-11-23", "distance": 2, "nearest_school": True}


@pytest.mark.parametrize(("dropped", "kept_it"), [({"distance", "nearest_school"}, True), ({"birth_date"}, False)])
async def test_a_correction_may_drop_what_nothing_reads_any_more_and_nothing_else(
    chat: Chat, brain: FakeBrain, store: Store, dropped: set[str], kept_it: bool
) -> None:
    state = {"policy": "school-transport", "question": "extra_needs", "last_fact": None, "misses": 0}
    await do(chat, brain, {"application": {**state, "facts": SCHOOL}})
    facts = {name: value for name, value in SCHOOL.items() if name not in dropped} | {"extra_needs": True}
    said = await do(chat, brain, {"application": {**state, "facts": facts}}, intent="give")
    assert ("The fault is on our side" not in said[0]) is kept_it
    found = await application(store, chat)
    assert found
    assert found.values == (facts if kept_it else SCHOOL)


async def test_what_cannot_be_used_is_asked_for_afresh_and_what_can_be_is_not(chat: Chat, brain: FakeBrain) -> None:
    """Rasa repeats its answer to a message id: without another id garbage would come again and again."""
    brain.script = says({"handoff": "please"})
    await chat.say("hello")
    brain.script = says({})
    chat.services.store.ambient.wait(60)  # type: ignore[attr-defined]
    await chat.settle()
    ids = [message_id for _, message_id, _ in brain.heard]
    assert ids == [ids[0], f"{ids[0]}.0", f"{ids[0]}.1"]
    assert [message.text for message in await chat.said()][-1] == "Go on."


@pytest.mark.parametrize("point", ["before", "after"])
async def test_a_crash_around_the_decision_leaves_one_decision_and_one_notice(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    await do(chat, brain, kept())
    brain.script = says({"decide": True})
    await chat.accept(text="That is right")
    name = "say_all" if point == "before" else "deliver"

    async def crash(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(steps, name, crash)
        patch.setattr(steps, "STEPS", [steps.screen, steps.route, steps.ask, steps.settle, steps.deliver])
        await asyncio.gather(_settle(chat), return_exceptions=True)
    assert len(await chain(store)) == (0 if point == "before" else 1)
    await Chat(services, chat.conversation).settle()
    assert len(await chain(store)) == 1
    assert len(await notices(store, chat)) == 1


async def _settle(chat: Chat) -> None:
    chat.runner.wake(chat.conversation.id)
    async with asyncio.timeout(60):
        while chat.runner._tasks:
            await asyncio.gather(*chat.runner._tasks.values(), return_exceptions=True)
            await asyncio.sleep(0)


async def test_the_same_message_twice_and_two_gateways_make_one_decision(
    chat: Chat, brain: FakeBrain, services: Services, store: Store
) -> None:
    await do(chat, brain, kept())
    brain.script = says({"decide": True})
    await chat.accept(text="That is right")
    others = [Chat(services, chat.conversation) for _ in range(3)]
    await asyncio.gather(*(each.settle() for each in [chat, *others]))
    chat._count -= 1
    await chat.accept(text="That is right")  # the website sends it again
    await chat.settle()
    assert len(await chain(store)) == 1
    assert len(await notices(store, chat)) == 1


async def test_deciding_again_after_the_decision_is_refused(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept())
    await do(chat, brain, {"decide": True})
    said = await do(chat, brain, {"decide": True})
    assert "I cannot decide this" in said[-1]
    assert len(await chain(store)) == 1


async def test_what_needs_a_person_is_handed_over_with_the_record(chat: Chat, brain: FakeBrain, store: Store) -> None:
    facts = {"in_northmere": True, "cannot_move": True, "able_adult": False, "distance": 5, "clear_path": True}
    state = {"policy": "assisted-bins", "facts": facts, "question": "@confirm"}
    await do(chat, brain, {"application": state})
    await do(chat, brain, {"decide": True})
    [row] = await chain(store)
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    assert case.reason == "referred"
    assert case.brief["record"] == json.loads(row.record)
    assert (await chat.now()).mode is Mode.WAITING


async def test_a_review_opens_a_case_with_the_full_record(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept(permits_held=2))
    await do(chat, brain, {"decide": True})
    said = await do(chat, brain, {"review": True})
    [row] = await chain(store)
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    assert case.reason == "review"
    assert case.brief["record"] == json.loads(row.record)
    assert any(row.reference in one for one in said)
    assert case.reference in said[-1]


async def test_without_a_decision_there_is_nothing_to_review(chat: Chat, brain: FakeBrain, store: Store) -> None:
    said = await do(chat, brain, {"review": True})
    assert "no decision in this chat" in said[-1]
    assert (await chat.now()).mode is Mode.BOT


async def test_a_person_asked_for_halfway_gets_the_facts_so_far(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept(question="proof_date"))
    await do(chat, brain, {"handoff": {"reason": "asked"}})
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    assert case.brief["application"]["facts"]["permits_held"]["value"] == 0


async def make_three(services: Services, store: Store, brain: FakeBrain, conversation: Conversation) -> None:
    chat = Chat(services, conversation)
    for held in (0, 1, 2):
        await do(chat, brain, kept(permits_held=held))
        await do(chat, brain, {"decide": True})


async def test_the_chain_replays_byte_for_byte(
    services: Services, store: Store, brain: FakeBrain, conversation: Conversation, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_three(services, store, brain, conversation)
    rows = await chain(store)
    assert [row.place for row in rows] == [1, 2, 3]
    assert [row.previous for row in rows] == [None, rows[0].sha256, rows[1].sha256]
    assert await replay_command.replay_all(store) == 0
    assert "3 decisions" in capsys.readouterr().out
    assert await replay_command.replay_one(store, rows[1].reference) == 0


@pytest.mark.parametrize("what", ["text", "outcome", "fact"])
async def test_the_first_changed_record_is_reported(
    services: Services, store: Store, brain: FakeBrain, conversation: Conversation,
    capsys: pytest.CaptureFixture[str], what: str,
) -> None:  # fmt: skip
    await make_three(services, store, brain, conversation)
    second = (await chain(store))[1]
    changes = {
        "text": ("You can have", "You cannot have"),
        "outcome": ('"outcome":"grant"', '"outcome":"refuse"'),
        "fact": ('"value":"1.5"', '"value":"1.6"'),
    }
    changed = second.record.replace(*changes[what])
    assert changed != second.record
    async with store.write() as tx:
        await tx.connection.execute(update(table).where(table.c.place == 2).values(record=changed))
    assert await replay_command.replay_all(store) == 1
    told = capsys.readouterr().out
    assert second.reference in told
    assert "The chain breaks at decision 2" in told


async def test_a_missing_link_is_reported(
    services: Services, store: Store, brain: FakeBrain, conversation: Conversation, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_three(services, store, brain, conversation)
    async with store.write() as tx:
        await tx.connection.execute(table.delete().where(table.c.place == 2))
    assert await replay_command.replay_all(store) == 1
    assert "The chain breaks at decision 2" in capsys.readouterr().out


async def test_the_command_opens_the_database_of_the_settings(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = replace(services.settings, data_dir=tmp_path / "own")
    arguments = argparse.Namespace(reference=None, all=True)
    assert await asyncio.to_thread(replay_command.main, own, arguments) == 0
    assert "0 decisions" in capsys.readouterr().out
    unknown = argparse.Namespace(reference="n-0000-0000", all=False)
    with pytest.raises(Failure, match="N-0000-0000"):
        await asyncio.to_thread(replay_command.main, own, unknown)


def test_replay_wants_one_of_reference_and_all(services: Services) -> None:
    for reference, every in ((None, False), ("N-1234-5678", True)):
        with pytest.raises(Failure):
            replay_command.main(services.settings, argparse.Namespace(reference=reference, all=every))


async def test_changed_words_still_replay_from_the_stored_ones(
    services: Services, store: Store, brain: FakeBrain, conversation: Conversation
) -> None:
    await make_three(services, store, brain, conversation)
    async with store.read() as connection:
        row = (await decisions.of_conversation(connection, conversation.id, 1))[0]
        words = await decisions.words(connection, row.words_sha256)
        before = await decisions.at(connection, row.place - 1)
    assert before
    policy = services.policies.policies["resident-permit"]
    now = replace(policy.words["en"], sha256="otherwise", text={**policy.words["en"].text, "grant": "Another text."})
    library = replace(
        services.policies, policies={**services.policies.policies, policy.id: replace(policy, words={"en": now})}
    )
    assert deciding.replay(library, row, words, before.sha256) == []
    assert deciding.replay(library, row, None, before.sha256) == ["Its words are missing or were changed."]
