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
from bot.store.applications import Application
from bot.store.cases import Case
from bot.store.decisions import Decision
from bot.store.messages import Message
from bot.store.staff import Account
from bot.web.console.told import Told, spoken_of, told_of


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
    store: Store, case: Case, matter: Matter | None, library: Library, said: list[Message], *, opened: bool = False
) -> list[Message]:
    """The conversation without what tells special-category facts of the matter, or of other requests and decisions.

    ``opened``: those of the case's own request or decision are shown, and of the others none. Where two are of one
    policy, whose words do not tell them apart, the messages do: those are shown that speak of the case's own alone.
    """
    async with store.read() as connection:
        requests = await applications.all_of(connection, case.conversation_id, cancelled=True)
    told = await told_of(store, case.conversation_id, said)
    asked = case.brief.get("application", {})
    named = matter.row.application_id if matter else asked.get("id")
    own = [one for one in requests if one.id == named]
    others = [one for one in requests if one.id != named]
    supplied = _suppliers(own)
    elsewhere = [one for one in told if one.row.application_id != named]
    hidden = without(said, others, elsewhere, library)
    if not opened:
        hiding = [veil.veil_for(matter.record, matter.words, here=matter.made_in(case))] if matter else []
        if asked and not (own and applications.supplied(asked["facts"]) <= supplied):  # else the request knows as much
            hiding.append(veil.veil_for_application(asked, library))
        return veil.through(veil.without_requests(hidden, own, library), hiding)
    policy = matter.record["policy"] if matter else asked.get("policy")
    unlike = [one for one in others if one.policy != policy]
    shown = without(said, unlike, [one for one in elsewhere if one.record["policy"] != policy], library)
    spoken, theirs = spoken_of(said, requests, told), _suppliers(others)
    return [
        mine if mine.seq in supplied or (spoken[mine.seq] == {named} and mine.seq not in theirs) else other
        for mine, other in zip(shown, hidden, strict=True)
    ]


def _suppliers(requests: list[Application]) -> set[int]:
    """The messages that supplied facts of these requests; the first of one is older than the request."""
    return {seq for one in requests for seq in applications.supplied(one.facts)}


def without(said: list[Message], requests: list[Application], made: list[Told], library: Library) -> list[Message]:
    """The messages without what tells special-category facts of these requests and decisions."""
    veils = (veil.veil_for(one.record, one.words, here=one.here) for one in made)
    return veil.through(veil.without_requests(said, requests, library), veils)


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
