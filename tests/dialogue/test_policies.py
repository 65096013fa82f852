"""Every policy in conversation: a grant, a refusal and the way to a person, as far as its golden tests reach them.

A citizen asks in their own words and answers each question that comes, by button or by typing, with the facts of the
golden test. What is decided must be what the golden test expects.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.policy.coverage import reachable
from bot.policy.decide import Decision, Undated, decide
from bot.policy.format import day_text
from bot.policy.model import Fact, Policy, Version
from bot.policy.readback import CONFIRM
from bot.store import Store, applications, decisions
from bot.store import cases as cases_in_store
from tests.fakes import StillAmbient
from tests.policies import LIBRARY
from tests.talk import Client, Talk, start_talk

#: How a citizen asks, in words that are no example of data/nlu.
STARTS = {
    "assisted-bins": "could I please have help putting my bins out",
    "blue-badge-review": "I would like you to review my blue badge refusal",
    "bulky-waste": "I want to book a bulky waste collection for an old sofa",
    "council-tax-appeal": "I want to appeal against my council tax decision",
    "council-tax-hardship": "can I get a hardship payment for my council tax bill",
    "dropped-kerb": "can I get a dropped kerb for my driveway",
    "fee-waiver": "can our charity get the hall hire fee waived",
    "garden-waste-refund": "I want a refund for my garden waste bin",
    "house-extension": "do I need planning permission for a rear extension",
    "missed-bin": "can you come back and empty my missed bin",
    "park-request": "we want a new park in our street",
    "parking-fine": "please cancel my parking ticket",
    "pothole": "please will you repair the pothole in my road",
    "resident-permit": "can I get another parking permit for my car",
    "school-transport": "can my son get free school transport",
    "street-party": "can we have permission to hold a street party",
}


#: What no citizen can be told, whatever the facts, and why. All else has a scripted dialogue below.
NEVER = {
    ("assisted-bins", "grant"): "a person decides about health",
    ("blue-badge-review", "grant"): "a person decides about health",
    ("council-tax-hardship", "grant"): "a person decides about hardship",
    ("assisted-bins", "refuse"): "a person decides about health",
    ("blue-badge-review", "refuse"): "a person decides about health",
    ("council-tax-hardship", "refuse"): "a person decides about hardship",
    ("bulky-waste", "refer"): "every rule is met or not: nothing is left to judge",
    ("missed-bin", "refer"): "every rule is met or not: nothing is left to judge",
    ("resident-permit", "refer"): "every rule is met or not: nothing is left to judge",
}
OUTCOMES = ("grant", "refuse", "refer")


def kind(decision: Decision | Undated) -> str:
    """'grant', 'refuse' or 'refer'. Advice against counts as a refusal, though it refuses nothing."""
    assert isinstance(decision, Decision)
    if decision.against:
        return "refuse"
    return "grant" if decision.outcome.startswith("grant") else decision.outcome


def outcome_of(policy: Policy, golden: Any) -> str:
    return kind(decide(policy, golden["facts"], date.fromisoformat(str(golden["on"]))))


def cases() -> list[Any]:
    """For each policy the fullest golden test of each outcome."""
    found = []
    for policy in LIBRARY.policies.values():
        usable = [one for one in policy.golden if "applied" not in one and one["expect"]["outcome"] != "need_info"]
        for outcome in OUTCOMES:
            fitting = [one for one in usable if outcome_of(policy, one) == outcome]
            if fitting:
                golden = max(fitting, key=lambda one: len(one["facts"]))
                found.append(pytest.param(policy, golden, id=f"{policy.id}: {outcome}"))
    return found


def test_every_policy_and_every_outcome_that_can_be_has_its_dialogue() -> None:
    assert STARTS.keys() == LIBRARY.policies.keys()
    today = date(2026, 11, 23)
    reached = {
        (policy.id, kind(decide(policy, facts, today)))
        for policy in LIBRARY.policies.values()
        for facts in reachable(version_on(policy, today), today)
    }
    assert reached == {(policy, outcome) for policy in STARTS for outcome in OUTCOMES} - NEVER.keys()
    assert [found.id for found in cases()] == [f"{policy}: {outcome}" for policy in STARTS for outcome in OUTCOMES
                                               if (policy, outcome) in reached]  # fmt: skip


def version_on(policy: Policy, today: date) -> Version:
    return max((one for one in policy.versions if one.effective_from <= today), key=lambda one: one.effective_from)


@pytest.mark.parametrize(("policy", "golden"), cases())
async def test_from_the_first_question_to_the_decision(
    policy: Policy, golden: Any, client: Client, store: Store, ambient: StillAmbient
) -> None:
    on = date.fromisoformat(str(golden["on"]))
    ambient.set(datetime(on.year, on.month, on.day, 11, tzinfo=UTC))
    talk = await start_talk(client)
    await talk.act(text=STARTS[policy.id])
    asked = []
    while (name := await open_question(talk, store)) != CONFIRM:
        assert name not in asked, f"{name} was asked twice: {await talk.settled()}"
        asked.append(name)
        await answer(talk, policy, name, golden["facts"])
    assert asked
    assert await decided(talk, store) == []
    await press(talk, "That is right")
    said = await talk.settled()
    [row] = await decided(talk, store)
    record = json.loads(row.record)
    assert record["policy"] == policy.id
    assert record["outcome"] == golden["expect"]["outcome"]
    if "failed" in golden["expect"]:
        assert set(record["failed"]) == set(golden["expect"]["failed"])
    assert [m["text"] for m in said].count(record["text"]) == 1
    handed_over = record["outcome"] == "refer" and not record["against"]
    assert await talk.mode() == ("waiting" if handed_over else "bot")


async def open_question(talk: Talk, store: Store) -> str:
    said = await talk.settled()
    async with store.read() as connection:
        found = await applications.open_of(connection, talk.id)
    assert found, f"nothing is open: {said[-1]}"
    assert found.question
    return found.question


async def decided(talk: Talk, store: Store) -> list[decisions.Decision]:
    async with store.read() as connection:
        return await decisions.of_conversation(connection, talk.id, 5)


async def answer(talk: Talk, policy: Policy, name: str, facts: Any) -> None:
    fact = next(one.facts[name] for one in policy.versions if name in one.facts)
    words = policy.words["en"]
    value = facts.get(name)
    assert value is not None, f"the golden test has no {name}"
    if fact.type == "bool":
        await press(talk, words.frame["yes" if value else "no"])
    elif fact.type == "choice":
        await press(talk, words.text["facts"][name]["options"][value])
    else:
        await talk.act(text=typed(fact, value, words.frame))


def typed(fact: Fact, value: Any, frame: Any) -> str:
    """A value as a person would type it."""
    if fact.type == "date":
        return day_text(str(value), frame, weekday=False)
    return f"£{value}" if fact.type == "money" else str(value)


async def press(talk: Talk, title: str) -> None:
    last = (await talk.settled())[-1]
    [button] = [button["id"] for button in last["buttons"] if button["title"] == title]
    await talk.act(button=button)


@pytest.mark.parametrize("policy", list(LIBRARY.policies.values()), ids=lambda policy: policy.id)
async def test_stopped_and_then_handed_over_in_the_middle(
    policy: Policy, client: Client, store: Store, ambient: StillAmbient
) -> None:
    """Cancelled, what was told is forgotten. Asked for, a person gets what was told so far. Neither decides."""
    golden = max((one for found, one in (case.values for case in cases()) if found is policy),
                 key=lambda one: len(one["facts"]))  # fmt: skip
    on = date.fromisoformat(str(golden["on"]))
    ambient.set(datetime(on.year, on.month, on.day, 11, tzinfo=UTC))
    talk = await start_talk(client)
    await halfway(talk, policy, golden, store)
    await talk.act(text="cancel")
    said = await talk.settled()
    assert "I have stopped this and forgotten your answers" in said[-1]["text"]
    async with store.read() as connection:
        assert await applications.open_of(connection, talk.id) is None
        assert await applications.all_of(connection, talk.id) == []
    told = await halfway(talk, policy, golden, store)
    await talk.act(text="I want to talk to a person")
    await talk.settled()
    assert await talk.mode() == "waiting"
    async with store.read() as connection:
        case = await cases_in_store.open_of(connection, talk.id)
        kept = await applications.open_of(connection, talk.id)
    assert case
    assert kept
    brief = case.brief["application"]
    assert brief["policy"] == policy.id
    assert {name: one["value"] for name, one in brief["facts"].items()} == kept.values
    assert kept.values.keys() == set(told)
    assert brief["question"] == kept.question
    assert await decided(talk, store) == []


async def halfway(talk: Talk, policy: Policy, golden: Any, store: Store) -> list[str]:
    """Begin a request and answer its first two questions. Returns what they were."""
    await talk.act(text=STARTS[policy.id])
    told = []
    for _ in range(2):
        name = await open_question(talk, store)
        if name != CONFIRM:
            told.append(name)
            await answer(talk, policy, name, golden["facts"])
    await talk.settled()
    assert told
    return told
