from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.store import Store, conversations, erasing, links, messages, outbox, telegram
from bot.store.messages import Draft, Sender
from bot.store.telegram import Update
from tests.fakes import StillAmbient

HOLD = timedelta(seconds=1)
BOT = "12"


async def keep(store: Store, *given: tuple[int, str], hold: timedelta = HOLD) -> list[int]:
    async with store.write() as tx:
        return await telegram.keep(tx, BOT, [Update(number, chat, {"n": number}) for number, chat in given], hold)


async def deal(store: Store) -> int | None:
    async with store.write() as tx:
        found = await telegram.next_ready(tx, BOT)
        if found:
            assert found.payload == {"n": found.update_id}
            await telegram.done(tx, BOT, found.update_id, "text")
        return found.update_id if found else None


async def test_an_update_is_kept_once_also_when_it_comes_twice_at_once(store: Store) -> None:
    assert await keep(store, (5, "a"), (5, "a"), (4, "b")) == [4, 5]
    found = await asyncio.gather(*[keep(store, (6, "a"), (5, "a")) for _ in range(4)])
    assert sorted(found) == [[], [], [], [6]]


async def test_a_gap_is_waited_for_and_not_for_ever(store: Store, ambient: StillAmbient) -> None:
    await keep(store, (10, "a"))
    assert await deal(store) is None  # nobody knows yet what comes before
    ambient.wait(1)
    assert await deal(store) == 10
    await keep(store, (13, "a"), (12, "b"))
    assert await deal(store) is None
    await keep(store, (11, "a"))
    assert [await deal(store) for _ in range(4)] == [11, 12, 13, None]
    await keep(store, (20, "a"))
    assert await deal(store) is None
    ambient.wait(1)
    assert await deal(store) == 20
    await keep(store, (90, "a"), hold=timedelta(0))  # polled: nothing lower can come
    assert await deal(store) == 90
    async with store.read() as connection:
        assert await telegram.next_due(connection, BOT) is None
        assert set((await telegram.outcomes(connection, BOT)).values()) == {"text"}


async def test_two_gateways_never_deal_with_one_chat_out_of_order(store: Store) -> None:
    await keep(store, (1, "a"), (2, "a"), (3, "b"), hold=timedelta(0))
    if store.is_sqlite:  # there a second writer waits
        return
    async with store.write() as tx:
        first = await telegram.next_ready(tx, BOT)
        assert first
        assert first.update_id == 1
        assert await deal(store) == 3
        assert await deal(store) is None
        await telegram.done(tx, BOT, 1, "text")
    assert await deal(store) == 2


async def test_conversations_are_linked_and_left(store: Store) -> None:
    async with store.write() as tx:
        a, b, c = [await conversations.create(tx, channel="website") for _ in range(3)]
        await links.join(tx, a, b)
        joined = await conversations.get(tx.connection, b.id)
        assert joined
        await links.join(tx, joined, c)
        every = [await conversations.get(tx.connection, one.id) for one in (a, b, c)]
        assert len({one.person_id for one in every if one}) == 1
        assert every[0]
        assert {other.id for other in await links.linked(tx.connection, every[0])} == {b.id, c.id}
        await links.leave(tx, every[0])
        assert every[1]
        assert [other.id for other in await links.linked(tx.connection, every[1])] == [c.id]
        await links.leave(tx, every[1])
        alone = await conversations.get(tx.connection, c.id)
        assert alone
        assert alone.person_id is None


async def test_what_was_said_is_erased_and_the_address_forgotten_once_the_goodbye_is_out(store: Store) -> None:
    async with store.write() as tx:
        chat = await conversations.create(tx, channel="telegram", account=BOT, external_id="7", address="7")
        await messages.append(tx, chat, Sender.CITIZEN, Draft("secret", {"note": "secret"}))
        await messages.append(tx, chat, Sender.BOT, Draft("You said: secret"), fence=0)
        await erasing.erase(tx, chat.id)
        await messages.append(tx, chat, Sender.SYSTEM, Draft("Goodbye."))
        await conversations.end(tx, chat.id)
    async with store.write() as tx:
        assert await conversations.open_at(tx.connection, "telegram", BOT, "7") is None
        assert [m.text for m in await messages.of_conversation(tx.connection, chat.id)] == ["", "", "Goodbye."]
        assert await erasing.forget_addresses(tx) == 0
        [goodbye] = await outbox.take(tx, "telegram", tx.now + HOLD)
        await outbox.mark_sent(tx, goodbye.id)
        assert await erasing.forget_addresses(tx) == 1
        left = await conversations.get(tx.connection, chat.id)
        assert left
        assert left.address is None
