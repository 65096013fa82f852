from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.store import Store, conversations, events, messages
from bot.store.conversations import Conversation, Mode, WrongOwner
from bot.store.messages import Draft, Sender
from tests.fakes import StillAmbient


async def test_the_bot_cannot_speak_once_a_person_owns_the_conversation(
    store: Store, conversation: Conversation
) -> None:
    async with store.write() as tx:
        await messages.append(tx, conversation, Sender.BOT, Draft("Hello."), fence=0)
        await conversations.change_mode(tx, conversation.id, Mode.WAITING, of={Mode.BOT})

    async def speak(fence: int) -> None:
        async with store.write() as tx:
            await messages.append(tx, conversation, Sender.BOT, Draft("Late."), fence=fence)

    for fence in (0, 1):  # in the old epoch, and with the new one while a person is waited for
        with pytest.raises(WrongOwner):
            await speak(fence)
    async with store.read() as connection:
        assert [m.text for m in await messages.of_conversation(connection, conversation.id)] == ["Hello."]


async def test_the_bot_cannot_speak_without_a_fence(store: Store, conversation: Conversation) -> None:
    async with store.write() as tx:
        with pytest.raises(ValueError, match="epoch"):
            await messages.append(tx, conversation, Sender.BOT, Draft("Hello."))


async def test_the_epoch_rises_at_every_change_of_owner(store: Store, conversation: Conversation) -> None:
    steps = [(Mode.WAITING, {Mode.BOT}), (Mode.HUMAN, {Mode.WAITING}), (Mode.BOT, {Mode.HUMAN})]
    for expected, (mode, of) in enumerate(steps, start=1):
        async with store.write() as tx:
            assert await conversations.change_mode(tx, conversation.id, mode, of=of) == expected
    async with store.write() as tx:
        with pytest.raises(WrongOwner):
            await conversations.change_mode(tx, conversation.id, Mode.HUMAN, of={Mode.WAITING})


async def test_only_the_right_token_opens_a_conversation(store: Store, conversation: Conversation) -> None:
    async with store.write() as tx:
        other = await conversations.create(tx, channel="website", token="other")
    async with store.read() as connection:
        assert await conversations.by_token(connection, conversation.id, "secret") == conversation
        assert await conversations.by_token(connection, other.id, "secret") is None
        assert await conversations.by_token(connection, conversation.id, "") is None
        assert await conversations.by_token(connection, "no such id", "secret") is None
    async with store.write() as tx:
        await conversations.end(tx, conversation.id)
    async with store.read() as connection:
        assert await conversations.by_token(connection, conversation.id, "secret") is None


async def test_one_holds_the_lease_until_it_ends(
    store: Store, conversation: Conversation, ambient: StillAmbient
) -> None:
    async def take(owner: str) -> bool:
        async with store.write() as tx:
            return (
                await conversations.take_lease(tx, conversation.id, owner, tx.now + timedelta(seconds=10)) is not None
            )

    assert sum(await asyncio.gather(*(take(f"worker {n}") for n in range(10)))) == 1
    ambient.wait(11)
    assert await take("after a crash")
    assert await take("after a crash")  # to take it again renews it
    async with store.write() as tx:
        await conversations.release_lease(tx, conversation.id, "somebody else")
    assert not await take("somebody else")


async def test_events_are_seen_in_order_and_none_is_missed_by_one_who_reads_along(store: Store) -> None:
    async with store.write() as tx:
        talks = [await conversations.create(tx, channel="website") for _ in range(5)]
    seen: list[int] = []
    writing = True

    async def write(conversation: Conversation) -> None:
        for _ in range(20):
            async with store.write() as tx:
                await messages.append(tx, conversation, Sender.CITIZEN, Draft("x"))

    async def read() -> None:
        while True:
            last_round = not writing
            async with store.read() as connection:
                seen.extend(event.id for event in await events.after(connection, seen[-1] if seen else 0))
            if last_round:
                return
            await asyncio.sleep(0)

    reader = asyncio.create_task(read())
    await asyncio.gather(*map(write, talks))
    writing = False
    await reader
    assert seen == sorted(set(seen))
    assert len(seen) == 100


async def test_a_button_works_only_in_the_conversation_that_showed_it(store: Store, conversation: Conversation) -> None:
    buttons = {"buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]}
    async with store.write() as tx:
        other = await conversations.create(tx, channel="website")
        await messages.append(tx, conversation, Sender.BOT, Draft("Well?", buttons), fence=0)
    async with store.read() as connection:
        assert await messages.button(connection, conversation.id, "1-2") == {
            "id": "1-2",
            "title": "No",
            "payload": "/deny",
        }
        for conversation_id, button_id in [
            (other.id, "1-2"),
            (conversation.id, "1-3"),
            (conversation.id, "²-1"),
            (conversation.id, "99999999999999999999-1"),
            (conversation.id, "/affirm"),
        ]:
            assert await messages.button(connection, conversation_id, button_id) is None
