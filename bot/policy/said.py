"""Facts that a person has already said in running text: 'I have 2 permits and the van is 2.1 m high'.

Strict on purpose: a number counts only with its unit and only when that fits exactly one open fact; a yes-or-no fact
only when the policy's own sentence about it stands there; a choice only by its own words. Whatever is in doubt is
asked, and all that was taken is read back before anything is decided.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from bot.policy import dates, numbers
from bot.policy.decide import BadFact, typed
from bot.policy.expression import Value
from bot.policy.model import Fact, Version, Words
from bot.policy.parse import normal

_SENTENCES = re.compile(r"(?<=[.!?;\n])\s+|\n+")
_CLAUSES = re.compile(r",\s+|\s+-\s+|\s+(?:and|but|so|because|since|though|although|while)\s+")
_ASKS = re.compile(
    r"(?:(?:and|so|but|please|hi|hello),? )*(?:what|when|where|who|how|why|which|do|does|did|is|are|will|would|should|"
    r"can|could|may)\b"
)
_OPEN = re.compile(r"\b(?:if|whether|unless|suppose|maybe|perhaps|might|or|used to|don't know|not sure|think)\b")
_WISH = re.compile(r"\b(?:want|wants|need|needs|like|apply|applying|get|buy|another|third|second|more|extra|new)\b")
_NOT = re.compile(r"\b(?:no|not|never|none|nobody|without)\b|n't\b")
#: What makes a number or a day beside it inexact.
_NEARLY = (
    r"about|around|roughly|over|under|than|up to|nearly|almost|approx\w*|least|most|maybe|between|some|few|several"
)
_INEXACT = re.compile(rf"\b(?:{_NEARLY})\s+(?:a\s+)?$")
_NUMBER = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|thirty|forty|fifty"
)
_MEASURE = re.compile(
    rf"(?<![\w.,/])(?P<span>(?:{_NUMBER})\s*(?P<unit>mm|millimetres?|cm|centimetres?|m2|sqm|square metres?|km|"
    rf"kilometres?|"
    r"m|metres?|meters?|miles?|yards?|ft|foot|feet|inch(?:es)?|minutes?|mins?|%|per cent|percent))(?![\w²])"
    r"(?:\s+(?:in\s+)?(?P<after>high|tall|long|wide|deep|away|height|length|width|depth))?"
)
_COUNT = re.compile(rf"(?<![\w.,/£])(?P<number>{_NUMBER})(?P<nouns>(?:\s+[a-z]+){{1,3}})")
_MONEY = re.compile(
    r"(?<![-\u2212\u2013])(?<!minus )(?P<span>£\s?\d[\d,]*(?:\.\d+)?(?:\s?(?:k|grand|thousand|million)\b)?"
    r"(?:\s*(?:a|per|each|every|/)\s*(?:week|month|year)|\s*(?:weekly|monthly|yearly|pcm|pw))?)(?!\w|[.,]\d|\+)"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_DATE = re.compile(
    rf"(?P<span>(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})[a-z]*(?: \d{{4}})?|"
    rf"\d{{1,2}}/\d{{1,2}}/\d{{2,4}}|"
    rf"(?:{_WEEKDAYS})|yesterday|today|tomorrow|(?:days?|weeks?|fortnights?|months?) ago)\b"
)
#: Words that make another day of the one beside them: 'nearly a month ago', 'every Friday', 'Friday the 13th'.
_OTHER_DAY_BEFORE = re.compile(
    rf"\b(?:{_NEARLY}|weeks?|fortnights?|months?|half|next|every|each|before|after|by|until|the \d+\w*)"
    r"(?: (?:on|from|ago|last|an?|the|of))*\s*$"
)
_OTHER_DAY_AFTER = re.compile(r"\s*(?:week|fortnight|next|last|before|after|the \d)")
_WORDS_BEFORE, _WORDS_AFTER = 4, 2  # that can belong to a day
_DIMENSIONS = {
    "height": "height high tall", "length": "length long", "width": "width wide", "depth": "depth deep",
    "distance": "distance away far from",
}  # fmt: skip
_KIND = {"m": "length", "mm": "length", "mile": "length", "m2": "area", "minute": "time", "percent": "share"}
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "it",
        "is",
        "was",
        "are",
        "be",
        "been",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "and",
        "or",
        "that",
        "this",
        "your",
        "you",
        "my",
        "our",
        "i",
        "we",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "it's",
        "its",
        "there",
        "their",
        "they",
        "one",
        "any",
        "whether",
        "number",
        "many",
        "how",
        "what",
        "kind",
    ]
)
_VAGUE = frozenset({"other", "else", "something", "someone", "know", "both", "some", "none", "yes", "reason"})


def facts_in(text: str, version: Version, words: Words, today: date, known: Collection[str] = ()) -> dict[str, Value]:
    """The facts that the text says, by name; those in ``known`` and those of a special category are left out.

    A fact of which the text says two different things is left out as well.
    """
    found: dict[str, Value] = {}
    doubtful: set[str] = set()
    for clause in _clauses(text):
        for name, value in _of_clause(clause, version, words, today):
            if name in found and found[name] != value:
                doubtful.add(name)
            found[name] = value
    usable = (name for name in version.asked if name in found and name not in doubtful and name not in known)
    return {name: found[name] for name in usable if version.facts[name].sensitive != "special_category"}


def _clauses(text: str) -> Iterator[str]:
    """The clauses that state something; questions and suppositions state nothing."""
    for sentence in _SENTENCES.split(text):
        pieces = _CLAUSES.split(sentence.strip())
        for place, piece in enumerate(pieces):
            asked = piece.rstrip().endswith("?") or (place == len(pieces) - 1 and sentence.rstrip().endswith("?"))
            plain = normal(piece.rstrip("?"))
            if plain and not asked and not _ASKS.match(plain) and not _OPEN.search(plain):
                yield plain


def _of_clause(clause: str, version: Version, words: Words, today: date) -> Iterator[tuple[str, Value]]:
    facts = [version.facts[name] for name in version.asked]
    for fact, span in [
        *_measures(clause, facts, words),
        *_counts(clause, facts, words),
        *_amounts(clause, facts, words),
        *_days(clause, facts, words, today),
    ]:
        try:
            value = typed(fact, span, today)
        except BadFact:
            continue
        if value is not None:
            yield fact.id, value
    said = [
        (fact.id, value) for fact in facts
        if (value := _true_or_false(clause, fact, words) if fact.type == "bool" else _choice(clause, fact, words))
        is not None
    ]  # fmt: skip
    if len(said) == 1:
        yield said[0]


def _measures(clause: str, facts: list[Fact], words: Words) -> Iterator[tuple[Fact, Value]]:
    end = 0
    for found in _MEASURE.finditer(clause):
        before, end = clause[end : found.start()], found.end()
        if _INEXACT.search(clause[: found.start()]):
            continue
        said = _dimension(found["after"] or "") or _dimension(before) or _dimension(clause[end : end + 6])
        kind = _kind_of(found["unit"])
        fitting = [
            fact for fact in facts
            if _KIND.get(fact.unit or "") == kind and _fits(fact, said, clause, words)
        ]  # fmt: skip
        fact = _closest(fitting, clause, words)
        value = numbers.measure(found["span"], fact.unit, fact.step) if fact and fact.unit else None
        if fact and value is not None:
            yield fact, value


def _fits(fact: Fact, said: str | None, clause: str, words: Words) -> bool:
    own = _dimension(_label(fact, words))
    if own == "distance" or own is None:  # 'from' alone says little: what it is the distance to must stand there
        return said in (own, "distance" if own is None else own) and bool(_shared(fact, clause, words))
    return said == own


def _dimension(text: str) -> str | None:
    """The one dimension that is named; the last one when there are several."""
    found = [(m.start(), name) for name, forms in _DIMENSIONS.items() for form in forms.split()
             for m in re.finditer(rf"\b{form}\b", text)]  # fmt: skip
    return max(found)[1] if found else None


def _kind_of(unit: str) -> str:
    if unit.startswith(("min",)):
        return "time"
    if unit in ("%", "per cent", "percent"):
        return "share"
    return "area" if unit in ("m2", "sqm") or unit.startswith("square") else "length"


def _counts(clause: str, facts: list[Fact], words: Words) -> Iterator[tuple[Fact, Value]]:
    for found in _COUNT.finditer(clause):
        if _INEXACT.search(clause[: found.start()]) or _NOT.search(clause[: found.start()]):
            continue
        nouns = [_singular(noun) for noun in found["nouns"].split()]
        fitting = [
            fact for fact in facts
            if fact.type == "int" and _KIND.get(fact.unit or "") is None and fact.unit != "hour_of_day"
            and _own_nouns(fact, words) & set(nouns) and not _is_wish(fact, clause, words)
        ]  # fmt: skip
        fact = _closest(fitting, clause, words)
        value = numbers.number(found["number"])
        if fact and value is not None:
            yield fact, value


def _is_wish(fact: Fact, clause: str, words: Words) -> bool:
    """Whether a number of what is wanted could be taken for what one has."""
    return bool(_WISH.search(clause)) and bool(re.search(r"\b(?:has|have|had|held|now|missed)\b", _label(fact, words)))


def _own_nouns(fact: Fact, words: Words) -> set[str]:
    unit = {_singular(form) for form in words.frame["units"].get(fact.unit, ()) if form}
    plural = {_singular(word) for word in re.findall(r"[a-z]{4,}s\b", _label(fact, words))}
    return unit | plural - {"metre"}


def _amounts(clause: str, facts: list[Fact], words: Words) -> Iterator[tuple[Fact, Value]]:
    for found in _MONEY.finditer(clause):
        if _INEXACT.search(clause[: found.start()]):
            continue
        fitting = [fact for fact in facts if fact.type == "money" and _shared(fact, clause, words)]
        fact = _closest(fitting, clause, words)
        if fact and (fact.per is None) == (numbers.period_in(found["span"]) is None):
            value = numbers.money(found["span"], fact.per)
            if value is not None:
                yield fact, value


def _days(clause: str, facts: list[Fact], words: Words, today: date) -> Iterator[tuple[Fact, Value]]:
    for found in _DATE.finditer(clause):
        fitting = [fact for fact in facts if fact.type == "date" and _shared(fact, clause, words)]
        fact = _closest(fitting, clause, words)
        day = _whole_day(clause, found, today, fact.tense) if fact else None
        if fact and day is not None:
            yield fact, day


def _whole_day(clause: str, found: re.Match[str], today: date, tense: str | None) -> date | None:
    """The day of the longest run of words around what was found that is read as one: 'a week on Friday', not 'Friday'.

    None where a word beside the run says that it is another day.
    """
    before = [at.start() for at in re.finditer(r"\S+", clause[: found.start()])][-_WORDS_BEFORE:]
    after = [found.end() + at.end() for at in re.finditer(r"\S+", clause[found.end() :])][:_WORDS_AFTER]
    runs = [(start, end) for start in [*before, found.start()] for end in [found.end(), *after]]
    for start, end in sorted(runs, key=lambda run: run[0] - run[1]):
        day = dates.day(clause[start:end], today, tense)
        if day is not None:
            beside = _OTHER_DAY_BEFORE.search(clause[:start]) or _OTHER_DAY_AFTER.match(clause[end:])
            return None if beside else day
    return None


def _true_or_false(clause: str, fact: Fact, words: Words) -> bool | None:
    own = words.text["facts"].get(fact.id, {})
    said = _content(clause)
    for value, key in ((True, "if_true"), (False, "if_false")):
        sentence = normal(str(own.get(key, "")))
        wanted = _content(sentence)
        if len(wanted) > 1 and wanted <= said and bool(_NOT.search(sentence)) == bool(_NOT.search(clause)):
            return value
    return None


def _choice(clause: str, fact: Fact, words: Words) -> str | None:
    if fact.type != "choice":
        return None
    own = words.text["facts"].get(fact.id, {}).get("options", {})
    said = _content(clause)
    fits: list[tuple[int, str]] = []
    for choice in fact.choices:
        title = normal(str(own.get(choice, "")))
        wanted = _content(title)
        if not wanted or not wanted <= said or wanted & _VAGUE or bool(_NOT.search(title)) != bool(_NOT.search(clause)):
            continue
        bare = re.sub(r"^(?:a|an|the) ", "", title)
        if len(wanted) == 1 and not re.search(
            rf"\b(?:is|it's|its|was|in|own|have|got|say|says|said|for) (?:a |an |the |our |my )?{re.escape(bare)}\b",
            clause,
        ):
            continue
        fits.append((len(wanted), choice))
    best = [choice for size, choice in fits if size == max(fits)[0]]
    return best[0] if len(best) == 1 else None


def _closest(fitting: list[Fact], clause: str, words: Words) -> Fact | None:
    """The one fact whose own words the clause has most of; None when two have as many."""
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    ranked = sorted(fitting, key=lambda fact: -len(_shared(fact, clause, words)))
    first, second = (len(_shared(fact, clause, words)) for fact in ranked[:2])
    return ranked[0] if first > second else None


def _shared(fact: Fact, clause: str, words: Words) -> frozenset[str]:
    own = _content(_label(fact, words)) - {"day", "date", "part", "home", "time", "council"}
    return own & _content(clause)


def _label(fact: Fact, words: Words) -> str:
    return normal(str(words.text["facts"].get(fact.id, {}).get("label", "")))


def _content(text: str) -> frozenset[str]:
    return frozenset(_singular(word) for word in re.findall(r"[a-z0-9]+", text) if word not in _SMALL | {"t", "s"})


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
