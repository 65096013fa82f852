from __future__ import annotations

import asyncio
import random

import pytest

from bot.store import Store, conversations, inbox, messages
from bot.store.conversations import Conversation
from bot.store.inbox import Conflict
from bot.store.messages import Draft, Message


async def receive(store: Store, conversation: Conversation, external_id: str, text: str) -> tuple[Message, bool]:
    async with store.write() as tx:
        return await inbox.receive(
            tx,
            conversation,
            account=conversation.id,
            external_id=external_id,
            content={"text": text},
            draft=Draft(text),
        )


async def said(store: Store, conversation: Conversation) -> list[tuple[int, str]]:
    async with store.read() as connection:
        return [(m.seq, m.text) for m in await messages.of_conversation(connection, conversation.id)]


async def test_the_same_message_again_is_stored_once(store: Store, conversation: Conversation) -> None:
    first, new = await receive(store, conversation, "a", "hello")
    again, new_again = await receive(store, conversation, "a", "hello")
    assert (new, new_again) == (True, False)
    assert again == first
    assert await said(store, conversation) == [(1, "hello")]


async def test_the_same_id_for_other_words_is_a_conflict(store: Store, conversation: Conversation) -> None:
    await receive(store, conversation, "a", "hello")
    with pytest.raises(Conflict):
        await receive(store, conversation, "a", "something else")
    assert await said(store, conversation) == [(1, "hello")]


async def test_the_same_id_in_another_conversation_of_one_account_is_a_conflict(store: Store) -> None:
    async with store.write() as tx:
        one = await conversations.create(tx, channel="telegram", account="bot", external_id="1")
        other = await conversations.create(tx, channel="telegram", account="bot", external_id="2")
    for conversation, expected in ((one, None), (other, Conflict)):
        async with store.write() as tx:
            call = inbox.receive(
                tx, conversation, account="bot", external_id="u1", content={"text": "x"}, draft=Draft("x")
            )
            if expected is None:
                await call
            else:
                with pytest.raises(expected):
                    await call


async def test_copies_sent_at_once_make_one_row_each_and_a_dense_order(store: Store) -> None:
    random.seed(7)
    talks = []
    async with store.write() as tx:
        for _ in range(4):
            talks.append(await conversations.create(tx, channel="website"))
    sends = [(talk, f"m{n}") for talk in talks for n in range(20) for _ in range(random.randint(1, 4))]
    random.shuffle(sends)
    results = await asyncio.gather(*(receive(store, talk, key, f"text of {key}") for talk, key in sends))
    assert sum(new for _message, new in results) == 80
    for talk in talks:
        stored = await said(store, talk)
        assert [seq for seq, _ in stored] == list(range(1, 21))
        assert len({text for _, text in stored}) == 20


async def test_a_message_is_settled_once(store: Store, conversation: Conversation) -> None:
    message, _ = await receive(store, conversation, "a", "hello")
    async with store.write() as tx:
        assert await inbox.settle(tx, message.id, "answered")
    async with store.write() as tx:
        assert not await inbox.settle(tx, message.id, "answered")
        assert not await inbox.postpone(tx, message.id, tx.now)
    async with store.read() as connection:
        assert await inbox.next_pending(connection, conversation.id) is None


async def test_pending_messages_come_oldest_first_and_when_due(store: Store, conversation: Conversation) -> None:
    first, _ = await receive(store, conversation, "a", "one")
    second, _ = await receive(store, conversation, "b", "two")
    async with store.write() as tx:
        await inbox.postpone(tx, first.id, tx.now.replace(year=2030))
    async with store.read() as connection:
        item = await inbox.next_pending(connection, conversation.id)
        assert item is not None
        assert (item.id, item.told, item.attempts) == (first.id, True, 1)
        later = await inbox.next_pending(connection, conversation.id, after=1)
        assert later is not None
        assert later.id == second.id
        assert await inbox.due_conversations(connection, store.ambient.now()) == [conversation.id]
