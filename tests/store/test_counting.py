"""Every kind of reply is counted, each non-answer by itself."""

from __future__ import annotations

from datetime import timedelta

from bot.store import Store, counting, messages
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender


async def test_kinds_are_counted_and_answers_are_one(store: Store, conversation: Conversation) -> None:
    said = [("answer", "bin-day"), ("answer", "missed-bin"), ("non_answer", "gibberish"), ("non_answer", "many"),
            ("non_answer", "gibberish"), ("clarify", "unclear")]  # fmt: skip
    async with store.write() as tx:
        for kind, reply_id in said:
            draft = Draft("x", {"about": {"kind": kind, "id": reply_id}})
            await messages.append(tx, conversation, Sender.BOT, draft, fence=conversation.epoch)
        await messages.append(tx, conversation, Sender.CITIZEN, Draft("hello"))
        await messages.append(
            tx, conversation, Sender.SYSTEM, Draft("x", {"about": {"kind": "system", "id": "rating"}})
        )
        now = tx.now
    async with store.read() as connection:
        assert await counting.replies(connection) == {
            "answer": 2,
            "non_answer gibberish": 2,
            "clarify unclear": 1,
            "non_answer many": 1,
        }
        assert await counting.replies(connection, now + timedelta(seconds=1)) == {}
