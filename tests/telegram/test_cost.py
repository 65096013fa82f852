"""What a message may cost the database: statements and commits, which are what the processor and the disk are for."""

from __future__ import annotations

import asyncio
from collections import Counter

from sqlalchemy import Engine, event

from bot.store import outbox
from tests.fakes import StillAmbient
from tests.telegram.fake_bot_api import FakeBotApi
from tests.telegram.gateway import SECRET, Gateway

CHATS = range(1, 26)  # as many as may leave in one second
#: For a citizen's message, its answer, and the sending of it.
MOST_STATEMENTS = 34
MOST_COMMITS = 2


async def _in_hand(gateway: Gateway) -> int:
    async with gateway.store.read() as connection:
        return await outbox.in_hand(connection, "telegram")


async def test_a_message_costs_few_statements_and_many_at_once_share_commits(
    gateway: Gateway, ambient: StillAmbient, fake: FakeBotApi
) -> None:
    counts: Counter[str] = Counter()

    def statement(_connection: object, _cursor: object, words: str, *_: object) -> None:
        counts["look" if words.startswith("SELECT min(") else words.partition(" ")[0]] += 1

    def commit(_: object) -> None:
        counts["commit"] += 1

    for chat in CHATS:
        fake.person(chat)
    await gateway.take(*(fake.text(chat, "hello") for chat in CHATS))
    await fake.wait_sent(len(CHATS))
    async with asyncio.timeout(90):  # until it is noted when each was sent: the pace counts from there
        while await _in_hand(gateway):
            await asyncio.sleep(0.02)
    ambient.wait(5)
    updates = [fake.text(chat, "when is my bin day") for chat in CHATS]
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        for update in updates:
            assert await fake.post(update, gateway.url, secret=SECRET) == 200
        await fake.wait_sent(2 * len(CHATS))
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)
    each = {name: count / len(CHATS) for name, count in counts.items()}
    assert 15 < sum(each.get(word, 0) for word in ("SELECT", "INSERT", "UPDATE", "DELETE")) <= MOST_STATEMENTS, each
    assert 0 < each["commit"] <= MOST_COMMITS, each
