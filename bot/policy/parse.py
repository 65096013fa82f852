"""An answer as a person types it, read by the type of the fact asked for. Strict: the whole text or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from bot.policy import choosing, dates, numbers
from bot.policy.decide import BadFact, typed
from bot.policy.expression import Value
from bot.policy.model import Fact, Words

_FILLER = (
    r"(?:um+|uh+|er+m*|well|hmm+|oh|ok|okay|so|hi|hello|sorry|please|thanks|thank you|cheers|i think|i guess|i believe|"
    r"i'd say|i would say|i'm pretty sure|probably|maybe|perhaps|about|around|roughly|approximately|approx|nearly|"
    r"almost|exactly|precisely|just|only|it's|it is|its|it was|that's|that is|they're|there are|there is|there's|"
    r"i have|i've got|i have got|we have|we've got|we have got|i've|we've|got|currently|now|at the moment|right now|"
    r"i meant|i mean|make (?:it|that)|(?:it|that|this) (?:should|would|will) be|should be|"
    r"in total|altogether|or so|ish|or thereabouts|is|was)"
)
#: No answer is longer, in characters.
_LONGEST = 200

_LEAD = re.compile(rf"^{_FILLER}\b[\s,]*")
_TRAIL = re.compile(rf"[\s,]*\b{_FILLER}$")
_YES_WORD = (
    r"(?:yes|y|yep|yeah|yup|yea|aye|ya|sure|correct|right|true|definitely|absolutely|indeed|of course|certainly|"
    r"spot on|exactly|perfect|i (?:think|believe) so|"
    r"(?:(?:it's|its|that's|thats|that is|they're|they are|it|that|they) )?(?:all |looks? |is |are )+"
    r"(?:right|correct|true|fine|good)|(?:that's|thats|that is|it's|its|it is) (?:right|correct|true|fine|it))"
)
_YES = re.compile(
    rf"{_YES_WORD}(?:,? {_YES_WORD})*"
    r"(?:,? (?:it|he|she|they|i|we|there|that|this|you) (?:is|are|do|does|did|has|have|was|were|can|will|am|would)|"
    r",? (?:it does|i did|all of them))?|(?:it|they|i|we|there|that|she|he) "
    r"(?:is|are|do|does|did|has|have|was|were|can|will|am)"
)
_NO_WORD = (
    r"(?:no|n|nope|nah|never|false|not|negative|none|not yet|not really|not at all|definitely not|of course not|"
    r"(?:i )?(?:don't|dont|do not) (?:think|believe) so|not that i(?:'m aware(?: of)?| am aware(?: of)?| know(?: of)?))"
)
_NO = re.compile(
    rf"{_NO_WORD}(?:,? {_NO_WORD})*"
    r"(?:,? (?:it|he|she|they|i|we|there|that|this|you) (?:is|are|do|does|did|has|have|was|were|can|will|am|would)"
    r"(?:n't| not))?|(?:it|they|i|we|there|that|she|he)"
    r"(?:(?: is| are| do| does| did| has| have| was| were| can| will| am)(?:n't| not)|"
    r"(?:'s|'re|'m) not| can't| won't| cannot)(?: yet)?"
)
#: A yes or a no with more behind it ('no, she lives alone') or before it ('she is 84, so yes').
_LEADING = re.compile(
    r"(?:(?:well|oh|um|er|so)[, ]+)?(?:(?P<yes>yes|yep|yeah|yup|aye|definitely|of course)|"
    r"(?P<no>no|nope|nah|not yet|not really|never))(?P<break>[,.;:!-]+\s*|\s+)(?P<rest>.+)"
)
_TRAILING = re.compile(r".+?(?:\bso |[,.;-] ?)(?:(?P<yes>yes|yeah|yep)|(?P<no>no|nope))")
_UNDECIDED = re.compile(
    r"\b(?:but|except|unless|although|though|however|not sure|don't know|dont know|depends|maybe|or|sometimes|partly|"
    r"some of|wait|sorry|i mean|i meant|change|cancel|stop|person|someone)\b"
)
_DOUBT = re.compile(
    r"\b(?:think|guess|believe|probably|maybe|perhaps|about|around|roughly|nearly|almost|pretty|only|just)\b"
)
_NO_ANSWER = re.compile(r"(?:problem|worries|idea|clue|thanks|thank|way|one)\b")
_NOT = re.compile(r"\b(?:no|not|never|none|nor)\b|n't\b")
_ASKS = re.compile(
    r"(?:(?:and|also|but|ok|okay|so|hi|hello|please),? )*(?:(?:what|where|who|how)(?:'?s)?|when|whose|why|"
    r"which|can|could|do|"
    r"does|did|is|are|am|will|would|should|shall|may|has|tell me|i (?:want|need|would like|wonder)|i'd like)\b"
)
_CLAUSES = re.compile(
    r"(?P<first>.+?)(?:[,;.]+\s+(?:and |but )?|\s+(?:and|but|because|since|as)\s+)"
    r"(?P<rest>(?:it|it's|its|the|my|our|i|i'm|i've|we|we're|we've|he|she|he's|she's|they|they're|there|"
    r"there's|that)\b.+)"
)
_CLAUSE = re.compile(
    r"(?:it|it's|its|the|my|our|i|i'm|i've|i'd|we|we're|we've|he|she|he's|she's|you|they|they're|there|there's|nobody|"
    r"everyone|that|this|just|only|not|never|because|since|as|and|at)\b"
)
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
_ORDINAL = re.compile(
    rf"(?:the )?(?:(?P<word>{'|'.join(_ORDINALS)}|last)(?: one| option)?|(?:number|option) (?P<number>[1-9]))"
)
_UNKNOWN = re.compile(
    r"(?:i )?(?:really )?(?:don't|do not|dont|didn't) (?:know|remember|have a clue)|"
    r"(?:i'm |i am )?not (?:too |very )?(?:sure|certain)|"
    r"no idea|(?:i )?dunno|idk|unsure|can't remember|no clue|i have no idea|who knows|\?+"
)
_STOPPING = re.compile(
    r"\b(?:cancel\w*|stop\w*|end|abort\w*|quit\w*|exit|forget|never ?mind|leave|drop|enough|bother\w*|no more|"
    r"no longer|any ?more|scrap\w*|call(?:ing)? it off|not interested|pack(?:ing)? it in|withdraw\w*|"
    r"changed? my mind|giv(?:e|ing) up|(?:don't|dont|do not|didn't) (?:want|need))\b"
)
_CANCEL = frozenset(
    {"cancel", "stop", "cancel it", "cancel this", "stop this", "forget it", "never mind", "quit", "exit"}
)
#: The units of what is measured rather than counted.
MEASURES = frozenset({"m", "mm", "mile", "m2", "minute", "percent", "hour_of_day"})
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "it",
        "is",
        "to",
        "in",
        "on",
        "my",
        "our",
        "i",
        "we",
        "one",
        "with",
        "for",
        "that",
        "at",
        "by",
    ]
)


#: What a fact is a number of, out of its name: 'the number of permits your household has'.
_COUNTED = re.compile(r"(?:the )?(?:number of )?(?P<what>[a-z ]+?)(?: (?:your|of|in|that|who|a)\b.*)?")
_NO_COUNTED = (
    r"(?:no|zero|not any|none of|(?:(?:i|we|they) )?(?:don't|do not|haven't|have not|hasn't) (?:have |got )?any|"
    r"(?:there )?(?:aren't|are not|isn't|weren't) any)(?: (?:{nouns}))?(?: (?:at all|yet|so far|whatsoever|either))*"
)


class Unclear(BadFact):
    """An answer that can be taken in more than one way, or not exactly. ``readings`` are the values to choose from."""

    def __init__(self, fact: str, readings: tuple[Value, ...]) -> None:
        self.readings = readings
        super().__init__(fact, "can be taken in more than one way")


def normal(text: str) -> str:
    """The text in small letters, without accents of typing: one kind of quote, single spaces, no closing stops."""
    if text.strip() in ("½", "¼", "¾"):
        return {"½": "0.5", "¼": "0.25", "¾": "0.75"}[text.strip()]  # alone it would read as a day and a month
    for sign, written in (("½", " 1/2"), ("¼", " 1/4"), ("¾", " 3/4")):
        text = text.replace(sign, written)
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'").replace("\u2044", "/")
    return re.sub(r"\s+", " ", text).strip().strip(".!,;:").strip()


def says_unknown(text: str) -> bool:
    """Whether the person says that they do not know."""
    bare = _bare(normal(text))
    return bool(_UNKNOWN.fullmatch(normal(text).rstrip("?") or "?") or _UNKNOWN.fullmatch(bare))


def says_cancel(text: str) -> bool:
    """Whether the person wants to stop the request."""
    return normal(text) in _CANCEL


def names_stopping(text: str) -> bool:
    """Whether any word of the text speaks of stopping; 'how many more questions' has none."""
    return bool(_STOPPING.search(normal(text)))


def yes_or_no(text: str) -> bool | None:
    """A plain yes or no as people type it; None when it is neither, or a yes that leaves a doubt ('I think so')."""
    plain = normal(text)
    found = _yes_or_no(plain, {}) if plain and len(plain) <= _LONGEST else None
    return None if found and _DOUBT.search(plain) else found


def asks(text: str) -> bool:
    """Whether the text looks like a question or a wish rather than like an answer."""
    plain = normal(text)
    return plain.endswith("?") or bool(_ASKS.match(plain))


def wordy_yes_or_no(text: str) -> bool | None:
    """The yes or the no of a text that says more ('no, she lives alone'). None when that makes it doubtful.

    Good enough for a fact that is read back before anything is decided; never for the answer to the read-back.
    """
    plain = normal(text)
    found = _LEADING.fullmatch(plain)
    rest = found["rest"] if found else ""
    if not found:
        found = _TRAILING.fullmatch(plain)
    if found is None or len(plain) > _LONGEST or _UNDECIDED.search(plain) or asks(rest) or plain.endswith("?"):
        return None
    if found["yes"]:
        return None if _NOT.search(rest) and not rest.startswith("and ") else True
    if rest and not found["break"].strip() and not _CLAUSE.match(rest):  # 'no tag' may say something else than no
        return None
    return None if _NO_ANSWER.match(rest) or re.search(r"\byes\b", plain) else False


def wordy_choice(fact: Fact, text: str, words: Words) -> str | None:
    """The one choice that a text names which says more ('it is council land', 'my old sofa'). None when in doubt."""
    plain = normal(text)
    if len(plain) > _LONGEST or _UNDECIDED.search(plain):
        return None
    said = _content(plain)
    titles = {choice: normal(title) for choice, title in words.text["facts"][fact.id].get("options", {}).items()}
    fits = [choice for choice in fact.choices if (content := _content(titles.get(choice, ""))) and content <= said]
    if len(fits) != 1:
        return choosing.named(fact, plain, words.text["facts"][fact.id])
    return None if _NOT.search(plain) and not _NOT.search(titles[fits[0]]) else fits[0]


def unknown_choice(fact: Fact, words: Words) -> str | None:
    """The choice that says 'I do not know', where a fact has one."""
    options = words.text["facts"].get(fact.id, {}).get("options", {})
    return next((choice for choice in fact.choices if says_unknown(str(options.get(choice, "")))), None)


def first_clause(text: str) -> tuple[str, str]:
    """The first clause of a text and the rest: 'just one, and it is 2 m high'. No rest when there is one clause."""
    found = _CLAUSES.fullmatch(normal(text))
    return (found["first"], found["rest"]) if found else (normal(text), "")


def parse(fact: Fact, text: str, words: Words, today: date) -> Value | None:
    """The fact's value, or None when the text as a whole is not an answer to it.

    Raises BadFact when it is an answer, but one that the fact cannot have (out of range, a date on the wrong side of
    today, a day that no calendar has), so that the person can be told rather than asked again without a reason. Raises
    Unclear, a kind of BadFact, when it could be one of several values.
    """
    plain = normal(text)
    if not plain or len(plain) > _LONGEST:
        return None
    own: Mapping[str, Any] = words.text["facts"].get(fact.id, {})
    value: Value | None
    match fact.type:
        case "bool":
            return _yes_or_no(plain, own)
        case "choice":
            return _choice(fact, plain, own)
        case "date":
            value = _first(plain, lambda one: dates.day_alone(one, today, fact.tense))
            if value is None and (dates.is_no_day(plain) or dates.is_no_day(_bare(plain))):
                raise BadFact(fact.id, "is no day")
        case "money":
            value = _nothing(plain, counted(own)) if _nothing(plain, counted(own)) is not None else _first(
                plain, lambda one: numbers.money(one, fact.per))  # fmt: skip
        case _ if fact.unit in MEASURES:
            value = _nothing(plain) if _nothing(plain) is not None else _measured(fact, plain, today)
        case _:
            nouns = {normal(form) for form in words.frame["units"].get(fact.unit, ()) if form} | counted(own)
            value = _nothing(plain, nouns) if _nothing(plain, nouns) is not None else _first(
                plain, lambda one: _amount(fact, one, words, own))  # fmt: skip
    return None if value is None else typed(fact, value, today)


def other_period(fact: Fact, text: str) -> bool:
    """Whether an amount of money is given for another period than the fact has, so that it was converted."""
    plain = normal(text)
    period = numbers.period_in(plain) or numbers.period_in(_bare(plain))
    return fact.type == "money" and period not in (None, fact.per)


def _measured(fact: Fact, plain: str, today: date) -> Value | None:
    """A measure in the fact's unit. Raises Unclear for an hour that is not whole, and for a comma of two meanings."""
    text, other = numbers.with_point(plain)
    value, second = (
        None if one is None else _first(one, lambda each: numbers.measure(_tail(each), str(fact.unit), fact.step))
        for one in (text, other)
    )
    if fact.unit == "hour_of_day" and value is not None and value != value.to_integral_value():
        whole = (value.to_integral_value(ROUND_FLOOR), value.to_integral_value(ROUND_CEILING))
        raise _unclear(fact, whole, today) or BadFact(fact.id, "is out of range")
    if second is None or _possible(fact, second, today) is None:
        return value
    raise _unclear(fact, (second, value), today) or BadFact(fact.id, "is out of range")


def _unclear(fact: Fact, readings: tuple[Value | None, ...], today: date) -> Unclear | None:
    possible = tuple(one for each in readings if (one := _possible(fact, each, today)) is not None)
    return Unclear(fact.id, possible) if possible else None


def _possible(fact: Fact, value: Value | None, today: date) -> Value | None:
    try:
        return None if value is None else typed(fact, value, today)
    except BadFact:
        return None


def _first(plain: str, read: Any) -> Any:
    """What ``read`` makes of the text as typed, or else of the text without filling words at its ends."""
    found = read(plain)
    return found if found is not None else read(_bare(plain))


def _bare(plain: str) -> str:
    while True:
        shorter = _TRAIL.sub("", _LEAD.sub("", plain)).strip(" ,.")
        if shorter == plain or not shorter:
            return plain
        plain = shorter


def _nothing(plain: str, nouns: set[str] | None = None) -> Decimal | None:
    """Zero, for a text that says that there is none; also by the name of what is counted: 'no permits'."""
    none = _NO_COUNTED.format(
        nouns="|".join(map(re.escape, sorted({*(nouns or ()), "them", "those", "it", "of them", "of those"})))
    )
    for text in (plain, _bare(plain)):
        if text in numbers.NOTHING or re.sub(r" (?:at all|yet|so far)$", "", text) in numbers.NOTHING:
            return Decimal(0)
        if re.fullmatch(none, text):
            return Decimal(0)
    return None


def counted(own: Mapping[str, Any]) -> set[str]:
    """The words for what a fact counts: 'permits', 'permit'; 'fridges', 'freezers'."""
    found = _COUNTED.fullmatch(normal(str(own.get("label", ""))))
    parts = {part for whole in [found["what"]] for part in (whole, *whole.split(" and "))} if found else set()
    parts |= {part.split()[-1] for part in parts}
    return parts | {part[:-1] for part in parts if part.endswith("s")}


def _yes_or_no(plain: str, own: Mapping[str, Any]) -> bool | None:
    for value, key in ((True, "if_true"), (False, "if_false")):
        if key in own and normal(own[key]) == plain:
            return value
    for text in (plain, _bare(plain), re.sub(r",? (?:please|thanks|thank you|cheers|mate)$", "", plain)):
        if _NO.fullmatch(text):
            return False
        if _YES.fullmatch(text):
            return True
    return None


def _choice(fact: Fact, plain: str, own: Mapping[str, Any]) -> str | None:
    titles = {choice: normal(title) for choice, title in own.get("options", {}).items()}
    for text in (plain, _bare(plain)):
        for choice in fact.choices:
            if text in (titles.get(choice), choice, choice.replace("_", " ")):
                return choice
    said = _content(_bare(plain))
    exact = [choice for choice in fact.choices if said and said == _content(titles.get(choice, ""))]
    fits = exact or [one for one in fact.choices if said and said <= _content(titles.get(one, "")) | _content(one)]
    if len(fits) == 1:
        return fits[0]
    place = _ORDINAL.fullmatch(plain)
    if place is None:
        return None
    number = len(fact.choices) if place["word"] == "last" else int(place["number"] or 0)
    number = number or _ORDINALS.index(place["word"]) + 1
    return fact.choices[number - 1] if number <= len(fact.choices) else None


def _content(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", text.replace("_", " "))
    return frozenset(choosing.stem(word) for word in found if word not in _SMALL)


def _amount(fact: Fact, text: str, words: Words, own: Mapping[str, Any]) -> Decimal | None:
    nouns = {normal(form) for form in words.frame["units"].get(fact.unit, ()) if form} | _nouns(own)
    found = re.match(r"^(.*?)((?:\s+(?:of|more|different|" + "|".join(map(re.escape, sorted(nouns))) + r"))*)$", text)
    return numbers.number(found[1]) if found else None


def _tail(text: str) -> str:
    """Without a closing adjective or phrase such as 'high', 'deep', 'away'."""
    return re.sub(r"\s+(?:high|tall|long|deep|wide|away|across|over|in (?:height|length|depth|width))$", "", text)


def _nouns(own: Mapping[str, Any]) -> set[str]:
    found = re.findall(r"[a-z]{4,}", normal(f"{own.get('label', '')} {own.get('question', '')}"))
    return {word for word in found if word not in ("number", "many", "with", "does", "have", "your")} | {
        "them",
        "those",
    }


__all__ = [
    "MEASURES",
    "BadFact",
    "Unclear",
    "asks",
    "counted",
    "first_clause",
    "normal",
    "other_period",
    "parse",
    "says_cancel",
    "says_unknown",
    "unknown_choice",
    "wordy_choice",
    "wordy_yes_or_no",
    "yes_or_no",
]
