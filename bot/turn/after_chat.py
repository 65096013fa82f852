"""What a citizen does after a chat with staff: rate it, ask for a copy of what was said."""

from __future__ import annotations

from bot.desk import rating
from bot.store import cases
from bot.store.engine import Transaction
from bot.text import phrases
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


HANDLERS = {"rate": rate, "transcript": transcript}
