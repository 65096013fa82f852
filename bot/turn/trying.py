"""A message that came to no answer: kept for another try, or given up. The citizen is told either way."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.store import inbox, messages
from bot.store.engine import Transaction
from bot.store.messages import Draft
from bot.text import phrases
from bot.turn.accept import PERSON, button
from bot.turn.context import Services, Turn
from bot.turn.saying import first, say_all, settle_as

log = logging.getLogger(__name__)

#: A message is tried at least this often, however old it is: after a long stop Rasa is only starting.
_FEWEST_TRIES = 3

#: So many answers that cannot be used, each after its pause, end the tries: the chat must not wait for the same again.
_MOST_UNUSABLE = 3

#: Pauses before the second, third, … try, in seconds; the last one repeats.
_PAUSES = (2, 4, 8, 15, 30)


async def keep_or_give_up(tx: Transaction, turn: Turn, services: Services) -> None:
    """Keep the message for another try after a pause, or, where that is no use any more, say that there is no answer.

    Which message it was is said when it is given up, since others may have been sent meanwhile.
    """
    age = (tx.now - turn.item.received_at).total_seconds()
    [asked] = await messages.of_conversation(tx.connection, turn.conversation.id, [turn.item.seq])
    start = phrases.shorten(asked.text)
    person = [button(phrases.TALK_TO_A_PERSON, PERSON)]
    early = tx.now < turn.item.due_at  # another message woke it: two tries at once say no more than one
    unusable = turn.item.unusable + (turn.unusable and not early)
    said = await first(tx, turn)
    if unusable >= _MOST_UNUSABLE:
        if await settle_as(tx, turn, "failed"):
            log.error("Message %s has no answer: %d times it could not be used", turn.item.id, unusable)
            body = {"buttons": person, "about": {"kind": "non_answer", "id": "unusable"}}
            await say_all(tx, turn, [*said, Draft(phrases.NOT_ANSWERED.format(start=start), body)])
        return
    if age >= services.settings.retry_for and turn.item.attempts >= _FEWEST_TRIES:
        if await settle_as(tx, turn, "gave_up"):
            text = phrases.GAVE_UP.format(start=start, phone=services.council.phone)
            await say_all(tx, turn, [*said, Draft(text, {"buttons": person})])
        return
    tries = unusable - 1 if turn.unusable else turn.item.attempts
    pause = timedelta(seconds=_PAUSES[min(tries, len(_PAUSES) - 1)])
    due_at = turn.item.due_at if turn.unusable and early else tx.now + pause
    if not turn.item.told:
        minutes = max(1, round(services.settings.retry_for / 60))
        how_long = phrases.SHORTLY if turn.unusable else phrases.FOR_MINUTES.format(minutes=minutes)
        text = phrases.KEPT_FOR_ANOTHER_TRY.format(how_long=how_long)
        said.append(Draft(text, {"buttons": person}))
    if await inbox.postpone(tx, turn.item.id, due_at, unusable=unusable):
        await say_all(tx, turn, said)
