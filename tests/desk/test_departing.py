"""Departing from a decision: only as the policy's file allows, as a new linked record, told to the citizen."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from bot import replay_command
from bot.desk import claims, departing
from bot.policy.depart import Grounds, NotAllowed
from bot.policy.record import seal
from bot.store import Store, cases, decisions, messages, staff
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.decisions import Decision
from bot.store.staff import Account, Role
from bot.store.tables import decisions as table
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.turn.test_effects import chain, do, kept
from tests.turn.test_turn import Chat

GOOD = Grounds(
    ground="medical_need",
    reason="Your letter shows that you need this van for your wheelchair every day.",
    evidence=("letter",),
    kept_at="Parking file 2026/118",
)


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


async def account(store: Store, name: str, *posts: str) -> Account:
    async with store.write() as tx:
        new = await staff.add(tx, username=name, name=f"{name.title()} Reid", role=Role.AGENT, password_hash="none")
        await staff.set_posts(tx, new, posts)
        found = await staff.by_username(tx.connection, name)
    assert found
    return found


@pytest.fixture
async def ana(store: Store) -> Account:
    """She holds the post that the parking policy names."""
    return await account(store, "ana", "parking_team_leader")


async def reviewed(
    chat: Chat, brain: FakeBrain, services: Services, who: Account, state: dict[str, Any] | None = None
) -> tuple[Case, Decision]:
    """A decision that the citizen wants looked at again, and its case with ``who``."""
    await do(chat, brain, state or kept(vehicle_height="2.4"))
    await do(chat, brain, {"decide": True})
    await do(chat, brain, {"review": True}, intent="review")
    async with services.store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
        [row] = await decisions.of_conversation(connection, chat.conversation.id, 1)
    assert case
    await claims.claim(services.store, case.id, who, services.council)
    return case, row


async def depart(services: Services, case: Case, row: Decision, who: Account, given: Grounds = GOOD) -> dict[str, Any]:
    return await departing.depart_from(services.store, services.policies, case.id, row.reference, who, given)


async def refused(services: Services, case: Case, row: Decision, who: Account, given: Grounds = GOOD) -> NotAllowed:
    """What the refusal says; nothing was stored."""
    before = len(await chain(services.store))
    with pytest.raises(NotAllowed) as told:
        await depart(services, case, row, who, given)
    assert len(await chain(services.store)) == before
    return told.value


async def test_a_departure_is_a_new_record_and_a_new_notice_and_changes_nothing_old(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    record = await depart(services, case, row, ana)
    first, second = await chain(store)
    assert first == row
    assert second.departs_from == row.id
    assert json.loads(second.record) == record
    assert (record["outcome"], record["against"], record["failed"]) == ("grant", False, [])
    assert record["facts"] == json.loads(row.record)["facts"]
    assert record["departure"] == {
        "from": row.reference, "from_sha256": row.sha256, "from_day": "2026-11-23", "waived": ["RP-5"],
        "power": "northmere.permits#7", "post": "parking_team_leader", "staff": {"id": ana.id, "name": "Ana Reid"},
        "ground": "medical_need", "reason": GOOD.reason, "evidence": ["letter"], "kept_at": "Parking file 2026/118",
    }  # fmt: skip
    async with store.read() as connection:
        told = (await messages.of_conversation(connection, chat.conversation.id))[-1]
    assert (told.sender, told.name, told.text) == ("staff", "Ana", record["text"])
    assert told.body["about"]["decision"] == second.reference
    assert told.text.startswith("You can have a resident parking permit for this vehicle.")
    for words in (
        f"This takes the place of our decision {row.reference} of 23 November 2026.",
        f"Why: Medical need. {GOOD.reason}",
        "The vehicle is 2.4 m high. The limit is 2.25 m.",
        "We may do that under: ",
        f"Your reference is {second.reference}, code {record['receipt']}.",
        "A member of staff made it.",
    ):
        assert words in told.text
    assert "automatically" not in told.text
    assert GOOD.kept_at not in told.text


async def test_departures_replay_byte_for_byte_in_the_chain(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    record = await depart(services, case, row, ana)
    assert await replay_command.replay_all(store) == 0
    assert "2 decisions: the chain is whole" in capsys.readouterr().out
    assert await replay_command.replay_one(store, record["reference"]) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"waived": []}, "'outcome' came out otherwise"),
        ({"ground": "carer"}, "'text' came out otherwise"),
        ({"from_sha256": "0" * 64}, "another decision than it says"),
    ],
)
async def test_a_departure_that_was_changed_is_found_out(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account,
    capsys: pytest.CaptureFixture[str], change: dict[str, Any], says: str,
) -> None:  # fmt: skip
    case, row = await reviewed(chat, brain, services, ana)
    record = await depart(services, case, row, ana)
    bad = seal({**record, "departure": {**record["departure"], **change}})
    values = {"record": json.dumps(bad, sort_keys=True, separators=(",", ":"), ensure_ascii=False)}
    async with store.write() as tx:
        await tx.connection.execute(update(table).where(table.c.place == 2).values(sha256=bad["sha256"], **values))
    assert await replay_command.replay_all(store) == 1
    assert says in capsys.readouterr().out


async def test_a_departure_whose_link_was_changed_is_found_out(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    await depart(services, case, row, ana)
    other = (await chain(store))[1].id
    async with store.write() as tx:
        await tx.connection.execute(update(table).where(table.c.place == 2).values(departs_from=other))
    assert await replay_command.replay_all(store) == 1
    assert "another decision than it says" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"ground": "hardship"}, "ground", "Choose one of the grounds"),
        ({"ground": ""}, "ground", "Choose one of the grounds"),
        ({"reason": "Because."}, "reason", "too short"),
        ({"reason": "word " * 130}, "reason", "too long"),
        ({"reason": "Unfortunately the vehicle is too high, but we allow it."}, "reason", "Lead with the answer"),
        ({"evidence": ()}, "evidence", "Choose the evidence"),
        ({"evidence": ("hearsay",)}, "evidence", "only evidence that the policy allows"),
        ({"kept_at": ""}, "evidence", "where the evidence is kept"),
    ],
)
async def test_grounds_that_the_policy_does_not_allow(
    chat: Chat, brain: FakeBrain, services: Services, ana: Account, change: dict[str, Any], code: str, says: str
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    told = await refused(services, case, row, ana, replace(GOOD, **change))
    assert told.code == code
    assert says in str(told)


async def test_only_the_post_that_the_policy_names_may_depart(
    chat: Chat, brain: FakeBrain, services: Services, store: Store
) -> None:
    ben = await account(store, "ben", "waste_supervisor")
    case, row = await reviewed(chat, brain, services, ben)
    told = await refused(services, case, row, ben)
    assert told.code == "post"
    assert "Parking team leader" in str(told)


async def test_only_who_has_the_case_may_depart(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    other = await account(store, "cara", "parking_team_leader")
    with pytest.raises(claims.NotYours):
        await depart(services, case, row, other)
    assert len(await chain(store)) == 1


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        ({"car_free_home": True}, "rule", "'Car-free homes' (RP-2) cannot be left out"),
        ({"permits_held": 1}, "nothing", "Nothing speaks against"),
        ({"vehicle_height": "2.4", "in_zone": False}, "rule", "'Home in a zone'"),
    ],
)
async def test_rules_that_nobody_may_leave_out(
    chat: Chat, brain: FakeBrain, services: Services, ana: Account, facts: dict[str, Any], code: str, says: str
) -> None:
    case, row = await reviewed(chat, brain, services, ana, kept(**facts))
    told = await refused(services, case, row, ana)
    assert told.code == code
    assert says in str(told)


async def test_a_policy_without_discretion_leaves_no_room(
    chat: Chat, brain: FakeBrain, services: Services, ana: Account
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    policy = services.policies.policy("resident-permit")
    strict = replace(policy, versions=tuple(replace(one, discretion=None) for one in policy.versions))
    library = replace(services.policies, policies={policy.id: strict})
    told = await refused(replace(services, policies=library), case, row, ana)
    assert told.code == "policy"
    gone = replace(services, policies=replace(services.policies, policies={}))
    assert (await refused(gone, case, row, ana)).code == "gone"
    changed = replace(policy, versions=tuple(replace(one, sha256="other") for one in policy.versions))
    edited = replace(services, policies=replace(services.policies, policies={policy.id: changed}))
    assert (await refused(edited, case, row, ana)).code == "gone"


async def test_a_decision_is_departed_from_once_also_when_pressed_twice(
    chat: Chat, brain: FakeBrain, services: Services, store: Store, ana: Account
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    done = await asyncio.gather(*(depart(services, case, row, ana) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NotAllowed", "NotAllowed", "dict"]
    rows = await chain(store)
    assert len(rows) == 2
    assert (await refused(services, case, rows[1], ana)).code == "departure"
    told = await refused(services, case, row, ana)
    assert told.code == "done"
    assert rows[1].reference in str(told)


async def test_a_decision_of_another_conversation_is_not_here(
    chat: Chat, brain: FakeBrain, services: Services, ana: Account
) -> None:
    case, row = await reviewed(chat, brain, services, ana)
    assert (await refused(services, case, replace(row, reference="N-0000-0000"), ana)).code == "unknown"


async def test_what_needs_a_person_can_be_granted_by_one(
    chat: Chat, brain: FakeBrain, services: Services, store: Store
) -> None:
    supervisor = await account(store, "sol", "waste_supervisor")
    facts = {"in_northmere": True, "cannot_move": True, "able_adult": True, "distance": 5, "clear_path": True}
    state = {"application": {"policy": "assisted-bins", "facts": facts, "question": "@confirm"}}
    await do(chat, brain, state)
    await do(chat, brain, {"decide": True})
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    await claims.claim(store, case.id, supervisor, services.council)
    [row] = await chain(store)
    assert json.loads(row.record)["outcome"] == "refer"
    record = await depart(services, case, row, supervisor, replace(GOOD, ground="carer", evidence=("visit",)))
    assert record["outcome"] == "grant"
    assert await replay_command.replay_all(store) == 0
