"""What a 'what if' supposes: which fact would be otherwise, and how. A number counts only for a fact that it fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from actions.correcting import words_of
from bot.policy.decide import BadFact
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.model import Fact, Policy, Version, Words
from bot.policy.parse import MEASURES, counted, normal, parse

Changes = dict[str, Value]

_SMALLER = re.compile(r"\b(?:small\w*|short\w*|low\w*|less|fewer|narrow\w*|cheap\w*|young\w*|near\w*|earlier|sooner)\b")
_LARGER = re.compile(r"\b(?:larg\w*|big\w*|tall\w*|long\w*|high\w*|more|wid\w*|deep\w*|old\w*|further|later)\b")
_START = re.compile(r"^.*?\b(?:what if|what about if|how about|what about|suppose|supposing|if)\b[ ,:]*")
_UNIT = (
    r"m2|sqm|mm|cm|km|m|metres?|meters?|millimetres?|centimetres?|kilometres?|ft|foot|feet|inch(?:es)?|miles?|yards?|%|"
    r"minutes?|hours?|pounds?|quid"
)
_PIECE = re.compile(
    rf"\b\d{{1,2}} [a-z]+ \d{{4}}\b|£?\d[\d,]*(?:\.\d+)?(?: ?(?P<unit>{_UNIT}|[ap]m))?(?![\w.])|"
    r"\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    rf"(?: (?P<word_unit>{_UNIT})\b)?"
)
_NEGATED = re.compile(r"\b(?:not|no|isn't|wasn't|didn't|don't|doesn't|weren't|aren't|never|without)\b|n't\b")
#: Words after a number that say nothing of what it is a number of.
_AFTER = re.compile(
    r"(?:and|or|but|instead|now|then|only|at|in|on|by|from|for|when|if|would|could|please|each|exactly|today|high|tall|"
    r"long|deep|wide|away|across)\b|$"
)
_ADJECTIVES = {"high": "height", "tall": "height", "long": "length", "deep": "depth", "wide": "width"}


def supposed(said: str, policy: Policy, words: Words, record: Mapping[str, Any]) -> Changes:
    """What a text supposes: a fact that it names with its value; or 'smaller' and such, at the value that decides.

    Nothing where it is not clear which fact is meant: a number fits a fact whose unit or name stands beside it.
    """
    plain = _START.sub("", normal(said).rstrip("?"))
    if not plain:
        return {}
    version = _version(policy, record)
    today = date.fromisoformat(record["today"])
    found: dict[str, tuple[int, Value]] = {}
    for fact in (version.facts[name] for name in version.asked):
        value = _value(fact, plain, words, today, record)
        if value is not None and to_json(value) != known(record).get(fact.id):
            found[fact.id] = (_nearness(fact, plain, words), value)
    most = max((near for near, _value in found.values()), default=0)
    best = [name for name, (near, _value) in found.items() if near == most]
    if len(best) == 1:
        return {best[0]: found[best[0]][1]}
    return {} if best else _towards(plain, record, version, words)


def known(record: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a record by name."""
    return {one["id"]: one["value"] for one in record["facts"]}


def _value(fact: Fact, plain: str, words: Words, today: date, record: Mapping[str, Any]) -> Value | None:
    own = words.text["facts"][fact.id]
    if fact.type == "bool":
        now = known(record).get(fact.id)
        telling = words_of(normal(f"{own.get('if_true', '')} {own['label']}")) & words_of(plain)
        if now is None or len(telling) < 2:
            return None
        return not bool(_NEGATED.search(plain))
    if fact.type == "choice":
        for value, title in own["options"].items():
            if words_of(normal(title)) and words_of(normal(title)) <= words_of(plain):
                return str(value)
        return None
    pieces = [(found[0], _unit(found), plain[found.end() :].split()) for found in _PIECE.finditer(plain)]
    for piece, unit, after in pieces:
        if _fits(fact, piece, unit, after, plain, words):
            try:
                read = parse(fact, piece, words, today)
            except BadFact:
                continue
            if read is not None:
                return read
    return None


def _unit(found: re.Match[str]) -> str | None:
    return found["unit"] or found["word_unit"]


def _fits(fact: Fact, piece: str, unit: str | None, after: list[str], plain: str, words: Words) -> bool:
    """Whether a number can be meant for the fact: by its unit, by what it counts, or else by the fact's name."""
    own = words.text["facts"][fact.id]
    named = bool(_nearness(fact, plain, words))
    if unit or piece.startswith("£"):
        return named or fact.unit in MEASURES or fact.type == "money"  # of another kind of unit it is no value for it
    if fact.type == "date":
        return named
    if fact.type == "int" and fact.unit not in MEASURES:
        nouns = {normal(form) for form in words.frame["units"].get(fact.unit, ()) if form} | counted(own)
        if any(word.strip(".,;") in nouns for word in after[:3]):
            return True
    return named and bool(_AFTER.match(" ".join(after)))


def _nearness(fact: Fact, plain: str, words: Words) -> int:
    """How many words of the text are about the fact: of its name and its question."""
    own = words.text["facts"][fact.id]
    said = words_of(" ".join(_ADJECTIVES.get(word, word) for word in re.findall(r"[a-z]+", plain)))
    label = words_of(normal(str(own["label"])))
    return 2 * len(said & label) + len(said & (words_of(normal(str(own.get("question", "")))) - label))


def _towards(plain: str, record: Mapping[str, Any], version: Version, words: Words) -> Changes:
    """'Smaller' or 'larger' without a value: what the record says would help, for the facts that the text is about."""
    named = words_of(plain)
    for pattern, how in ((_SMALLER, ("at_most", "between")), (_LARGER, ("at_least", "between"))):
        for way in record["what_would_change"] if pattern.search(plain) else ():
            fitting = {
                one["fact"]: one["value"]
                for one in way["changes"]
                if one["how"] in how and one["fact"] in version.facts
            }
            meant = {n: v for n, v in fitting.items() if named & words_of(_about(version.facts[n], words))}
            if meant or len(fitting) == 1:
                return meant or fitting
    return {}


def _about(fact: Fact, words: Words) -> str:
    own = words.text["facts"][fact.id]
    return normal(" ".join(str(own.get(part, "")) for part in ("label", "question", "help")))


def _version(policy: Policy, record: Mapping[str, Any]) -> Version:
    return next((one for one in policy.versions if one.version == record["version"]), policy.latest)
