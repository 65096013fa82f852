"""What a member of staff does with a case: claim it, reply, hand it back, close it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.council import Council
from bot.desk import rating
from bot.store import Store, cases, conversations, messages, openings
from bot.store.cases import AlreadyClaimed, Case
from bot.store.conversations import Conversation, Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Message, Sender
from bot.store.staff import Account
from bot.text import phrases


class NoSuchCase(LookupError):
    """There is no case of that id."""


class NotYours(RuntimeError):
    """The case is not with this member of staff. ``case`` says with whom it is."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.reference)
        self.case = case


class AlreadyReplied(ValueError):
    """The reply's id was used for another text. ``message`` is that reply."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.id)
        self.message = message


async def claim(store: Store, case_id: str, account: Account, council: Council) -> Case:
    """Take a waiting case. Of any number who try at once exactly one succeeds; the citizen is told who joined.

    Raises:
        AlreadyClaimed: another member of staff has it, or it is closed.
        NoSuchCase: the id is unknown.
    """
    async with store.write() as tx:
        conversation, case = await _lock(tx, case_id)
        if case.state == "claimed" and case.owner_id == account.id:
            return case
        case = await cases.claim(tx, case_id, account.id)
        name = first_name(account)
        await conversations.change_mode(tx, conversation.id, Mode.HUMAN, of={Mode.WAITING}, name=name)
        joined = phrases.JOINED.format(name=name, council=council.name)
        await messages.append(tx, conversation, Sender.SYSTEM, Draft(joined))
        return case


async def reply(store: Store, case_id: str, account: Account, text: str, *, reply_id: str | None = None) -> Message:
    """Say something to the citizen. ``text`` is clean already.

    ``reply_id`` names this reply within the conversation: the same id and text again store nothing and return the first
    message, so that a form may be sent twice.

    Raises:
        NotYours, NoSuchCase
        AlreadyReplied: the id stands for a reply with another text.
    """
    async with store.write() as tx:
        conversation, _case = await lock_own(tx, case_id, account)
        if reply_id:
            for message in await messages.of_conversation(tx.connection, conversation.id):
                if message.body.get("reply_id") == reply_id and message.body.get("staff") == account.id:
                    if message.text != text:
                        raise AlreadyReplied(message)
                    return message
        draft = Draft(text, {"staff": account.id, "reply_id": reply_id}, name=first_name(account))
        return await messages.append(tx, conversation, Sender.STAFF, draft)


async def open_facts(store: Store, case_id: str, account: Account, facts: Sequence[str]) -> None:
    """Record that the member of staff opens the masked facts of their own case; from then on they see them.

    Raises:
        NotYours, NoSuchCase
    """
    async with store.write() as tx:
        await lock_own(tx, case_id, account)
        await openings.add(tx, case_id, account.id, facts)


async def hand_back(store: Store, case_id: str, account: Account) -> None:
    """Give the conversation back to the assistant; the case is closed and the citizen told.

    Raises:
        NotYours, NoSuchCase
    """
    await _finish(store, case_id, account, "handed_back", phrases.HANDED_BACK)


async def close(store: Store, case_id: str, account: Account) -> None:
    """Close the case; the citizen is told and can go on with the assistant.

    Raises:
        NotYours, NoSuchCase
    """
    await _finish(store, case_id, account, "closed", phrases.CLOSED_BY_STAFF)


def first_name(account: Account) -> str:
    """What citizens call the member of staff."""
    return account.name.split()[0]


async def _finish(store: Store, case_id: str, account: Account, closed_as: str, phrase: str) -> None:
    async with store.write() as tx:
        conversation, case = await lock_own(tx, case_id, account)
        await conversations.change_mode(tx, conversation.id, Mode.BOT, of={Mode.HUMAN})
        text = phrase.format(name=first_name(account), reference=case.reference)
        await messages.append(tx, conversation, Sender.SYSTEM, Draft(text))
        await rating.ask(tx, conversation, case)
        await cases.close(tx, case, closed_as)


async def _lock(tx: Transaction, case_id: str) -> tuple[Conversation, Case]:
    known = await cases.get(tx.connection, case_id)
    if known is None:
        raise NoSuchCase(case_id)
    conversation = await conversations.lock(tx, known.conversation_id)
    case = await cases.get(tx.connection, case_id)  # as it is now that nobody else can change it
    assert case is not None
    return conversation, case


async def lock_own(tx: Transaction, case_id: str, account: Account) -> tuple[Conversation, Case]:
    """Lock a conversation for a change by the member of staff who has its case.

    Raises:
        NotYours, NoSuchCase
    """
    conversation, case = await _lock(tx, case_id)
    if case.state != "claimed" or case.owner_id != account.id:
        raise NotYours(case)
    return conversation, case


__all__ = [
    "AlreadyClaimed",
    "AlreadyReplied",
    "NoSuchCase",
    "NotYours",
    "claim",
    "close",
    "first_name",
    "hand_back",
    "lock_own",
    "open_facts",
    "reply",
]
