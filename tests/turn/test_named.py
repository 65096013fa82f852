"""A follow-up is about the decision that it names; and no log repeats what a citizen told."""

from __future__ import annotations

import json
import logging

import pytest

from bot.store import Store, cases
from bot.text import phrases
from tests.fakes import FakeBrain, StillAmbient
from tests.turn.test_effects import chain, chat, do, kept
from tests.turn.test_turn import Chat

__all__ = ["chat"]


async def two(chat: Chat, brain: FakeBrain, store: Store) -> tuple[str, str]:
    """Two decisions in one chat: the older one, and the newer one."""
    for height in ("2.4", "2.5"):
        await do(chat, brain, kept(vehicle_height=height))
        await do(chat, brain, {"decide": True})
    older, newer = await chain(store)
    return older.reference, newer.reference


async def test_the_record_of_the_decision_that_is_named_is_told(chat: Chat, brain: FakeBrain, store: Store) -> None:
    older, newer = await two(chat, brain, store)
    for text, wanted in ((f"why {older.lower()}?", older), (f"why {newer}?", newer), ("why?", newer)):
        await do(chat, brain, {}, text=text, intent="why")
        assert brain.told[-1]["record"]["reference"] == wanted
    await do(chat, brain, {}, text="why N-0000-0000?", intent="why")
    assert "record" not in brain.told[-1]


async def test_a_review_is_of_the_decision_that_is_named(chat: Chat, brain: FakeBrain, store: Store) -> None:
    older, _ = await two(chat, brain, store)
    said = await do(chat, brain, {"review": True}, text="please review N-0000-0000")
    assert said[-1] == phrases.NEEDS_CODE
    said = await do(chat, brain, {"review": True}, text=f"please review {older}")
    assert phrases.REVIEW.format(reference=older) in said
    async with store.read() as connection:
        case = await cases.open_of(connection, chat.conversation.id)
    assert case
    assert case.brief["record"]["reference"] == older


async def test_a_review_of_a_yes_says_that_it_was_one_and_asks_what_to_look_at(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    await do(chat, brain, kept(permits_held=0, vehicle_height="1.8"))
    await do(chat, brain, {"decide": True})
    [made] = await chain(store)
    assert json.loads(made.record)["outcome"] == "grant"
    said = await do(chat, brain, {"review": True}, text=f"please review {made.reference}")
    assert phrases.REVIEW_OF_A_YES.format(reference=made.reference) in said
    async with store.read() as connection:
        assert await cases.open_of(connection, chat.conversation.id)


async def test_the_log_does_not_repeat_a_fact(
    chat: Chat, brain: FakeBrain, ambient: StillAmbient, caplog: pytest.LogCaptureFixture
) -> None:
    await do(chat, brain, kept())
    ambient.wait(-3600.0 * 24 * 120)  # the day of the proof is now to come
    with caplog.at_level(logging.WARNING):
        assert await do(chat, brain, {"decide": True}) == [phrases.NOT_DECIDED]
    assert "does not decide" in caplog.text
    assert "2026-10-01" not in caplog.text
