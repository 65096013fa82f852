"""How a decision stands: told in its own chat, and in another one to whoever proves that it is theirs.

The proof is the reference and the code beside it, both printed on the notice. The code is random, some 37 bits, so it
is not guessed; it is compared in constant time; a chat has few tries; and the answer to a wrong code is the same as to
a reference that there is not, so that nobody learns which references there are.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from bot.policy.format import day_text, moment_day
from bot.policy.model import Library
from bot.policy.record import Record
from bot.store import cases, conversations, decisions
from bot.store.applications import Application
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.decisions import Decision
from bot.store.engine import Transaction
from bot.store.messages import Draft
from bot.text import phrases

MOST_TRIES = 5
#: So many decisions of a chat are told at once, newest first.
_MOST_DECISIONS = 5
_NOBODYS = "2222-2222"
_PERSON = {"title": phrases.TALK_TO_A_PERSON, "payload": "@person"}
_REVIEW = {"title": phrases.LOOK_AGAIN, "payload": "/review"}


async def answer(tx: Transaction, conversation: Conversation, proof: tuple[str, str], library: Library) -> Draft:
    """What is said to a reference with its code. Every try counts, also a right one."""
    if not await conversations.count_status_try(tx, conversation.id, MOST_TRIES):
        return _draft(phrases.NO_MORE_TRIES)
    reference, code = proof
    row = await decisions.by_reference(tx.connection, reference)
    record = json.loads(row.record) if row else {}
    right = hmac.compare_digest(str(record.get("receipt") or _NOBODYS).encode(), code.encode())
    if row is None or not right or "receipt" not in record:
        return _draft(phrases.NOT_PROVED)
    await conversations.speak_of(tx, conversation.id, row.id)
    told, _open = await _told(tx, row, record, library)
    return _draft(told)


async def here(
    tx: Transaction, conversation: Conversation, reference: str | None, open_now: Application | None,
    library: Library,
) -> Draft:  # fmt: skip
    """What is said in a chat about its own decisions: that of the reference, or all of them and the open request.

    The one that was proved there last counts as its own.
    """
    if reference:
        own = await decisions.meant(tx.connection, conversation.id, reference, conversation.speaks_of)
        if own is None:
            return _draft(phrases.NEEDS_CODE)
        rows = [own]
    else:
        rows = await decisions.of_conversation(tx.connection, conversation.id, _MOST_DECISIONS)
        if proved := await decisions.pair(tx.connection, conversation.speaks_of) if conversation.speaks_of else None:
            rows = [proved[0], *(row for row in rows if row.id != proved[0].id)]
        shown = {row.id for row in rows}
        rows = [row for row in rows if row.departs_from not in shown]  # told with the one that it takes the place of
    told = [await _told(tx, row, json.loads(row.record), library) for row in rows]
    lines = [text for text, _open in told]
    if open_now and not reference:
        policy = library.policies.get(open_now.policy)
        request = str(policy.words["en"].text["request"]) if policy else open_now.policy.replace("-", " ")
        lines.insert(0, phrases.OPEN_REQUEST.format(request=request))
    if not lines:
        return _draft(phrases.NO_DECISION_HERE)
    may_review = bool(told) and told[0][1] and not open_now
    latest = await decisions.meant(tx.connection, conversation.id, None, conversation.speaks_of)
    newest = bool(rows) and latest is not None and rows[0].id == latest.id  # the button is for the last one
    return _draft("\n".join(lines), [_REVIEW] if may_review and newest else [])


async def _told(tx: Transaction, row: Decision, record: Record, library: Library) -> tuple[str, bool]:
    """How one decision stands, and whether a review can still be asked for by who has had none."""
    lines = [line(record, library)]
    if made := await decisions.departure_from(tx.connection, row.id):
        lines.append(f"{phrases.REPLACED} {line(json.loads(made.record), library)}")
    case = await cases.review_of(tx.connection, await _references(tx, row))
    if case:
        lines.append(_of_case(case))
    looked = case is not None and (case.state != "closed" or (bool(case.claimed_at) and case.closed_as == "closed"))
    if record["against"] and record["reviews"] and record["reviews"][0]["last_day"] and not made and not looked:
        route, frame = record["reviews"][0], _frame(record, library)
        lines.append(phrases.REVIEW_UNTIL.format(date=day_text(route["last_day"], frame)))
    return "\n".join(lines), bool(record["against"]) and made is None and not looked


async def under_way(tx: Transaction, row: Decision) -> Case | None:
    """The open case in which staff look at the decision, whichever chat it came from. Nobody opens one meanwhile."""
    await cases.lock_numbers(tx)
    case = await cases.review_of(tx.connection, await _references(tx, row))
    return case if case and case.state != "closed" else None


async def _references(tx: Transaction, row: Decision) -> set[str]:
    """The references of the decision and of what staff put in its place: who looks at one looks at both."""
    both = await decisions.pair(tx.connection, row.id)
    assert both is not None
    return {one.reference for one in both if one}


def goes_on(row: Decision, case: Case) -> Draft:
    """What is said to who asks for a review of a decision that staff look at already, in the case of another chat."""
    return _draft(phrases.REVIEW_GOES_ON.format(reference=row.reference, state=_of_case(case)))


def _of_case(case: Case) -> str:
    """How far the case is. That a person has looked is said only where one had it and closed it."""
    if case.state != "closed":
        told = phrases.REVIEW_STATES[case.state]
    elif case.claimed_at is None:
        told = phrases.NOBODY_LOOKED
    else:
        told = phrases.REVIEW_CLOSED[str(case.closed_as)]
    return told.format(reference=case.reference)


def line(record: Record, library: Library) -> str:
    """One decision in a sentence: its reference, what was asked for, the day and the answer, in words."""
    policy = library.policies.get(record["policy"])
    title = str(policy.words["en"].text["title"]) if policy else record["policy"].replace("-", " ")
    outcome = "advice" if record["against"] and record["mode"] == "advise" else str(record["outcome"])
    day = moment_day(record["at"], record["zone"])
    return phrases.STATUS.format(
        reference=record["reference"],
        title=title,
        date=day_text(day, _frame(record, library)),
        outcome=phrases.OUTCOMES[outcome],
    )


def _frame(record: Record, library: Library) -> Any:
    policies = library.policies
    policy = policies.get(record["policy"]) or next(iter(policies.values()))
    return policy.words["en"].frame


def _draft(text: str, buttons: list[dict[str, str]] | None = None) -> Draft:
    shown = [_PERSON] if buttons is None else buttons
    return Draft(text, {"buttons": shown, "about": {"kind": "policy", "id": "status"}})
