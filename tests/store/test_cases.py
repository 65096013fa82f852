from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from bot.desk import status
from bot.store import Store, applications, cases, conversations, decisions, staff
from bot.store.cases import AlreadyClaimed, Case
from bot.store.conversations import Conversation, Mode
from bot.store.decisions import Decision, StoredWords
from bot.store.staff import Role
from tests.fakes import StillAmbient


async def open_one(store: Store, conversation: Conversation) -> Case:
    async with store.write() as tx:
        return await cases.open_case(tx, conversation, reason="asked", brief={}, answer_by=None)


async def add_staff(store: Store, name: str) -> str:
    async with store.write() as tx:
        return await staff.add(tx, username=name, name=name.title(), role=Role.AGENT, password_hash="-")


async def test_of_many_who_claim_at_once_one_wins_and_the_others_learn_who(
    store: Store, conversation: Conversation
) -> None:
    case = await open_one(store, conversation)
    people = [await add_staff(store, f"person{n}") for n in range(20)]

    async def claim(staff_id: str) -> str:
        try:
            async with store.write() as tx:
                return (await cases.claim(tx, case.id, staff_id)).owner_name or ""
        except AlreadyClaimed as lost:
            return f"lost to {lost.case.owner_name}"

    results = await asyncio.gather(*map(claim, people))
    [winner] = [result for result in results if not result.startswith("lost")]
    assert results.count(f"lost to {winner}") == 19


async def test_a_conversation_has_one_open_case_at_most(store: Store, conversation: Conversation) -> None:
    case = await open_one(store, conversation)
    with pytest.raises(IntegrityError):
        await open_one(store, conversation)
    async with store.write() as tx:
        await cases.close(tx, case, "closed")
    second = await open_one(store, conversation)
    assert (case.reference, second.reference) == ("C-1001", "C-1002")
    async with store.read() as connection:
        assert (await cases.open_of(connection, conversation.id)) == second


async def decide_one(store: Store, conversation: Conversation) -> Decision:
    async with store.write() as tx:
        await applications.keep(
            tx, conversation, policy="resident-permit", values={}, question=None, last_fact=None, misses=0, seq=1,
            at=tx.now,
        )  # fmt: skip
        applied = await applications.open_of(tx.connection, conversation.id)
        assert applied
        new_id, words = tx.ambient.new_id(), StoredWords("0" * 64, "en", "{}")
        row = Decision(
            1, new_id, "N-12AB-34CD", conversation.id, applied.id, "{}", "1" * 64, None, words.sha256, tx.now
        )
        await decisions.append(tx, row, words)
    return row


async def test_of_many_who_ask_for_a_review_at_once_one_opens_it(store: Store, conversation: Conversation) -> None:
    row = await decide_one(store, conversation)
    async with store.write() as tx:
        talks = [await conversations.create(tx, channel="website") for _ in range(10)]
    brief = {"record": {"reference": row.reference}}

    async def ask(talk: Conversation) -> bool:
        async with store.write() as tx:
            await conversations.lock(tx, talk.id)
            if await status.under_way(tx, row):
                return False
            await cases.open_case(tx, talk, reason="review", brief=brief, answer_by=None)
            return True

    assert sum(await asyncio.gather(*map(ask, talks))) == 1
    async with store.read() as connection:
        assert await cases.reviewed(connection) == {row.reference}


async def test_of_several_reviews_the_open_one_counts_and_then_the_last(store: Store) -> None:
    opened = []
    brief = {"record": {"reference": "N-12AB-34CD"}}
    async with store.write() as tx:
        for reason in ("review", "referred", "asked"):
            talk = await conversations.create(tx, channel="website")
            opened.append(await cases.open_case(tx, talk, reason=reason, brief=brief, answer_by=None))
        await cases.close(tx, opened[1], "closed")
        found = [await cases.review_of(tx.connection, {"N-12AB-34CD", "N-0000-0000"})]
        await cases.close(tx, opened[0], "left")
        found.append(await cases.review_of(tx.connection, {"N-12AB-34CD"}))
        found.append(await cases.review_of(tx.connection, {"N-0000-0000"}))
    assert [case and case.id for case in found] == [opened[0].id, opened[1].id, None]


async def test_numbers_are_not_given_twice(store: Store) -> None:
    async with store.write() as tx:
        talks = [await conversations.create(tx, channel="website") for _ in range(10)]
    opened = await asyncio.gather(*(open_one(store, talk) for talk in talks))
    assert sorted(case.number for case in opened) == list(range(1001, 1011))


async def test_the_queue_is_in_order_and_tells_each_its_place(store: Store, ambient: StillAmbient) -> None:
    opened = []
    for _ in range(3):
        async with store.write() as tx:
            conversation = await conversations.create(tx, channel="website")
        opened.append(await open_one(store, conversation))
        ambient.wait(60)
    async with store.read() as connection:
        assert await cases.waiting(connection) == opened
        assert [await cases.position(connection, case) for case in opened] == [1, 2, 3]
    owner = await add_staff(store, "sam")
    async with store.write() as tx:
        await cases.claim(tx, opened[0].id, owner)
    async with store.read() as connection:
        assert [await cases.position(connection, case) for case in opened[1:]] == [1, 2]


async def test_a_closed_case_cannot_be_claimed(store: Store, conversation: Conversation) -> None:
    case, owner = await open_one(store, conversation), await add_staff(store, "sam")
    async with store.write() as tx:
        await cases.close(tx, case, "left")
    async with store.write() as tx:
        with pytest.raises(AlreadyClaimed):
            await cases.claim(tx, case.id, owner)


async def test_the_database_itself_refuses_a_mode_that_does_not_exist(store: Store, conversation: Conversation) -> None:
    async with store.write() as tx:
        with pytest.raises(IntegrityError):
            await conversations.change_mode(tx, conversation.id, "nobody", of={Mode.BOT})  # type: ignore[arg-type]
