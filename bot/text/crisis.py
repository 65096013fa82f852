"""Crisis words: what makes Saywhy show a number to call before anything else.

People in danger write in haste and tell what they see, not what it is called. So ``data/crisis.yml`` holds situations
in parts (who, what, with what) for each kind of help, and the harmless senses that stand around the same words. The
table listens wide, so most of what it finds is only suspected, and Rasa says whether the message means it
(``bot/brain/crisis.py``). What is plain counts at once, and so does everything when Rasa is silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any

from bot import yaml12
from bot.settings import ROOT

WORDS = ROOT / "data" / "crisis.yml"


class Crisis(StrEnum):
    """What kind of help comes first."""

    SELF_HARM = "self_harm"
    DANGER = "danger"
    """Abuse or an attack."""
    CHILD = "child"
    EMERGENCY = "emergency"
    """A fire, an illness, an accident, people trapped."""
    GAS = "gas"


#: Kinds that bring a person at once. The others offer one: a fire engine comes sooner.
FOR_A_PERSON = frozenset({Crisis.SELF_HARM, Crisis.DANGER, Crisis.CHILD})

_GAP = r"(?: [a-z0-9]+){0,6}? "
_CLOSE = 0.86  # how like a word of the table a typing error must be, of 1
_SHORTEST = 6  # letters; shorter words have too many neighbours
#: Phones type several.
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019`\u00b4"), "'")
#: 'the flat's on fire', 'my dad's collapsed'; but 'he's' is a word of its own in the table.
_OWNER = re.compile(r"\b(?!(?:he|she|it|there|that|what|who|where|here|how|let)'s)([a-z]+)'s\b")
_OVERDOSED = re.compile(r"\bod(?:'d|'ed|'ing|'s)\b")
_SENTENCE = re.compile(r"[.!?;\n]+")
_SQUEEZED = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\b(do|does|did|is|was|are|were|has|have|had|would|could|should)(?:nt| not)\b", r"\1nt"),
        (r"\b(?:cannot|can not)\b", "cant"),
        (r"\bwill not\b", "wont"),
        (r"\bi am\b", "im"),
        (r"\bi have\b", "ive"),
        (r"\b(he|she) (?:is|has)\b", r"\1s"),
        (r"\bthey are\b", "theyre"),
        (r"\b(?:there is|there are|theres a)\b", "theres"),
        (r"\bwe are\b", "were"),
        (r"\b(?:any more|no more|any longer)\b", "anymore"),
        (r"\bsome (?:one|body)\b", "someone"),
        (r"\bno one\b", "nobody"),
    )
]


@dataclass(frozen=True)
class _Rule:
    kind: Crisis
    says: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class _Table:
    rules: list[_Rule]
    same: Mapping[str, str]
    mend: tuple[str, ...]
    but: frozenset[str]
    now: re.Pattern[str]
    plain: re.Pattern[str]


@dataclass(frozen=True)
class Danger:
    """What the words of a message speak of."""

    kind: Crisis
    plain: bool
    """Nobody need look at it again."""


def danger(text: str) -> Danger | None:
    """The first kind of danger that the words speak of, in the order of the table."""
    table, said = _table(), alike(text)
    sentences = said.split("|")
    # A thought may run over a full stop ('On the bridge. Goodbye.'): the whole is read as one sentence as well.
    whole = " ".join(sentences)
    for rule in table.rules:
        for sentence in dict.fromkeys([*sentences, whole]):
            sentence = f" {' '.join(sentence.split())} |"
            if rule.says.search(sentence) and not (
                rule.unless and rule.unless.search(sentence) and not table.now.search(sentence)
            ):
                return Danger(rule.kind, bool(table.plain.search(said)))
    return None


def crisis(text: str) -> Crisis | None:
    """The kind of danger alone."""
    found = danger(text)
    return found.kind if found else None


def alike(text: str) -> str:
    """The text as the table has it: small letters, no apostrophes, short forms, '|' after each sentence."""
    table = _table()
    text = text.lower().translate(_APOSTROPHES)
    text = _OVERDOSED.sub("overdosed", text)
    text = _OWNER.sub(r"\1", text).replace("'", "")
    text = re.sub(r"[^a-z0-9|]+", " ", _SENTENCE.sub(" | ", text.replace("|", " ")))
    words = [table.same.get(word, word) for word in text.split()]
    text = " ".join(_mended(word, table) for word in words)
    for pattern, plain in _SQUEEZED:
        text = pattern.sub(plain, text)
    return " ".join(table.same.get(word, word) for word in text.split())


def _mended(word: str, table: _Table) -> str:
    if len(word) < _SHORTEST or word in table.but or word in table.mend:
        return word
    near = get_close_matches(word, [known for known in table.mend if known[0] == word[0]], n=1, cutoff=_CLOSE)
    return near[0] if near else word


@cache
def _table() -> _Table:
    """The table, compiled. Raises KeyError when a pattern names an unknown part, re.error when it is malformed."""
    raw: dict[str, Any] = yaml12.load(WORDS.read_text(encoding="utf-8"))
    parts: dict[str, str] = {}
    for name, pattern in raw["parts"].items():
        parts[name] = _filled(re.sub(r"\| ", "|", pattern.strip()), parts)  # folded lines
    rules = [
        _Rule(
            Crisis(rule["kind"]),
            _any(rule["says"], parts),
            _any(rule["unless"], parts) if "unless" in rule else None,
        )
        for rule in raw["situations"]
    ]
    return _Table(
        rules,
        {str(word): str(plain) for word, plain in raw["same"].items()},
        tuple(raw["mend"]["to"].split()),
        frozenset(raw["mend"]["but"].split()),
        _any(["{now}"], parts),
        _any(raw["plain"], parts),
    )


def _any(patterns: list[str], parts: Mapping[str, str]) -> re.Pattern[str]:
    # That a word begins is asked first, once for all of them: to ask it for each takes half as long again.
    either = "|".join(f"(?:{_filled(pattern, parts)})" for pattern in patterns)
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])")


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    pattern = re.sub(r"\{([a-z]+)\}", lambda found: parts[found[1]], pattern)
    return pattern.replace(" .. ", _GAP).replace(" ..", _GAP.rstrip())
