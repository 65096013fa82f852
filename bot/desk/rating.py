"""What is asked when a chat with staff has ended: how it was, and whether the citizen wants a copy."""

from __future__ import annotations

from bot.store import messages
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender
from bot.store.outbox import PUSHED
from bot.text import phrases

MOST = 5


async def ask(tx: Transaction, conversation: Conversation, case: Case) -> None:
    """Ask, by buttons, on channels that are sent to. The buttons work for as long as the conversation does."""
    if conversation.channel not in PUSHED:
        return
    buttons = [
        {"title": phrases.RATING.format(rating=rating), "payload": f"@rate-{case.number}-{rating}"}
        for rating in range(1, MOST + 1)
    ]
    buttons.append({"title": phrases.SEND_TRANSCRIPT, "payload": "@transcript"})
    draft = Draft(phrases.ASK_FOR_RATING, {"buttons": buttons, "about": {"kind": "system", "id": "rating"}})
    await messages.append(tx, conversation, Sender.SYSTEM, draft)


def read(argument: str) -> tuple[int, int] | None:
    """The case's number and the rating, from what a button says; None when it says neither."""
    number, _, rating = argument.partition("-")
    if not (number.isdecimal() and rating.isdecimal() and len(number) < 10 and 1 <= int(rating) <= MOST):
        return None
    return int(number), int(rating)
