from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.store import Store, conversations, messages, outbox
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender
from bot.store.outbox import Parcel
from tests.fakes import StillAmbient


async def a_talk(store: Store, chat: str, said: int) -> Conversation:
    async with store.write() as tx:
        conversation = await conversations.create(tx, channel="telegram", account="bot", external_id=chat)
        for n in range(said):
            await messages.append(tx, conversation, Sender.BOT, Draft(f"message {n}"), fence=0)
    return conversation


async def take(store: Store) -> list[Parcel]:
    async with store.write() as tx:
        return await outbox.take(tx, "telegram", tx.now + timedelta(seconds=30))


async def test_what_is_said_on_a_channel_that_is_sent_to_waits_in_the_outbox(store: Store) -> None:
    conversation = await a_talk(store, "1", said=2)
    async with store.write() as tx:
        website = await conversations.create(tx, channel="website")
        await messages.append(tx, website, Sender.BOT, Draft("read by the reader"), fence=0)
        await messages.append(tx, conversation, Sender.CITIZEN, Draft("the citizen's own"))
    async with store.read() as connection:
        assert await outbox.count_pending(connection) == 2


async def test_each_conversation_is_sent_to_in_order_one_message_at_a_time(store: Store) -> None:
    one, two = await a_talk(store, "1", said=3), await a_talk(store, "2", said=1)
    order = []
    while parcels := await take(store):
        assert len({parcel.conversation_id for parcel in parcels}) == len(parcels)
        for parcel in parcels:
            order.append((parcel.conversation_id, parcel.seq))
            async with store.write() as tx:
                await outbox.mark_sent(tx, parcel.id)
    assert [seq for talk, seq in order if talk == one.id] == [1, 2, 3]
    assert [seq for talk, seq in order if talk == two.id] == [1]


async def test_two_senders_never_take_the_same(store: Store) -> None:
    for chat in range(10):
        await a_talk(store, str(chat), said=1)
    taken = await asyncio.gather(take(store), take(store), take(store))
    ids = [parcel.id for parcels in taken for parcel in parcels]
    assert len(ids) == len(set(ids)) == 10


async def test_what_a_dead_sender_took_is_taken_again(store: Store, ambient: StillAmbient) -> None:
    await a_talk(store, "1", said=1)
    [parcel] = await take(store)
    assert await take(store) == []
    ambient.wait(31)
    assert await take(store) == [parcel]


async def test_a_failed_sending_waits_and_a_hopeless_one_is_given_up(store: Store, ambient: StillAmbient) -> None:
    await a_talk(store, "1", said=1)
    [parcel] = await take(store)
    async with store.write() as tx:
        await outbox.postpone(tx, parcel.id, tx.now + timedelta(seconds=5), "429")
    assert await take(store) == []
    ambient.wait(6)
    [again] = await take(store)
    assert again.attempts == 1
    async with store.write() as tx:
        await outbox.mark_dead(tx, parcel.id, "blocked by the user")
    ambient.wait(100)
    assert await take(store) == []


async def test_two_conversations_of_one_chat_are_sent_in_the_order_in_which_they_were_said(store: Store) -> None:
    async with store.write() as tx:
        old = await conversations.create(tx, channel="telegram", account="bot", external_id="7~old", address="7")
        new = await conversations.create(tx, channel="telegram", account="bot", external_id="7", address="7")
        same = await conversations.create(tx, channel="telegram", account="other bot", external_id="7", address="7")
        for conversation in (old, new, same):
            await messages.append(tx, conversation, Sender.BOT, Draft("said"), fence=0)
    assert [parcel.conversation_id for parcel in await take(store)] == [old.id, same.id]


async def test_those_of_one_account_are_taken_and_those_in_hand_are_left(store: Store) -> None:
    await a_talk(store, "1", said=2)
    async with store.write() as tx:
        other = await conversations.create(tx, channel="telegram", account="other", external_id="1")
        await messages.append(tx, other, Sender.BOT, Draft("said"), fence=0)
        until = tx.now + timedelta(seconds=30)
        [parcel] = await outbox.take(tx, "telegram", until, account="other")
        assert parcel.conversation_id == other.id
    async with store.write() as tx:
        await outbox.release_all(tx, "telegram")
        assert await outbox.take(tx, "telegram", until, account="other", but=[parcel.id]) == []


async def test_how_far_a_long_message_has_got_is_kept_and_who_died_over_one_is_known(store: Store) -> None:
    await a_talk(store, "1", said=1)
    async with store.read() as connection:
        assert await outbox.in_hand(connection, "telegram") == 0
        assert await outbox.next_due(connection, "telegram") is not None
    [parcel] = await take(store)
    async with store.write() as tx:
        await outbox.mark_part(tx, parcel.id, 2)
    async with store.read() as connection:
        assert await outbox.in_hand(connection, "telegram") == 1
        assert await outbox.next_due(connection, "telegram") is None
    async with store.write() as tx:
        await outbox.release_all(tx, "telegram")
    [again] = await take(store)
    assert again.parts_sent == 2


async def test_when_a_chat_is_gone_nothing_more_is_sent_to_it(store: Store) -> None:
    gone, other = await a_talk(store, "1", said=3), await a_talk(store, "2", said=1)
    async with store.write() as tx:
        assert await outbox.mark_all_dead(tx, gone.id, "blocked") == 3
    assert [parcel.conversation_id for parcel in await take(store)] == [other.id]


async def test_a_line_for_staff_alone_is_never_sent(store: Store) -> None:
    conversation = await a_talk(store, "1", said=0)
    async with store.write() as tx:
        line = await messages.append(tx, conversation, Sender.SYSTEM, Draft("They left."), push=False)
    assert line.internal
    assert await take(store) == []
