"""Everything that can be known to be wrong with the policies before anyone is decided about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from bot.policy import golden, lock
from bot.policy.blocks import body
from bot.policy.check_rules import check_dates, check_sources, check_version
from bot.policy.check_words import check_words, unwritten
from bot.policy.coverage import reachable
from bot.policy.decide import apply
from bot.policy.model import Library, Policy, Version
from bot.policy.notice import render
from bot.policy.problem import Problem
from bot.policy.read import ROOT, load
from bot.policy.record import build
from bot.policy.select import Selected
from bot.text import plain

MOST_WORDS_FIRST = 180
#: Warnings about words: ``python -m bot check``, which holds all words to one measure, takes them for errors.
OF_WORDS = frozenset({"plain-words", "notice"})


def check(today: date, root: Path = ROOT, only: str | None = None) -> list[Problem]:
    """Every error and warning in the policies folder as of ``today``, by file and line; of one policy when ``only``.

    A policy whose files have errors is not looked at further, since what follows would be said about half of it.
    """
    library = load(root)
    check_sources(library, today)
    others: list[Problem] = lock.check(library, today)
    for policy in library.policies.values():
        if only is not None and policy.id != only:
            continue
        check_dates(library, policy)
        for version in policy.versions:
            check_version(library, policy, version, today)
        check_words(library, policy)
        for name in {name for version in policy.versions for name in lock.cited(version)}:
            unwritten(library.document("sources.yaml"), name)
        if not _errors(library, policy):
            others += golden.run(library, policy)
            for version in policy.versions:
                others += check_notices(library, policy, version, max(today, version.effective_from))
    found = [one for document in library.documents.values() for one in document.problems] + others
    return sorted({one for one in found if only is None or _about(library, library.policies.get(only), only, one)})


def _about(library: Library, policy: Policy | None, name: str, problem: Problem) -> bool:
    """Whether a problem is one of a policy's folder, or of a source that it cites."""
    sources = library.document("sources.yaml")
    lines = {sources.line(cite) for version in (policy.versions if policy else ()) for cite in lock.cited(version)}
    return problem.file.startswith(f"{Path(library.root).name}/{name}/") or (
        problem.file == sources.file and problem.line in lines
    )


def _errors(library: Library, policy: Policy) -> bool:
    folder = f"{Path(library.root).name}/{policy.folder}/"
    return any(
        one.level == "error" and name.startswith(folder)
        for name, document in library.documents.items()
        for one in document.problems
    )


def check_notices(library: Library, policy: Policy, version: Version, today: date) -> list[Problem]:
    """Render a notice for every reachable set of failures, and lint it: plain, short in front, all known."""
    found: dict[str, Problem] = {}
    for language, words in policy.words.items():
        file = library.document(policy.folder, f"text.{language}.yaml").file
        for case in reachable(version, today):
            decision = apply(Selected(version, version.selects_on, today), case, today, today)
            at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
            record = build(
                library,
                policy,
                decision,
                decision_id="00000000",
                request_id="check",
                at=at,
                words=words,
                receipt="BCDF-GHJK",
            )
            notice = render(record, words)
            faults = plain.lint(body((*notice.first, *notice.more)), language)
            if (count := plain.read(body(notice.first)).words) > MOST_WORDS_FIRST:
                faults.append(f"The first part has {count} words (at most {MOST_WORDS_FIRST}).")
            if words.frame["not_known"] in record["text"]:
                faults.append("It names a value that is not known.")
            failed = ", ".join(record["failed"]) or "nothing failed"
            if decision.against and not record["reviews"]:
                message = f"A refusal by {failed} is open to no way of having it looked at."
                fix = "Let the offered_when of a route hold for it, or add a route for it."
                rules = library.documents[version.path]
                found.setdefault("", Problem(rules.file, rules.line("review"), "error", "review-missing", message, fix))
            for fault in faults:
                key = fault.split("(")[0].split("'")[0].rstrip("0123456789. ")
                found.setdefault(
                    key, Problem(file, 1, "warning", "notice", f"The notice when {failed}: {fault}", "Shorten it.")
                )
    return list(found.values())
