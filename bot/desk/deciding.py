"""Deciding an application for good: one record in the chain, one reference, one notice; and making it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.policy import receipt
from bot.policy import record as records
from bot.policy import replay as again
from bot.policy.decide import BadFact, decide
from bot.policy.decide import Decision as Outcome
from bot.policy.model import Library, Words
from bot.policy.notice import render
from bot.policy.record import Origin, Record, canonical
from bot.policy.select import NoVersion
from bot.store import applications, decisions
from bot.store.applications import Application
from bot.store.decisions import Decision, StoredWords
from bot.store.engine import Transaction
from bot.store.messages import Draft
from bot.text import phrases

LANGUAGE = "en"
"""The language in which every policy has words. Where there are none in another one, these are said instead."""


class NotDecidable(RuntimeError):
    """The stored facts do not make a decision: one is missing, or one cannot be. Nothing was stored."""


@dataclass(frozen=True)
class Made:
    """A decision that is stored: its record, its notice, and whether a person has to take it on."""

    record: Record
    notice: Draft
    for_person: bool


async def decide_application(
    tx: Transaction,
    application: Application,
    library: Library,
    zone: ZoneInfo,
    message_id: str,
    language: str = LANGUAGE,
) -> Made:
    """Decide from the stored facts alone and append the record to the chain.

    ``message_id`` is the message that confirmed the facts: its decision has the same id however often it is tried.
    The notice is in ``language`` where the policy has words in it, and else in English, and says so.

    Raises:
        NotDecidable: a fact is missing or cannot be.
    """
    policy = library.policies.get(application.policy)
    if policy is None:
        raise NotDecidable(f"there is no policy {application.policy}")
    today, applied = tx.now.astimezone(zone).date(), application.opened_at.astimezone(zone).date()
    try:
        outcome = decide(policy, application.values, today, applied)
    except BadFact as error:  # its words repeat what the citizen told
        raise NotDecidable(f"{error.fact} cannot be so") from error
    except NoVersion as error:
        raise NotDecidable("no version was in force") from error
    if not isinstance(outcome, Outcome) or outcome.outcome == "need_info":
        raise NotDecidable("a fact is missing")
    if not await applications.decided(tx, application.id, outcome.version.version):
        raise NotDecidable("the application is closed")
    before = await decisions.last(tx)
    words = policy.words.get(language) or policy.words[LANGUAGE]
    record = records.build(
        library,
        policy,
        outcome,
        decision_id=await new_id(tx, message_id),
        request_id=application.id,
        at=tx.now,
        words=words,
        wanted=None if words.language == language else language,
        receipt=receipt.code(tx.ambient.new_token()),
        origins={
            name: Origin("citizen", one["at"], f"message {one['seq']}")
            for name, one in application.facts.items()
            if "value" in one
        },
        previous=before.sha256 if before else None,
    )
    await append(tx, record, words, before, application.conversation_id, application.id)
    return Made(record, notice(record, words), record["outcome"] == "refer" and not record["against"])


async def append(
    tx: Transaction,
    record: Record,
    words: Words,
    before: Decision | None,
    conversation_id: str,
    application_id: str,
    departs_from: str | None = None,
) -> None:
    """Put a record at the end of the chain, which is ``before`` so far, with the words that it was written in."""
    row = Decision(
        place=before.place + 1 if before else 1,
        id=record["id"],
        reference=record["reference"],
        conversation_id=conversation_id,
        application_id=application_id,
        record=canonical(record).decode(),
        sha256=record["sha256"],
        previous=record["previous"],
        words_sha256=words.sha256,
        decided_at=tx.now,
        departs_from=departs_from,
    )
    content = canonical([words.text, words.frame]).decode()
    await decisions.append(tx, row, StoredWords(words.sha256, words.language, content))


def replay(
    library: Library,
    row: Decision,
    words: StoredWords | None,
    previous: str | None,
    original: Decision | None = None,
) -> list[str]:
    """Everything that is wrong with a stored decision; empty when outcome, record and text come out the same.

    ``previous`` is the checksum of the decision before it in the chain; None for the first. ``original`` is the
    decision that staff departed from with this one, if it is a departure.
    """
    try:
        record = json.loads(row.record)
        content = json.loads(words.content) if words else None
    except ValueError:
        return ["What is stored is not JSON."]
    if canonical(record).decode() != row.record:
        return ["The record is not stored as it was written."]
    wrong = []
    if record.get("sha256") != row.sha256 or record.get("reference") != row.reference:
        wrong.append("The record belongs to another decision.")
    if record.get("previous") != previous or row.previous != previous:
        wrong.append("It does not follow the decision before it.")
    wrong += _departure(record, row, original)
    if words is None or content is None or records.digest(content) != record.get("words_sha256"):
        return [*wrong, "Its words are missing or were changed."]
    found = again.replay(library, record, Words(words.language, words.sha256, content[0], content[1]))
    return [*wrong, *found.differences]


def _departure(record: Record, row: Decision, original: Decision | None) -> list[str]:
    departure = record.get("departure")
    if departure is None and row.departs_from is None:
        return []
    if departure is None or original is None or original.id != row.departs_from:
        return ["The decision that it departs from is missing."]
    if departure["from_sha256"] != original.sha256 or departure["from"] != original.reference:
        return ["It departs from another decision than it says."]
    same = json.loads(original.record)["facts"] == record["facts"]
    return [] if same else ["It was not made from the facts of the decision that it departs from."]


async def new_id(tx: Transaction, message_id: str) -> str:
    """The id of the decision that a message brings about: the same message always gets the same, and its reference
    is free."""
    number = 0
    while True:
        found = hashlib.sha256(f"{message_id}/{number}".encode()).hexdigest()[:32]
        if await decisions.is_free(tx, records.reference(found)):
            return found
        number += 1


def words_of(stored: StoredWords) -> Words:
    """Stored words, to render a notice with."""
    text, frame = json.loads(stored.content)
    return Words(stored.language, stored.sha256, text, frame)


def notice(record: Record, words: Words) -> Draft:
    """The notice of a record as a message, with the buttons that help after a no."""
    rendered = render(record, words)
    body: dict[str, Any] = {
        "blocks": list(rendered.first),
        "more": list(rendered.more),
        "about": {"kind": "policy", "id": record["policy"], "decision": record["reference"]},
    }
    if record["against"]:
        body["more_title"] = words.frame["notice"].get("more", "")  # older words lack it
        body["buttons"] = [
            {"title": phrases.WHAT_CAN_I_DO, "payload": "/what_can_i_do"},
            {"title": phrases.LOOK_AGAIN, "payload": "/review"},
        ]
    return Draft(record["text"], body)
