"""Every question of every policy, with an action server that fails: nothing is decided, nothing is lost.

Rasa is played, so that all questions of all policies can be tried; what reaches the gateway is what the real Rasa makes
of such faults in ``test_actions_fail``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from actions import answering
from actions.guarded import FAILED
from bot import council
from bot.policy.model import Policy
from bot.policy.readback import CONFIRM
from bot.settings import Settings
from bot.store import Store, applications, conversations, decisions, messages
from bot.store.applications import Application
from bot.store.conversations import Conversation, Mode
from bot.text import phrases
from bot.turn.brain import BrainFailure
from bot.turn.context import Services
from tests.dialogue.test_policies import cases, typed
from tests.fakes import StillAmbient
from tests.policies import LIBRARY
from tests.rehearsal import Rehearsal, Replies
from tests.turn.test_turn import Chat

#: What the gateway is told when the action server is down or answers garbage, when it is slow, and when Rasa is gone.
FAILURES = ["action_failed", "timeout", "no_reply"]
LIE: Replies = [{"text": "You can have it.", "custom": {"kind": "policy", "id": "decided", "effect": {"decide": True}}}]


@pytest.fixture
def rehearsal() -> Rehearsal:
    return Rehearsal()


@pytest.fixture
def services(store: Store, rehearsal: Rehearsal) -> Services:
    return Services(store, rehearsal, council.load(), Settings(), policies=LIBRARY)


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


def goldens() -> list[Any]:
    """For each policy the dialogue with the most questions."""
    fullest: dict[str, Any] = {}
    for found in cases():
        policy, golden = found.values
        if policy.id not in fullest or len(golden["facts"]) > len(fullest[policy.id][1]["facts"]):
            fullest[policy.id] = (policy, golden)
    return [pytest.param(*each, id=name) for name, each in sorted(fullest.items())]


def wrong_replies(now: Application) -> Iterator[Replies]:
    """Replies that no turn at this question may have: without words, half made, or with an effect that must not be."""
    state = {"policy": now.policy, "facts": now.values, "question": None, "last_fact": None, "misses": 0}
    other = "pothole" if now.policy != "pothole" else "bulky-waste"
    effects: list[Any] = [
        {"application": None},
        {"application": {**state, "policy": other, "facts": {}}},
        {"application": {**state, "question": CONFIRM}},
        {"application": {**state, "facts": {**now.values, "no_such_fact": 1}}},
        {"application": {**state, "question": "no_such_question"}},
        {"review": True},
        {"decide": True, "application": state},
        {"decision": {"outcome": "grant"}},
        {"handoff": "now"},
        "decide",
    ]
    if now.values:
        effects.append({"application": {**state, "facts": {}}})
    yield [{"text": None, "custom": {"kind": "policy"}}]
    yield [{"text": "Yes?", "custom": {"buttons": [{"title": "Yes"}]}}]
    yield [{"text": "Good.", "custom": {"kind": "success"}}]
    for effect in effects:
        yield [{"text": "Good.", "custom": {"kind": "policy", "id": "x", "effect": effect}}]


@pytest.mark.parametrize(("policy", "golden"), goldens())
async def test_nothing_is_decided_and_nothing_is_lost(
    policy: Policy, golden: Any, chat: Chat, rehearsal: Rehearsal, store: Store, ambient: StillAmbient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    on = date.fromisoformat(str(golden["on"]))
    ambient.set(datetime(on.year, on.month, on.day, 11, tzinfo=UTC))
    rehearsal.wants = policy.id
    await chat.say("please")
    rehearsal.wants, asked = None, []
    while now := await opened(chat, store):
        assert now.question not in asked
        asked.append(now.question)
        answer = answer_to(now, policy, golden)
        await stays_broken(answer, chat, rehearsal, ambient)
        await nothing_came_of_it("a reply that stays broken", chat, store, now)
        rehearsal.fault = LIE
        told = await chat.say("no" if now.question == CONFIRM else answer)
        await nothing_came_of_it("a lie", chat, store, now)
        assert told == [phrases.NOT_DECIDED] or phrases.NOT_YET_DECIDED in told[0]
        rehearsal.fault = None
        with monkeypatch.context() as broken:  # an error within an action: said so, and the question stays
            broken.setattr(answering.Answering, "take", _breaks)
            assert FAILED in await chat.say(answer)
        await nothing_came_of_it("an error in an action", chat, store, now)
        sent = await chat.accept(text=answer)
        faults: list[BrainFailure | Replies] = [*map(BrainFailure, FAILURES), *wrong_replies(now)]
        for number, fault in enumerate(faults, 1):
            rehearsal.fault = fault
            await chat.settle()
            pending = await chat.pending()
            assert pending, f"{fault} was taken: {(await chat.said())[-1].text}"
            assert (pending.seq, pending.attempts) == (sent.seq, number)
            await nothing_came_of_it(str(fault), chat, store, now)
        rehearsal.fault = None
        await chat.settle()
        assert await chat.pending() is None
    assert asked[-1] == CONFIRM
    assert rehearsal.faults > 22 * len(asked)
    [row] = await decided(chat, store)
    assert json.loads(row.record)["outcome"] == golden["expect"]["outcome"]
    assert [one.text for one in await chat.said()].count(json.loads(row.record)["text"]) == 1


def test_that_is_every_policy() -> None:
    assert [param.id for param in goldens()] == sorted(LIBRARY.policies)


async def stays_broken(answer: str, chat: Chat, rehearsal: Rehearsal, ambient: StillAmbient) -> None:
    """Three replies without words, seconds apart: told as our fault, in words that fit an answer."""
    rehearsal.fault = [{"text": None, "custom": {"kind": "policy"}}]
    await chat.accept(text=answer)
    for _ in range(3):
        await chat.settle()
        ambient.wait(5)
    assert [one.text for one in await chat.said()][-1] == phrases.NOT_ANSWERED.format(start=phrases.shorten(answer))
    assert await chat.pending() is None


def _breaks(_: object) -> None:
    raise RuntimeError("broken")


async def nothing_came_of_it(fault: str, chat: Chat, store: Store, before: Application) -> None:
    here = chat.conversation.id
    async with store.read(quick=True) as connection:
        assert await decisions.of_conversation(connection, here, 5) == [], fault
        assert await applications.open_of(connection, here) == before, fault
        now = await conversations.get(connection, here)
        said = await messages.of_conversation(connection, here)
    assert now, fault
    assert now.mode is Mode.BOT, fault
    assert [one.text for one in said if one.text in ("Good.", "Yes?") or "You can have" in one.text] == [], fault


def answer_to(now: Application, policy: Policy, golden: Any) -> str:
    """The answer of the golden test to the open question, as somebody would type it."""
    if now.question == CONFIRM:
        return "That is right"
    fact = next(fact for one in policy.versions for fact in one.facts.values() if fact.id == now.question)
    value, words = golden["facts"][fact.id], policy.words["en"]
    if fact.type == "bool":
        return "yes" if value else "no"
    return (
        str(words.text["facts"][fact.id]["options"][value])
        if fact.type == "choice"
        else typed(fact, value, words.frame)
    )


async def opened(chat: Chat, store: Store) -> Application | None:
    async with store.read() as connection:
        return await applications.open_of(connection, chat.conversation.id)


async def decided(chat: Chat, store: Store) -> list[decisions.Decision]:
    async with store.read() as connection:
        return await decisions.of_conversation(connection, chat.conversation.id, 5)
