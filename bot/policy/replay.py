"""Decide a recorded case again from the same rules and compare every byte."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.policy.decide import Decision, decide
from bot.policy.depart import without
from bot.policy.model import Library, Policy, Words
from bot.policy.record import ENGINE, Origin, Record, build, canonical, known_then, seal


@dataclass(frozen=True)
class Replay:
    """Whether a record came out the same, and if not, every difference in words. ``notes`` do not make it differ."""

    same: bool
    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()


def replay(library: Library, record: Record, words: Words | None = None) -> Replay:
    """Make ``record`` again. ``words`` are those stored with it; without them the library's, if the checksum fits.

    Uses exactly the versions that were known then, by checksum. Never raises for a bad record: it says what differs.
    """
    if seal(record)["sha256"] != record.get("sha256"):
        return Replay(False, ("The record was changed after it was made: its checksum is wrong.",))
    if record["engine"] != ENGINE:
        return Replay(False, (f"It was made by engine {record['engine']}; this is engine {ENGINE}.",))
    policy = library.policies.get(record["policy"])
    if policy is None:
        return Replay(False, (f"The policy {record['policy']} is gone.",))
    words = words or policy.words.get(record["language"])
    if words is None or words.sha256 != record["words_sha256"]:
        return Replay(False, ("The words have changed since; replay needs the words stored with the record.",))
    policy = _closed_then(known_then(policy, record), record)
    if len(policy.versions) != len(record["versions_known"]):
        return Replay(False, ("A version that was known then is gone or was changed.",))
    return _compare(record, _again(library, policy, record, words))


def _closed_then(policy: Policy, record: Record) -> Policy:
    """The policy with the closure days that the record names: one that was announced later moves no old deadline."""
    named = record["calendar"].rpartition(" closed ")[2]
    days = {} if named == "never" else {date.fromisoformat(day): "" for day in named.split(",")}
    return replace(policy, versions=tuple(
        replace(one, calendar=replace(one.calendar, closures=days)) for one in policy.versions
    ))  # fmt: skip


def _again(library: Library, policy: Policy, record: Record, words: Words) -> Record | str:
    facts = {one["id"]: one["value"] for one in record["facts"]}
    origins = {one["id"]: Origin(one["source"], one["at"], one["by"]) for one in record["facts"]}
    try:
        decision = decide(policy, facts, date.fromisoformat(record["today"]), date.fromisoformat(record["applied"]))
        if not isinstance(decision, Decision):
            return "The version cannot be chosen again: a date is missing."
        departure = record.get("departure")
        if departure:
            decision = without(decision, departure["waived"])
        return build(
            library, policy, decision, decision_id=record["id"], request_id=record["request"],
            at=datetime.fromisoformat(record["at"]), origins=origins, previous=record["previous"],
            hypothetical=record["hypothetical"], words=words, receipt=record.get("receipt"),
            wanted=record.get("wanted"), departure=departure,
        )  # fmt: skip
    except (ValueError, LookupError) as error:
        return f"It cannot be decided again: {error}"


def _compare(record: Record, again: Record | str) -> Replay:
    if isinstance(again, str):
        return Replay(False, (again,))
    notes: tuple[str, ...] = ()
    if again["calendar"] != record["calendar"]:
        # A newer source of bank holidays is no difference as long as it gives the same days; those are compared.
        notes = (f"The calendar then was: {record['calendar']}.",)
        again = seal({**again, "calendar": record["calendar"]})
    if _undated(again["citations"]) == _undated(record["citations"]):
        # The day on which somebody last looked at a source is no rule; it moves on every year.
        again = seal({**again, "citations": record["citations"]})
    if canonical(again) == canonical(record):
        return Replay(True, (), notes)
    names = sorted(name for name in {*record, *again} - {"sha256"} if record.get(name) != again.get(name))
    return Replay(False, tuple(f"'{name}' came out otherwise." for name in names))


def _undated(citations: Record) -> Record:
    return {name: {key: one[key] for key in one if key != "checked"} for name, one in citations.items()}
