"""Which questions are kept for editors: those that got no answer, and those whose answer did not help."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store import applications, inbox, messages, misses
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender
from bot.text import phrases
from bot.text.anonymous import anonymous
from bot.turn.context import Turn
from bot.turn.replies import Reply

#: Replies after which there is something to learn.
_MISSED = frozenset({"clarify", "non_answer", "service"})
#: Non-answers that hold no question, or one that is about one person in danger.
_NOT_KEPT = ("crisis", "not_allowed/abuse")
_ANSWERED = frozenset({"answer", "policy"})
#: Replies below which a citizen can say that they did not help.
_RATED = frozenset({"answer", "service"})
UNHELPFUL = "unhelpful"
_LONGEST = 500


async def keep_miss(tx: Transaction, turn: Turn, replies: Sequence[Reply]) -> None:
    """Keep the question of a turn that gave no answer, masked.

    Crisis words and insults are not kept, and nothing that is said while a request is being filled in: that is about
    one person.
    """
    if turn.crisis or turn.perhaps_danger or "text" not in turn.item.content:
        return
    if any(reply.kind in _ANSWERED for reply in replies):
        return
    reply = next((one for one in replies if one.kind in _MISSED and not one.id.startswith(_NOT_KEPT)), None)
    if reply is None or await applications.open_of(tx.connection, turn.conversation.id):
        return
    if reply.kind == "service":
        kind, offered = "service", [f"service/{reply.id}"]
    else:
        shown = [str(button["payload"]) for button in reply.draft.body.get("buttons", [])]
        kind, offered = reply.id or reply.kind, [one[1:] for one in shown if "/" in one[1:]]
    await misses.add(
        tx,
        turn.conversation.id,
        turn.item.seq,
        question=_masked(turn.item.content["text"]),
        kind=kind,
        offered=offered,
    )


def offer_rating(reply: Reply) -> Draft:
    """The reply's draft; below an answer stands a button for whom it did not help."""
    if reply.kind not in _RATED:
        return reply.draft
    body = dict(reply.draft.body)
    body["buttons"] = [*body.get("buttons", []), {"title": phrases.DID_NOT_HELP, "payload": f"@{UNHELPFUL}"}]
    return Draft(reply.draft.text, body, reply.draft.name)


async def keep_rating(tx: Transaction, conversation_id: str, button_id: str) -> bool:
    """Keep the question whose answer had this button below it. False when there is none."""
    number = button_id.partition("-")[0]
    if not number.isdecimal():
        return False
    found = await messages.of_conversation(tx.connection, conversation_id, [int(number)])
    asked = await inbox.last_typed(tx.connection, conversation_id, before=int(number))
    if not found or found[0].sender is not Sender.BOT or asked is None:
        return False
    about = found[0].body.get("about", {})
    await misses.add(
        tx,
        conversation_id,
        asked.seq,
        question=_masked(asked.content["text"]),
        kind=UNHELPFUL,
        answer=str(about.get("id", "")) or None,
        offered=[f"{about.get('kind')}/{about.get('id')}"],
    )
    return True


def _masked(text: str) -> str:
    return " ".join(anonymous(text).split())[:_LONGEST]
