"""The decision record: everything that a decision used and said, as plain JSON data in a hash chain.

``build`` makes it, ``notice`` renders from it, ``replay`` makes it again from the same rules and compares the bytes.
Storing it, append-only, is the store's work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.policy.ask import open_facts
from bot.policy.decide import Decision, Result, offered, start
from bot.policy.format import to_json
from bot.policy.model import Library, Policy, Version, Words
from bot.policy.whatif import Way, what_would_change

ENGINE = "5"
"""Raised whenever the same rules and facts could give another record or text."""
Record = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """Where a fact came from: ``source`` citizen, record or staff; when (ISO instant); by which message or system."""

    source: str
    at: str | None = None
    by: str | None = None


def canonical(data: Any) -> bytes:
    """The one way in which data is written for a checksum: sorted keys, no spaces, UTF-8."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return to_json(value)
    raise TypeError(f"A record cannot hold {type(value).__name__}.")


def digest(data: Any) -> str:
    """The SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(data)).hexdigest()


def reference(decision_id: str) -> str:
    """The short number that a citizen is given, from the decision's id (at least 8 characters)."""
    return f"N-{decision_id[:4]}-{decision_id[4:8]}".upper()


def build(
    library: Library,
    policy: Policy,
    decision: Decision,
    *,
    decision_id: str,
    request_id: str,
    at: datetime,
    language: str = "en",
    origins: Mapping[str, Origin] | None = None,
    previous: str | None = None,
    hypothetical: bool = False,
    words: Words | None = None,
    receipt: str | None = None,
    wanted: str | None = None,
    departure: Record | None = None,
) -> Record:
    """The complete record of ``decision`` with the text of its notice. ``at`` is an aware instant.

    ``receipt`` is the code that proves the reference elsewhere, ``wanted`` a language that there were no words in, and
    ``departure`` what staff gave as their grounds (see ``depart``); each stands in the record only when given.

    Raises ValueError for need_info: an open question is not a decision.
    """
    from bot.policy.notice import render

    if decision.outcome == "need_info":
        raise ValueError("Facts are missing; there is no decision to record.")
    words = words or policy.words[language]
    version = decision.version
    given = {"receipt": receipt, "wanted": wanted, "departure": departure}
    record = {
        "engine": ENGINE,
        "id": decision_id,
        "reference": reference(decision_id),
        "request": request_id,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "today": decision.today.isoformat(),
        "applied": decision.applied.isoformat(),
        "policy": policy.id,
        "version": version.version,
        "policy_sha256": version.sha256,
        "versions_known": {one.version: one.sha256 for one in policy.versions},
        "effective_from": version.effective_from.isoformat(),
        "mode": version.mode,
        "decided_by": version.decided_by,
        "authority": dict(version.authority),
        "selected": {"basis": decision.basis, "on": decision.selected_on.isoformat()},
        "facts": _facts(decision, origins or {}),
        "derived": _derived(decision),
        "not_known": list(open_facts(decision)),
        "parameters": [
            {"id": one.id, "value": to_json(one.value), "unit": one.unit, "cite": list(one.cite)}
            for one in version.parameters.values()
        ],
        "values": _values(decision),
        "trace": [_trace(one, decision) for one in decision.results],
        "outcome": decision.outcome,
        "against": decision.against,
        "failed": [one.requirement.id for one in decision.failed],
        **_explained(policy, decision),
        **_routes(decision),
        "calendar": version.calendar.version,
        "zone": version.calendar.zone,
        "citations": _citations(library, version, departure),
        "language": words.language,
        "words_sha256": words.sha256,
        "hypothetical": hypothetical,
        "previous": previous,
        **{name: value for name, value in given.items() if value is not None},
    }
    record["text"] = render(record, words).text
    return seal(record)


def known_then(policy: Policy, record: Record) -> Policy:
    """The policy with exactly those versions that were known when the record was made, by checksum. A version that is
    gone or was changed is missing from it."""
    known = tuple(one for one in policy.versions if record["versions_known"].get(one.version) == one.sha256)
    return replace(policy, versions=known)


def seal(record: Record) -> Record:
    """The record with its checksum over everything else in it, the previous record's checksum included."""
    body = {name: value for name, value in record.items() if name != "sha256"}
    return {**body, "sha256": digest(body)}


def _facts(decision: Decision, origins: Mapping[str, Origin]) -> list[Record]:
    found = []
    for name, value in decision.facts.items():
        if value is not None:
            fact = decision.version.facts[name]
            origin = origins.get(name, Origin(fact.source))
            found.append(
                {"id": name, "value": to_json(value), "type": fact.type, "unit": fact.unit, "change": fact.change,
                 "sensitive": fact.sensitive, "source": origin.source, "at": origin.at, "by": origin.by}
            )  # fmt: skip
    return found


def _derived(decision: Decision) -> list[Record]:
    return [
        {"id": fact.id, "value": to_json(decision.values[fact.id]), "type": fact.type, "unit": fact.unit,
         "function": fact.function, "of": list(fact.of)}
        for fact in decision.version.derived
        if decision.values[fact.id] is not None
    ]  # fmt: skip


def _values(decision: Decision) -> list[Record]:
    found = []
    for table in decision.version.tables.values():
        value = table.look_up(decision.values)
        if value is not None:
            found.append({"id": table.id, "value": to_json(value), "type": table.type, "unit": table.unit,
                          "cite": list(table.cite)})  # fmt: skip
    return found


def _trace(result: Result, decision: Decision) -> Record:
    one = result.requirement
    sources = {"when": one.when, "must": one.must, "unless": one.unless}
    return {
        "requirement": one.id,
        "status": result.status,
        "on_fail": result.on_fail,
        "rule": {name: part.source for name, part in sources.items() if part is not None},
        "truth": {"when": result.when, "must": result.must, "unless": result.unless},
        "reads": {name: to_json(decision.values[name]) for name in one.reads},
        "parameters": sorted({name for part in one.parts for name in part.parameters}),
        "cite": list(one.cite),
        "waivable": one.waivable,
        "waivable_note": one.waivable_note,
    }


def _way(way: Way, version: Version) -> Record:
    changes = []
    for one in way.changes:
        fact = version.facts.get(one.fact)
        ends: list[Any] = sorted([one.value, one.value if one.other is None else one.other])
        changes.append(
            {"fact": one.fact, "now": to_json(one.now), "value": to_json(one.value), "low": to_json(ends[0]),
             "high": to_json(ends[1]), "how": one.how, "who": one.who,
             "type": fact.type if fact else "date", "unit": fact.unit if fact else None}
        )  # fmt: skip
    return {"outcome": way.outcome, "version": way.version, "changes": changes}


def _explained(policy: Policy, decision: Decision) -> Record:
    found = what_would_change(policy, decision)
    later = found.next_version
    return {
        "what_would_change": [_way(way, decision.version) for way in found.ways],
        "next_version": {**_way(later, decision.version), "from": to_json(found.next_from)} if later else None,
        "corrections": list(found.corrections),
    }


def _routes(decision: Decision) -> Record:
    version = decision.version
    # After a refusal only what belongs to its reasons: the step of a condition is none while the answer is no.
    reasons = decision.with_status("failed", "refuse") if decision.against else decision.failed
    steps = dict.fromkeys(step for one in reasons for step in one.requirement.steps)
    others = [one.id for one in version.alternatives if one.when is None or one.when.test(decision.values) is not False]
    routes = offered(decision)
    begins = {one.id: start(one, decision) for one in routes}
    reviews = [
        {"id": one.id, "after": one.after, "from": one.start,
         "last_day": to_json(day and one.deadline.last_day(day, version.calendar)),
         "until": one.deadline.until.isoformat(timespec="minutes"),
         "ends": day and one.deadline.end(day, version.calendar).isoformat(),
         "period": one.deadline.period, "counting": one.deadline.counting, "first_day": one.deadline.first_day,
         "late_allowed": one.late_allowed, "late_cite": one.late_cite, "how": list(one.how), "cite": one.cite}
        for one in routes
        for day in (begins[one.id],)
    ] if decision.against else []  # fmt: skip
    return {"steps": list(steps), "alternatives": others if decision.against else [], "reviews": reviews}


def _citations(library: Library, version: Version, departure: Record | None) -> Record:
    used = [version.authority["cite"], *([departure["power"]] if departure else [])]
    used += [name for one in version.requirements for name in (*one.cite, one.waivable_note) if name]
    used += [name for part in (version.parameters, version.tables) for one in part.values() for name in one.cite]
    used += [name for one in version.reviews for name in (one.cite, one.late_cite) if name]
    return {
        name: {"title": source.title, "section": source.section, "url": source.url,
               "checked": source.checked.isoformat()}
        for name in dict.fromkeys(used)
        if (source := library.sources.get(name))
    }  # fmt: skip
