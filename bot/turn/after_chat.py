"""What a citizen does after an answer or a chat: say that it did not help, rate it, ask for a copy of what was said."""

from __future__ import annotations

from bot.desk import rating
from bot.learning import keeping
from bot.store import cases
from bot.store.engine import Transaction
from bot.text import phrases
from bot.turn.accept import PERSON, button
from bot.turn.context import Services, Turn
from bot.turn.saying import say


async def rate(tx: Transaction, turn: Turn, services: Services, argument: str) -> None:
    """Keep the rating of a closed case; a later one takes its place."""
    found = rating.read(argument)
    if found and await cases.rate(tx, turn.conversation.id, *found):
        await say(tx, turn, phrases.RATED.format(rating=found[1]))
    else:
        await say(tx, turn, phrases.NOTHING_TO_RATE)


async def transcript(tx: Transaction, turn: Turn, services: Services, _: str) -> None:
    """Say that the copy comes; the channel attaches it, with everything that was said before."""
    await say(tx, turn, phrases.TRANSCRIPT, {"transcript": True})


async def unhelpful(tx: Transaction, turn: Turn, services: Services, _: str) -> None:
    """Keep the question whose answer did not help, and offer a person."""
    await keeping.keep_rating(tx, turn.conversation.id, turn.item.content.get("button", ""))
    body = {
        "about": {"kind": "small_talk", "id": keeping.UNHELPFUL},
        "buttons": [button(phrases.TALK_TO_A_PERSON, PERSON)],
    }
    await say(tx, turn, phrases.NOTED, body)


HANDLERS = {keeping.UNHELPFUL: unhelpful, "rate": rate, "transcript": transcript}
