"""Handing a conversation to staff, and back to the assistant. Each within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.council import Council
from bot.desk import asked, hours
from bot.store import applications, cases, conversations, decisions, messages
from bot.store.cases import Case
from bot.store.conversations import Conversation, Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender
from bot.text import phrases


async def open_case(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    council: Council,
    zone: ZoneInfo,
    about: Mapping[str, Any] | None = None,
) -> Case:
    """Store a case, give the conversation to the queue, and only then say that it was passed on.

    ``about`` goes into the brief: the record of a decision to look at, or the facts given so far.

    The text tells the place in the queue while staff are there, and else the day by which someone answers.

    Raises:
        bot.store.conversations.WrongOwner: the bot does not own the conversation.
    """
    open_now = hours.is_open(council, tx.now, zone)
    answer_by = None if open_now else hours.answer_by(council, tx.now, zone)
    await conversations.change_mode(tx, conversation.id, Mode.WAITING, of={Mode.BOT})
    brief = {**await _brief(tx, conversation, about or {}), **(about or {})}
    case = await cases.open_case(tx, conversation, reason=reason, brief=brief, answer_by=answer_by)
    text = f"{phrases.passed_on(case.reference)} {await _wait(tx, case, council, zone)}"
    await messages.append(tx, conversation, Sender.SYSTEM, Draft(text))
    return case


async def tell_place(tx: Transaction, conversation: Conversation, council: Council, zone: ZoneInfo) -> None:
    """A citizen who waits asks for a person again: say that they wait already, and for how long."""
    if case := await cases.open_of(tx.connection, conversation.id):
        text = f"{phrases.already_waiting(case.reference)} {await _wait(tx, case, council, zone)}"
        await messages.append(tx, conversation, Sender.SYSTEM, Draft(text))


async def tell_once(tx: Transaction, conversation: Conversation) -> None:
    """A citizen writes while they wait: say, once in each wait, that staff will read it."""
    case = await cases.open_of(tx.connection, conversation.id)
    if case is None:
        return
    said = await messages.of_conversation(tx.connection, conversation.id)
    text = phrases.with_staff(case.reference)  # has the reference, so that each wait has its own
    if all(message.text != text for message in said if message.sender is Sender.SYSTEM):
        await messages.append(tx, conversation, Sender.SYSTEM, Draft(text))


async def return_to_assistant(tx: Transaction, conversation: Conversation) -> None:
    """The citizen does not want to wait or talk on: the case is closed and the bot owns the conversation again."""
    if conversation.mode is not Mode.BOT:
        await conversations.change_mode(tx, conversation.id, Mode.BOT, of={Mode.WAITING, Mode.HUMAN})
    await messages.append(tx, conversation, Sender.SYSTEM, Draft(phrases.BACK_WITH_ASSISTANT))
    if case := await cases.open_of(tx.connection, conversation.id):
        await cases.close(tx, case, "left")


async def _wait(tx: Transaction, case: Case, council: Council, zone: ZoneInfo) -> str:
    if not hours.is_open(council, tx.now, zone):
        return phrases.wait_until(case.answer_by or hours.answer_by(council, tx.now, zone), council, zone)
    return phrases.place_in_queue(await cases.position(tx.connection, case), council)


async def _brief(tx: Transaction, conversation: Conversation, about: Mapping[str, Any]) -> dict[str, Any]:
    """What the person who takes the case reads first: the citizen's own words, and what the assistant has shown."""
    said = await messages.of_conversation(tx.connection, conversation.id)
    requests = await applications.all_of(tx.connection, conversation.id, cancelled=True)
    shown = [
        message.body["about"]["id"]
        for message in said
        if message.sender is Sender.BOT and message.body.get("about", {}).get("kind") == "answer"
    ]
    answers = await _answers(tx, conversation, about.get("record", {}))
    return {"asked": asked.asked(said, requests, about, answers), "shown": list(dict.fromkeys(shown))}


async def _answers(tx: Transaction, conversation: Conversation, record: Mapping[str, Any]) -> set[int]:
    """The messages that supplied the facts of a decision; none where it was made in another chat."""
    made = await decisions.by_reference(tx.connection, record["reference"]) if record else None
    facts = record["facts"] if made and made.conversation_id == conversation.id else []
    told = [str(fact["by"] or "").removeprefix("message ") for fact in facts]
    return {int(seq) for seq in told if seq.isdigit()}
