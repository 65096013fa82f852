"""What the console's pages show, read from the store in one go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk import brief
from bot.desk.brief import MASKED, Brief
from bot.policy.model import Library
from bot.store import Store, cases, events, messages, openings
from bot.store.cases import Case
from bot.store.messages import Message, Sender
from bot.store.openings import Opening
from bot.store.staff import Account
from bot.text import phrases
from bot.web.console import history, matters
from bot.web.console.history import Line
from bot.web.console.matters import Departing

_REASONS = {
    "asked": "Asked for a person",
    "crisis": "May be in danger",
    "two_misses": "The assistant could not help",
    "upset": "Seems upset",
    "referred": "The rules ask for a person to decide",
    "review": "Wants a decision looked at again",
}
URGENT = frozenset({"crisis"})
#: What an answer to 'what if' begins with: see policies/words.en.yaml.
WHAT_IF = "This is a 'what if'."


@dataclass(frozen=True)
class Entry:
    """A case in a list. ``unanswered`` is the citizen's last message while nobody has replied to it."""

    case: Case
    question: str
    unanswered: Message | None = None


@dataclass(frozen=True)
class Desk:
    """Every open case, as one member of staff sees them, at one moment."""

    now: datetime
    event: int
    waiting: list[Entry]
    own: list[Entry]
    others: list[Entry]

    @property
    def conversations(self) -> set[str]:
        """The conversations in which every message matters to this page."""
        return {entry.case.conversation_id for entry in self.own}

    @property
    def own_by_need(self) -> list[Entry]:
        """One's own cases, those first in which the citizen has waited longest for a reply."""
        due = [entry for entry in self.own if entry.unanswered]
        due.sort(key=lambda entry: entry.unanswered.created_at if entry.unanswered else self.now)
        return due + [entry for entry in self.own if not entry.unanswered]

    @property
    def to_answer(self) -> int:
        """In how many of one's own cases the citizen waits for a reply."""
        return sum(entry.unanswered is not None for entry in self.own)


@dataclass(frozen=True)
class Talk:
    """One case with its conversation. ``asked``, ``shown`` and ``what_ifs`` say what was asked and tried: questions,
    titles of answers, and how often the citizen asked 'what if'. ``brief`` is there when a decision or a request is.
    ``history`` is what was said here and in the chats that the citizen has joined with this one; ``unlinked`` says that
    there was one more when the case was closed."""

    case: Case
    messages: list[Message]
    asked: list[str]
    shown: list[str]
    reply_id: str
    what_ifs: int = 0
    brief: Brief | None = None
    openings: list[Opening] = field(default_factory=list)
    departing: Departing | None = None
    history: list[Line] = field(default_factory=list)
    unlinked: bool = False

    @property
    def conversations(self) -> set[str]:
        """The conversations whose messages this page shows."""
        return {line.message.conversation_id for line in self.history} | {self.case.conversation_id}

    @property
    def unanswered(self) -> bool:
        """Whether the citizen spoke last."""
        said = [message.sender for message in self.messages if message.sender in (Sender.CITIZEN, Sender.STAFF)]
        return bool(said) and said[-1] is Sender.CITIZEN


async def desk(store: Store, library: Library, account: Account) -> Desk:
    """The open cases, masked like their pages. ``event`` is read first: what happens later is in a later event."""
    async with store.read() as connection:
        event = await events.last_id(connection)
        waiting, claimed = await cases.waiting(connection), await cases.claimed(connection)
        own = [case for case in claimed if case.owner_id == account.id]
        said = await messages.last_said(connection, [case.conversation_id for case in own])
    hidden = {case.id: await _hidden(store, library, case, account) for case in (*waiting, *own)}
    return Desk(
        now=store.ambient.now(),
        event=event,
        waiting=[Entry(case, question(case, hidden[case.id])) for case in waiting],
        own=[
            Entry(case, question(case, hidden[case.id]), _unanswered(said.get(case.conversation_id), hidden[case.id]))
            for case in own
        ],
        others=[Entry(case, "") for case in claimed if case.owner_id != account.id],
    )


async def _hidden(store: Store, library: Library, case: Case, account: Account) -> set[str]:
    """The citizen's words that this member of staff must not read in a list: those that are masked on the page."""
    async with store.read() as connection:
        opened = await openings.of_case(connection, case.id)
        said = await messages.of_conversation(connection, case.conversation_id)
    is_open = any(one.staff_id == account.id for one in opened)
    shown = await matters.veiled(store, case, await matters.read(store, case), library, said, opened=is_open)
    return _masked(said, shown)


def _masked(said: list[Message], shown: list[Message]) -> set[str]:
    """The texts that are masked in what is shown of a conversation."""
    return {before.text for before, after in zip(said, shown, strict=True) if before.text and after.text == MASKED}


async def talk(store: Store, library: Library, case_id: str, account: Account) -> Talk | None:
    """The case of that id with its conversation and its brief, masked where this member of staff has not opened it."""
    async with store.read() as connection:
        case = await cases.get(connection, case_id)
        if case is None:
            return None
        said = await messages.of_conversation(connection, case.conversation_id)
        opened = await openings.of_case(connection, case_id)
    others, unlinked = await history.joined(store, library, case)
    matter = await matters.read(store, case)
    if case.last_seq is not None:  # what came later is not this case's
        said = [message for message in said if message.seq <= case.last_seq]
    titles = {
        message.body["about"]["id"]: message.body["source"]["title"]
        for message in said
        if message.body.get("source") and message.body.get("about")
    }
    own = sum(message.body.get("staff") == account.id for message in said)
    is_open = any(one.staff_id == account.id for one in opened)
    asked, told = list(case.brief.get("asked", [])), None
    if matter:
        told = brief.of_record(matter.record, matter.words, opened=is_open, here=matter.made_in(case))
        if matter.departure:
            told = brief.with_departure(told, matter.departure)
    elif "application" in case.brief:
        told = brief.of_application(case.brief["application"], library, opened=is_open)
    shown = await matters.veiled(store, case, matter, library, said, opened=is_open)
    hidden = _masked(said, shown)
    mine = case.state == "claimed" and case.owner_id == account.id
    return Talk(
        case=case,
        messages=shown,
        asked=[MASKED if text in hidden else text for text in asked],
        shown=[titles.get(answer, answer) for answer in case.brief.get("shown", [])],
        reply_id=f"{case.number}-{own + 1}",  # the same however often the page is drawn, until the reply is stored
        what_ifs=sum(WHAT_IF in message.text for message in said if message.sender is Sender.BOT),
        brief=told,
        openings=opened,
        departing=matters.departing_for(library, matter, account) if mine and matter else None,
        history=history.merged(shown, others),
        unlinked=unlinked,
    )


def question(case: Case, hidden: Collection[str] = ()) -> str:
    """The start of what the citizen asked last, on one line; masked where it is among what is ``hidden``."""
    asked: list[str] = case.brief.get("asked", [])
    if asked and asked[-1] in hidden:
        return MASKED
    return phrases.shorten(asked[-1], 160) if asked else ""


def reason(case: Case) -> str:
    """Why the case is with staff, in words."""
    return _REASONS.get(case.reason, case.reason.replace("_", " ").capitalize())


def case_view(case: Case) -> dict[str, Any]:
    """A case for programs."""
    return {
        "id": case.id,
        "reference": case.reference,
        "state": case.state,
        "reason": case.reason,
        "owner": case.owner_name,
        "opened_at": case.opened_at.isoformat(),
    }


def waited(since: datetime, now: datetime) -> str:
    """How long it is since, in words."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    if minutes < 1:
        return "less than a minute"
    if not hours:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{hours} h {rest} min" if hours < 48 else f"{hours // 24} days"


def clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The time of day, with the date when it was another day."""
    local = moment.astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f"{local.day} {local:%B}, "
    return f"{day}{local:%H:%M}"


def _unanswered(message: Message | None, hidden: Collection[str]) -> Message | None:
    if message is None or message.sender is not Sender.CITIZEN:
        return None
    return replace(message, text=MASKED) if message.text in hidden else message
