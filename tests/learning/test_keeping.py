"""Which questions of citizens are kept for editors, and which must not be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Store, applications, misses
from bot.store.conversations import Conversation
from bot.store.misses import Miss
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.turn.test_turn import Chat

BUTTONS = [
    {"title": "Missed bin", "payload": "/answer/missed-bin"},
    {"title": "Talk to a person", "payload": "/person"},
]


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


def says(brain: FakeBrain, kind: str, id: str = "x", **more: Any) -> None:
    """Rasa answers everything with this."""

    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"text": "Said.", "custom": {"kind": kind, "id": id, **more}}]

    brain.script = script


async def kept(store: Store) -> list[Miss]:
    async with store.read() as connection:
        return await misses.waiting(connection)


async def test_what_got_no_answer_is_kept_masked(chat: Chat, brain: FakeBrain, store: Store) -> None:
    says(brain, "clarify", "unclear", buttons=BUTTONS)
    await chat.say("hens? I am Ann Lee, 07700 900123")
    [one] = await kept(store)
    assert (one.question, one.kind, one.offered) == ("hens? I am [name], [phone]", "unclear", ["answer/missed-bin"])


@pytest.mark.parametrize(
    ("kind", "id", "as_kind"),
    [
        ("non_answer", "unknown", "unknown"),
        ("non_answer", "elsewhere/passport", "elsewhere/passport"),
        ("service", "510", "service"),
        ("non_answer", "crisis", None),
        ("non_answer", "not_allowed/abuse", None),
        ("answer", "missed-bin", None),
        ("policy", "missed-bin", None),
        ("small_talk", "greet", None),
    ],
)
async def test_kinds(chat: Chat, brain: FakeBrain, store: Store, kind: str, id: str, as_kind: str | None) -> None:
    says(brain, kind, id)
    await chat.say("hens")
    assert [one.kind for one in await kept(store)] == ([as_kind] if as_kind else [])


async def test_words_of_danger_and_buttons_are_not_kept(chat: Chat, brain: FakeBrain, store: Store) -> None:
    says(brain, "clarify", "unclear", buttons=BUTTONS)
    await chat.say("i want to kill myself")
    assert await kept(store) == []


async def test_nothing_is_kept_while_a_request_is_filled_in(chat: Chat, brain: FakeBrain, store: Store) -> None:
    async with store.write() as tx:
        await applications.keep(
            tx, chat.conversation, policy="blue-badge-review", values={}, question=None, last_fact=None, misses=0,
            seq=1, at=tx.now,
        )  # fmt: skip
    says(brain, "non_answer", "unknown")
    await chat.say("my legs are bad")
    assert await kept(store) == []


async def test_an_answer_that_did_not_help_brings_its_question(chat: Chat, brain: FakeBrain, store: Store) -> None:
    says(brain, "answer", "missed-bin")
    await chat.say("hens in my bin")
    answer = (await chat.said())[-1]
    [button] = answer.body["buttons"]
    assert button["title"] == "That did not help"
    await chat.accept(button=button["id"])
    await chat.settle()
    assert "our editors will see your question" in (await chat.said())[-1].text
    await chat.accept(button=button["id"])
    await chat.settle()
    [one] = await kept(store)
    assert (one.question, one.kind, one.answer) == ("hens in my bin", "unhelpful", "missed-bin")
    assert len(brain.heard) == 1  # Rasa has no part in it


async def test_a_service_that_did_not_help_is_one_question(chat: Chat, brain: FakeBrain, store: Store) -> None:
    says(brain, "service", "510")
    await chat.say("hens")
    await chat.accept(button=(await chat.said())[-1].body["buttons"][-1]["id"])
    await chat.settle()
    [one] = await kept(store)
    assert (one.kind, one.answer) == ("unhelpful", "510")
