"""Misses, drafts and the record of publications, on either engine."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Store, conversations, drafts, misses, publications, staff
from bot.store.drafts import Outdated
from bot.store.staff import Role

CONTENT: dict[str, Any] = {"fields": None, "text": None, "base": None, "add": [], "remove": []}


async def test_a_message_is_kept_once_and_dealt_with(store: Store) -> None:
    async with store.write() as tx:
        talk = await conversations.create(tx, channel="website", token="secret")
        assert await misses.add(tx, talk.id, 1, question="hens", kind="unknown", offered=["answer/a"])
        assert not await misses.add(tx, talk.id, 1, question="other", kind="unclear")
        assert await misses.add(tx, talk.id, 1, question="hens", kind="unhelpful", answer="a")
        assert await misses.add(tx, talk.id, 2, question="geese", kind="unclear")
    async with store.write() as tx:
        found = await misses.waiting(tx.connection)
        assert {(one.question, one.kind, one.answer) for one in found} == {
            ("hens", "unhelpful", "a"),
            ("geese", "unclear", None),
        }
        assert await misses.counts(tx.connection) == {"unhelpful": 1, "unclear": 1}
        await misses.set_state(tx, [found[0].id], "used")
        assert [one.id for one in await misses.waiting(tx.connection)] == [found[1].id]
        await misses.forget(tx, talk.id)
        assert await misses.counts(tx.connection) == {}


async def test_a_draft_is_changed_only_as_it_was_read(store: Store) -> None:
    async with store.write() as tx:
        editor = await staff.add(tx, username="edie", name="Edie", role=Role.EDITOR, password_hash="-")
        new = await drafts.add(tx, answer="a", content=CONTENT, editor=editor, bears_policy=False)
    async with store.write() as tx:
        draft = await drafts.get(tx.connection, new)
        assert draft is not None
        await drafts.change(tx, draft, state="trying")
        await drafts.note_trial(tx, new, {"step": "checking"})
    with pytest.raises(Outdated):
        async with store.write() as tx:
            await drafts.change(tx, draft, state="dropped")
    async with store.read() as connection:
        [now] = await drafts.in_states(connection, "trying")
        assert (now.revision, now.trial, now.editors) == (2, {"step": "checking"}, [editor])


async def test_the_record_counts_up_and_names_who_and_what_was_undone(store: Store) -> None:
    async with store.write() as tx:
        edie, ola = [
            await staff.add(tx, username=name, name=name.title(), role=Role.EDITOR, password_hash="-")
            for name in ("edie", "ola")
        ]
        values: dict[str, Any] = {
            "answer": "a",
            "title": "A",
            "added": ["x"],
            "removed": [],
            "figures": {},
            "editors": [edie],
        }
        values |= {"before": None, "after": "text", "published_by": edie}
        one = await publications.add(tx, draft_id="1" * 32, undoes=None, approved_by=ola, **values)
        two = await publications.add(tx, draft_id="2" * 32, undoes=one, approved_by=None, **values)
    async with store.read() as connection:
        assert [each.number for each in await publications.everything(connection)] == [two, one] == [2, 1]
        first = await publications.get(connection, one)
        assert first is not None
        assert (first.publisher, first.approver, first.undone_by, first.after) == ("Edie", "Ola", two, "text")
        assert await publications.of_draft(connection, "2" * 32) == await publications.get(connection, two)
