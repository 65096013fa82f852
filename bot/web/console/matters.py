"""The decision that a case is about, for its page: the record, what is masked of it, and whether one may depart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.desk import brief, deciding, departing, veil
from bot.policy import depart
from bot.policy.depart import NotAllowed
from bot.policy.model import Library, Words
from bot.store import Store, applications, decisions
from bot.store.cases import Case
from bot.store.decisions import Decision
from bot.store.messages import Message
from bot.store.staff import Account


@dataclass(frozen=True)
class Departing:
    """Whether this member of staff may depart from the decision: a form to fill in, or why not."""

    grounds: list[tuple[str, str]] = field(default_factory=list)
    evidence: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    why_not: str | None = None


@dataclass(frozen=True)
class Matter:
    """The decision that a case is about, as stored, and the departure from it."""

    row: Decision
    record: dict[str, Any]
    words: Words
    departure: brief.Departed | None

    def made_in(self, case: Case) -> bool:
        """Whether it was made in the chat of the case, and not proved there by its code."""
        return self.row.conversation_id == case.conversation_id


async def read(store: Store, case: Case) -> Matter | None:
    """The decision that the case is about; None where it is about none."""
    reference = case.brief.get("record", {}).get("reference")
    if reference is None:
        return None
    async with store.read() as connection:
        row = await decisions.by_reference(connection, reference)
        stored = await decisions.words(connection, row.words_sha256) if row else None
        made = await decisions.departure_from(connection, row.id) if row else None
        own = await decisions.words(connection, made.words_sha256) if made else None
    if row is None or stored is None:
        return None
    departure = None
    if made and own:
        told = json.loads(made.record)["departure"]
        departure = brief.departed(told, made.reference, deciding.words_of(own))
    return Matter(row, json.loads(row.record), deciding.words_of(stored), departure)


async def veiled(
    store: Store, case: Case, matter: Matter | None, library: Library, said: list[Message]
) -> list[Message]:
    """The conversation without what tells special-category facts of the matter, or of other requests made there."""
    hiding = [veil.veil_for(matter.record, matter.words, here=matter.made_in(case))] if matter else []
    if "application" in case.brief:
        hiding.append(veil.veil_for_application(case.brief["application"], library))
    for each in hiding:
        said = each.messages(said) if each else said
    async with store.read() as connection:
        made = await applications.all_of(connection, case.conversation_id)
    return veil.without_requests(said, made, library)


def departing_for(library: Library, matter: Matter, account: Account) -> Departing | None:
    """The form for a departure by this member of staff, or why there is none; None where nothing is left to do."""
    if matter.departure:
        return None
    try:
        found = departing.may_depart(library, matter.row, account)
    except NotAllowed as error:
        return None if error.code == "nothing" else Departing(why_not=str(error))
    allowed, words = found.outcome.version.discretion, found.words.text
    assert allowed is not None
    return Departing(
        grounds=[(ground, str(words["grounds"][ground])) for ground in allowed.grounds],
        evidence=[(kind, depart.in_words(kind)) for kind in allowed.evidence],
        left_out=[str(words["requirements"][name]["name"]) for name in depart.waived(found.outcome)],
    )
