"""The first step: a message is stored before anything else happens with it, and only then acknowledged."""

from __future__ import annotations

from typing import Any

from bot.store import Store, Transaction, inbox, messages
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Message
from bot.text import phrases
from bot.text.clean import BadText, clean
from bot.turn import linked

PERSON = "person"
BOT = "bot"
_ACTIONS = {PERSON: phrases.WANT_A_PERSON, BOT: phrases.WANT_THE_ASSISTANT}


async def accept(
    store: Store, conversation: Conversation, *, external_id: str, content: dict[str, Any], account: str = ""
) -> tuple[Message, bool]:
    """Store what the citizen did: ``{"text": …}``, ``{"button": id}`` or ``{"action": "person" | "bot"}``.

    Returns the stored message and whether it is new: the same ``external_id`` with the same content again changes
    nothing and returns the first message. Committed on return, so that the caller may acknowledge.

    Raises:
        BadText: the content cannot be taken; the message says why. Nothing is stored.
        bot.store.inbox.Conflict: the external id stands for other content.
    """
    async with store.write() as tx:
        kept, draft = await read(tx, conversation, content)
        return await inbox.receive(
            tx, conversation, account=account, external_id=external_id, content=kept, draft=draft
        )


async def read(tx: Transaction, conversation: Conversation, content: dict[str, Any]) -> tuple[dict[str, Any], Draft]:
    """What is kept of what the citizen did, and the message that shows it.

    Raises:
        BadText: as for ``accept``.
    """
    if "text" in content:
        text = clean(content["text"])
        if command := linked.read(text):
            return command[0], Draft(command[1])
        return {"text": text}, Draft(text)
    if "button" in content:
        shown = await messages.button(tx.connection, conversation.id, content["button"])
        if shown is None:
            raise BadText("unknown_button", "That button is not part of this chat any more. Please type your question.")
        kept: dict[str, Any] = {"button": shown["id"], "payload": shown["payload"]}
        if shown["payload"].startswith("@"):  # the gateway's own, never Rasa's
            kept = {"button": shown["id"], "action": shown["payload"].removeprefix("@")}
        return kept, Draft(shown["title"])
    action = content["action"]
    if action not in _ACTIONS:
        raise BadText("unknown_action", "This chat does not know that action.")
    return {"action": action}, Draft(_ACTIONS[action])


def button(title: str, action: str) -> dict[str, str]:
    """A button that works without Rasa."""
    return {"title": title, "payload": f"@{action}"}
