"""Whether the citizen has said yes to exactly the facts that are about to decide.

The actions may say that they did; the gateway does not take their word. It marks the message that read the facts back,
and decides only when the message that it answers is a yes to a message with the mark of the facts as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from bot.desk.deciding import LANGUAGE
from bot.policy import readback
from bot.policy.agreeing import agrees
from bot.policy.model import Library
from bot.store import messages
from bot.store.applications import Application
from bot.store.engine import Transaction
from bot.store.inbox import Item
from bot.store.messages import Draft, Sender
from bot.text import phrases
from bot.text.clean import for_brain


def mark(
    drafts: Iterable[Draft], library: Library, policy: str, facts: dict[str, Any], today: date, applied: date
) -> bool:
    """Mark the draft that reads these facts back, all of them and nothing else, in its list and in its text.

    Returns whether there is one.
    """
    lines = _lines(library, policy, facts, today, applied)
    items = [[{"t": line}] for line in lines]
    for draft in drafts:
        lists = [block["list"] for block in draft.body.get("blocks", ()) if "list" in block]
        in_text = [line[2:] for line in draft.text.split("\n") if line.startswith("- ")]
        if lists == [items] and in_text == lines:
            draft.body["about"]["confirms"] = readback.mark(policy, facts)
            return True
    return False


def again(library: Library, application: Application, today: date, applied: date) -> Draft:
    """The facts read back once more, marked."""
    facts = application.values
    text, blocks = readback.shown(_lines(library, application.policy, facts, today, applied), phrases.NOT_YET_DECIDED)
    about = {"kind": "policy", "id": application.policy, "confirms": readback.mark(application.policy, facts)}
    return Draft(text, {"blocks": blocks, "buttons": readback.BUTTONS, "about": about})


async def confirmed(tx: Transaction, item: Item, application: Application) -> bool:
    """Whether ``item`` is a yes to the message that read back exactly the facts of ``application``.

    A button belongs to the message that shows it. A typed yes answers what was said last before it was sent.
    """
    said = item.content
    if said.get("payload") == readback.RIGHT["payload"]:
        seq: int | None = int(str(said["button"]).partition("-")[0])
    elif "text" in said and agrees(for_brain(said["text"])):
        seq = await messages.last_before(tx.connection, item.conversation_id, item.seq)
    else:
        return False
    found = await messages.of_conversation(tx.connection, item.conversation_id, [seq] if seq else [])
    return any(
        one.sender is Sender.BOT
        and one.body.get("about", {}).get("confirms") == readback.mark(application.policy, application.values)
        for one in found
    )


def _lines(library: Library, policy: str, facts: dict[str, Any], today: date, applied: date) -> list[str]:
    chosen = library.policies[policy]
    return readback.lines(readback.version_for(chosen, facts, today, applied), chosen.words[LANGUAGE], facts)
