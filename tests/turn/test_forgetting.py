"""An ended conversation is forgotten by Rasa too, however long Rasa is down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.desk import ending
from bot.store import Store, conversations, forgetting
from bot.store.conversations import Conversation
from bot.turn.context import Services
from bot.turn.forgetting import Forgetter
from tests.fakes import FakeBrain, StillAmbient

DAY = 24 * 3600.0


@pytest.fixture
async def ended(store: Store, conversation: Conversation) -> Conversation:
    async with store.write() as tx:
        await ending.delete(tx, conversation, "Gone.", "Kept.")
    return conversation


async def left(store: Store) -> list[str]:
    """The conversations that Rasa still has to forget, whenever they are due."""
    async with store.read() as connection:
        found = await forgetting.due(connection, store.ambient.now() + timedelta(days=99))
    return [wish.conversation_id for wish in found]


async def test_it_is_forgotten_at_once_and_once_more_when_no_turn_can_run(
    ended: Conversation, services: Services, store: Store, brain: FakeBrain, ambient: StillAmbient
) -> None:
    forgetter = Forgetter(services)
    assert await forgetter.some() == 0
    assert brain.forgotten == [ended.id]
    assert await forgetter.some() == 0
    assert brain.forgotten == [ended.id]  # not due yet
    ambient.wait(120)
    assert await forgetter.some() == 1
    assert brain.forgotten == [ended.id] * 2
    assert await left(store) == []


async def test_a_rasa_that_is_down_is_asked_until_it_has_forgotten(
    ended: Conversation, services: Services, store: Store, brain: FakeBrain, ambient: StillAmbient
) -> None:
    brain.down = "not_ready"
    for _ in range(30):
        assert await Forgetter(services).some() == 0  # each time another process
        ambient.wait(DAY)
        assert await left(store) == [ended.id]
    brain.down = None
    assert await Forgetter(services).some() == 1
    assert brain.forgotten == [ended.id]
    assert await left(store) == []


async def test_one_that_goes_on_is_not_forgotten(
    conversation: Conversation, services: Services, store: Store, brain: FakeBrain
) -> None:
    await Forgetter(services).some()
    assert brain.forgotten == []
    assert await left(store) == []


async def test_the_wish_is_stored_with_the_end_or_not_at_all(store: Store, conversation: Conversation) -> None:
    async def crash() -> None:
        async with store.write() as tx:
            await conversations.end(tx, conversation.id)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await crash()
    assert await left(store) == []


async def test_it_runs_beside_the_gateway_and_stops(ended: Conversation, services: Services, brain: FakeBrain) -> None:
    forgetter = Forgetter(services)
    await forgetter.start()
    await forgetter.stop()
    assert brain.forgotten in ([], [ended.id])
