"""The gateway decides only for a yes to the read-back of exactly these facts, whatever the actions say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.store import Store
from bot.store.conversations import Conversation
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.turn.test_effects import PERMIT, application, chain, do, kept, read_back, says
from tests.turn.test_turn import Chat


@pytest.fixture
def chat(services: Services, conversation: Conversation) -> Chat:
    return Chat(services, conversation)


@pytest.mark.parametrize(
    "text", ["no", "hello", "1.5", "yes but not now", "yes?", "I want a permit", "right turn", "/no"]
)
async def test_only_a_yes_decides_whatever_the_actions_say(
    chat: Chat, brain: FakeBrain, store: Store, text: str
) -> None:
    await do(chat, brain, kept())
    said = await do(chat, brain, {"decide": True}, text=text)
    assert await chain(store) == []
    found = await application(store, chat)
    assert found
    assert found.values == PERMIT
    assert said == [said[0]]
    assert said[0].startswith("Nothing has been decided yet.")
    assert "The height of the vehicle: 1.5 m" in said[0]
    await do(chat, brain, {"decide": True}, text="yes that's right")  # to the facts read back once more
    assert len(await chain(store)) == 1


async def test_a_button_alone_that_means_yes_decides(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept())
    brain.script = says({"decide": True})
    await chat.accept(button="2-2")  # 'Change something'
    await chat.settle()
    assert await chain(store) == []
    await chat.accept(button="2-1")  # 'That is right'
    await chat.settle()
    assert len(await chain(store)) == 1


async def test_a_yes_to_other_facts_does_not_decide(chat: Chat, brain: FakeBrain, store: Store) -> None:
    await do(chat, brain, kept(permits_held=1))
    await do(chat, brain, kept(permits_held=2))
    brain.script = says({"decide": True})
    await chat.accept(button="2-1")  # below the first facts
    await chat.settle()
    assert await chain(store) == []
    await chat.accept(button="4-1")
    await chat.settle()
    [row] = await chain(store)
    assert json.loads(row.record)["outcome"] == "refuse"


async def test_a_yes_to_something_else_or_sent_too_early_does_not_decide(
    chat: Chat, brain: FakeBrain, store: Store
) -> None:
    await do(chat, brain, kept())
    await do(chat, brain, {}, text="no")  # "Which of these is not right?"
    await do(chat, brain, {"decide": True}, text="yes")
    assert await chain(store) == []
    await do(chat, brain, kept(), text="carry on")
    await chat.accept(text="the height is 1.6")
    await chat.accept(text="yes")  # before what follows was read

    async def script(content: dict[str, Any]) -> list[dict[str, Any]]:
        return await says({"decide": True} if content["text"] == "yes" else kept(vehicle_height="1.6"))(content)

    brain.script = script
    await chat.settle()
    assert await chain(store) == []
    found = await application(store, chat)
    assert found
    assert found.values["vehicle_height"] == "1.6"


@pytest.mark.parametrize("lie", ["nothing", "text", "list", "more"])
async def test_facts_that_were_not_read_back_as_they_are_are_not_kept_for_a_yes(
    chat: Chat, brain: FakeBrain, store: Store, lie: str
) -> None:
    effect = kept(vehicle_height="2.5")
    honest, other = read_back(effect), read_back(effect, vehicle_height="1.5")
    replies = {
        "nothing": {"text": "Shall I?", "custom": {"kind": "policy", "effect": effect}},
        "text": {**honest, "text": other["text"]},
        "list": {**other, "text": honest["text"]},
        "more": {**honest, "custom": {**honest["custom"], "blocks": honest["custom"]["blocks"] * 2}},
    }

    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [replies[lie]]

    brain.script = script
    assert "The fault is on our side" in (await chat.say("1 October 2026"))[0]
    assert await application(store, chat) is None
