"""Load checks on the words: nothing missing, every placeholder known, every limit shown, all of it plain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy import choosing
from bot.policy.format import placeholders
from bot.policy.model import BUILT_IN, Fact, Library, Policy, Requirement, Version, Words
from bot.policy.yamlfile import Document, Path
from bot.text import plain

_BEFORE_FACTS = ("question", "why", "help", "label")
_OWN = {"at_most": {"value"}, "at_least": {"value"}, "exactly": {"value"}}


def check_words(library: Library, policy: Policy) -> None:
    """Add every problem of a policy's words, in every language, to the document that it is about."""
    if "en" not in policy.words:
        document = library.documents[policy.versions[0].path]
        document.error((), "text-missing", "There is no text.en.yaml for this policy.", "Write it.")
    for language, words in policy.words.items():
        document = library.document(policy.folder, f"text.{language}.yaml")
        for version in policy.versions:
            _version(library, version, words, document)
        _extra(policy, words, document)
        _placeholders(policy, words, document)
        _plain(words, document)
        for version in policy.versions:
            unwritten(library.documents[version.path])
        unwritten(document)


def unwritten(document: Document, *within: str) -> None:
    """An error for every place that still carries the mark of ``policy new``; only below ``within``."""
    for path, text in _strings(document.data):
        if path[: len(within)] == within and ("FILL IN" in text or "FILL-IN" in text):
            where = ": ".join(str(part) for part in path)
            fix = "Write what belongs here and take the FILL IN away."
            if not any(one.code == "fill-in" and one.line == document.line(*path) for one in document.problems):
                document.error(path, "fill-in", f"'{where}' is not written yet.", fix)


def _version(library: Library, version: Version, words: Words, document: Document) -> None:
    for fact in version.facts.values():
        _fact(fact, version, words, document)
    for requirement in version.requirements:
        _requirement(requirement, version, words, document)
    wanted = [("steps", step) for one in version.requirements for step in one.steps]
    wanted += [("alternatives", one.id) for one in version.alternatives] + [
        ("review", one.id) for one in version.reviews
    ]
    for group, name in dict.fromkeys(wanted):
        shared = words.frame["reviews"] if group == "review" else {}
        if name not in words.text.get(group, {}) and name not in shared:
            _missing(document, (group,), f"{group}: {name}")
    for place in range(len(version.reviews)):
        _start(place, version, words, document, library.documents[version.path])
    if version.reviews and "while_waiting" not in words.text:
        _missing(document, (), "while_waiting")
    if version.mode == "advise" and not words.text["refuse"].startswith("We expect") and words.language == "en":
        document.error(("refuse",), "advice", "Advice is worded as a decision.", "Begin with 'We expect'.")


def _start(place: int, version: Version, words: Words, document: Document, rules: Document) -> None:
    """A time that runs from a fact is told without a day where the fact is not known: then 'start' says from what."""
    route, own = version.reviews[place], words.text.get("review", {})
    said = own.get(route.id) or words.frame["reviews"].get(route.id, {})
    if route.start is None or "start" in said:
        return
    where: Document
    path: Path
    where, path = (document, ("review", route.id)) if route.id in own else (rules, ("review", place, "deadline"))
    where.error(path, "deadline-start", f"The time of '{route.id}' runs from '{route.start}', and no words say so.",
                f"Write start under review: {route.id} in {document.file}: 'the date on the letter'.")  # fmt: skip


def _missing(document: Document, path: Path, what: str) -> None:
    document.error(path, "text-missing", f"The words for '{what}' are missing.", "Write them.")


def _fact(fact: Fact, version: Version, words: Words, document: Document) -> None:
    text = words.text["facts"].get(fact.id)
    if text is None:
        if fact.function is None:
            _missing(document, ("facts",), f"facts: {fact.id}")
        return
    needed = ["label", "question", "why"] if fact.function is None else []
    needed += ["if_true", "if_false"] if fact.type == "bool" and fact.function is None else []
    refusing = any(fact.id in _reads(one, version) for one in version.requirements if one.on_fail == "refuse")
    needed += ["wrong"] if fact.function is None and fact.change == "never" and refusing else []
    for name in needed:
        if name not in text:
            _missing(document, ("facts", fact.id), f"facts: {fact.id}: {name}")
    for choice in fact.choices:
        if choice not in text.get("options", {}):
            _missing(document, ("facts", fact.id, "options"), f"facts: {fact.id}: options: {choice}")
    for choice, one in choosing.twice(fact.choices, text):
        document.error(("facts", fact.id, "also", choice), "also-twice",
                       f"'{one}' stands under '{choice}' and names another choice as well.",
                       "Leave it where it belongs, or take it out of both.")  # fmt: skip
    for choice in set(text.get("also", {})) - set(fact.choices):
        document.error(("facts", fact.id, "also", choice), "unused", f"'{fact.id}' has no choice '{choice}'.",
                       "Correct the name or take it out.")  # fmt: skip
    for choice in fact.change_to:
        if choice not in text.get("to", {}):
            _missing(document, ("facts", fact.id), f"facts: {fact.id}: to: {choice}")


def _reads(requirement: Requirement, version: Version) -> set[str]:
    return {root for name in requirement.reads for root in version.roots[name]}


def _requirement(requirement: Requirement, version: Version, words: Words, document: Document) -> None:
    text = words.text["requirements"].get(requirement.id)
    if text is None:
        _missing(document, ("requirements",), f"requirements: {requirement.id}")
        return
    shown = set(placeholders(text["reason"]))
    measured = {name for name in requirement.must.facts if version.facts[name].type not in ("bool", "choice")} if all(
        name in version.facts for name in requirement.must.facts) else set()  # fmt: skip
    for name in sorted((measured | set(requirement.must.parameters)) - shown):
        document.error(("requirements", requirement.id, "reason"), "limit-not-shown",
                       f"The reason of {requirement.id} does not show '{name}', which it compares.",
                       f"Put {{{name}}} into the sentence.")  # fmt: skip


def _extra(policy: Policy, words: Words, document: Document) -> None:
    versions = policy.versions
    known = {
        "facts": {name for one in versions for name in (*one.facts, *one.tables)},
        "requirements": {one.id for version in versions for one in version.requirements},
        "steps": {step for version in versions for one in version.requirements for step in one.steps},
        "alternatives": {one.id for version in versions for one in version.alternatives},
        "review": {one.id for version in versions for one in version.reviews},
        "grounds": {name for one in versions if one.discretion for name in one.discretion.grounds},
    }
    choices: dict[str, set[str]] = {}
    for fact in (fact for version in versions for fact in version.facts.values()):
        choices.setdefault(fact.id, set()).update(fact.change_to, ("true", "false") if fact.type == "bool" else ())
    for fact_id, text in words.text["facts"].items():
        for name in set(text.get("to", {})) - choices.get(fact_id, set()):
            document.error(("facts", fact_id, "to", name), "unused", f"'{fact_id}' never changes to '{name}'.",
                           "Correct the name or take it out.")  # fmt: skip
    for group, names in known.items():
        for name in words.text.get(group, {}):
            if name not in names:
                document.error((group, name), "unused", f"The words for '{name}' are used by nothing.",
                               "Correct the name or take them out.")  # fmt: skip


def _placeholders(policy: Policy, words: Words, document: Document) -> None:
    facts = {name for one in policy.versions for name in one.facts}
    fixed = {name for one in policy.versions for name in one.parameters}
    tables = {name for one in policy.versions for name in one.tables}
    for path, text in _strings(words.text):
        last = str(path[-1])
        allowed = fixed if last in _BEFORE_FACTS else _OWN.get(last, facts | fixed | tables | set(BUILT_IN))
        for name in placeholders(text):
            if name not in allowed:
                document.error(path, "placeholder", f"{{{name}}} cannot stand here.",
                               f"Use one of: {', '.join(sorted(allowed)) or 'none'}.")  # fmt: skip


def _plain(words: Words, document: Document) -> None:
    for path, text in _strings(words.text):
        if path[-1] not in ("link", "phone") and "also" not in path and "FILL IN" not in text:
            for fault in plain.lint(text, words.language):
                document.error(path, "plain-words", fault, "Write it more plainly.", "warning")


def _strings(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    items: Any = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if isinstance(value, str):
            yield (*path, key), value
        else:
            yield from _strings(value, (*path, key))
