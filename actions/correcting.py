"""Reading a correction of an earlier answer: 'no, I meant 3', 'actually the van is 2.1 m high'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.application import Application
from actions.asking import give
from bot.policy.agreeing import agrees
from bot.policy.decide import BadFact
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.numbers import NOTHING
from bot.policy.parse import Unclear, normal, parse
from bot.policy.readback import CONFIRM

MEANT = "Which of these do you mean?"

_START = re.compile(
    r"^(?:(?:no|oh|sorry|oops|wait|hang on|actually|correction|my mistake|i made a mistake|that's wrong|"
    r"that is wrong)[,.!: ]+)*"
    r"(?:i (?:meant|mean|should have said)(?: to say)?|(?:it|that|this) should have been|"
    r"(?:please )?(?:change|correct) (?:it|that|my answer)(?: to)?)\s+(?P<value>.+)$"
)
#: A correction, or an answer to the open question: it changes an earlier answer only by its name.
_SHOULD = re.compile(
    r"^(?:(?:no|oh|sorry|oops|wait|hang on|actually|correction|my mistake)[,.!: ]+)*"
    r"(?:(?:it|that|this) should be|make (?:it|that))\s+(?P<value>.+)$"
)
#: Said to the read-back. To an open question it is an answer.
_INSTEAD = re.compile(
    r"^(?:(?:no|oh|sorry|oops|wait|hang on|actually|correction|my mistake)[,.!: ]+)+"
    r"(?:it's|its|it is|it was|that's|they're|there (?:is|are)) (?P<value>.*\d.*)$"
)
_NAMED = re.compile(
    r"^(?:(?:no|oh|sorry|oops|wait|hang on|actually|correction)[,.!: ]+)*"
    r"(?:(?:(?:can|could) (?:i|you|we) |i (?:want|need) to |i'd like to |please )*(?:change|correct) )?"
    r"(?:the |my |our )(?P<name>[a-z ]+?) (?:is|are|was|should be|to) (?P<value>.+)$"
)
_SMALL = frozenset({"the", "your", "have", "with", "whether", "this", "that", "many", "does", "what", "from", "number"})


@dataclass(frozen=True)
class Correction:
    """An earlier fact with its new value. ``value`` is None when it is not clear which one is meant.

    Then ``among`` are the facts that it could be, each with its new value; nothing where that is not known.
    """

    fact: str
    value: Value | None
    among: tuple[tuple[str, Value], ...] = ()


def correction(text: str, application: Application) -> Correction | None:
    """The correction that a text makes, or None when it is none.

    The fact is the one that the text names, else the one answered last, else the only known one that the value fits.
    """
    plain = normal(text)
    if found := _START.match(plain):
        named = words_of(found["value"])
        return _fitting(found["value"], application, named) or _unclear(found["value"], application)
    if found := _SHOULD.match(plain):
        return _should(found["value"], application)
    if application.question == CONFIRM and (found := _INSTEAD.match(plain)):
        return _fitting(found["value"], application, frozenset()) or Correction("", None)
    if found := _NAMED.match(plain):
        return _fitting(found["value"], application, words_of(found["name"]), must_name=True)
    return _alone(text, application)


def _alone(text: str, application: Application) -> Correction | None:
    """'12 May' or '3', said to the read-back: the new value of the one fact that it fits, or it is asked which."""
    plain = normal(text)
    if (application.question or application.next()) != CONFIRM or plain in NOTHING or agrees(text) is not None:
        return None
    facts, version = application.facts, application.version()
    typed = [name for name in version.asked if name in facts and version.facts[name].type not in ("bool", "choice")]
    fitting = [(name, read) for name in typed if (read := _read(name, text, application)) is not None]
    changed = tuple((name, read) for name, read in fitting if to_json(read) != facts[name])
    if len(changed) == 1 and len(fitting) == 1:
        return Correction(*changed[0])
    # Those that have the value already as well: it may be said to confirm one of them.
    return Correction("", None, tuple(fitting)) if changed else None


def cannot_be(text: str, application: Application) -> str | None:
    """The fact of which a text, said to the read-back, is a value that it cannot have ('31 February'); None if none is.

    A value that any other fact can have is none of these: it corrects that one.
    """
    facts, version = application.facts, application.version()
    impossible = []
    for name in version.asked:
        if name not in facts:
            continue
        try:
            if parse(version.facts[name], text, application.words, application.today) is not None:
                return None
        except Unclear:
            return None
        except BadFact:
            impossible.append(name)
    return next(iter(impossible), None)


def offers(application: Application, among: Sequence[tuple[str, Value]]) -> list[dict[str, str]]:
    """A button for each fact with the value that it would have."""
    return [
        {"title": application.with_fact(name, value).line(name), "payload": give(name, to_json(value))}
        for name, value in among
    ]


def _should(value: str, application: Application) -> Correction | None:
    """'It should be 2' changes the fact that it names; else it answers the open question, or it is asked what it is."""
    known = _fitting(value, application, words_of(value), must_name=True)
    if known is not None:
        return known
    name = application.question or application.next()
    if name != CONFIRM and (read := _read(name, value, application)) is not None:
        return Correction(name, read)
    fitting = [name for name in application.facts if _read(name, value, application) is not None]
    if name == CONFIRM and len(fitting) == 1 and (read := _read(fitting[0], value, application)) is not None:
        return Correction(fitting[0], read)
    return _unclear(value, application)


def _unclear(value: str, application: Application) -> Correction | None:
    """Asked back which fact is meant. A number that no earlier answer can be corrects none: it is read as an answer."""
    number = any(one.isdigit() for one in value)
    could = any(application.version().facts[name].type not in ("bool", "choice") for name in application.facts)
    return Correction("", None) if could or not number or application.question == CONFIRM else None


def _fitting(
    value: str, application: Application, named: frozenset[str], *, must_name: bool = False
) -> Correction | None:
    version = application.version()
    known = [name for name in version.asked if name in application.facts]
    naming = [name for name in known if named & words_of(application.label(name).casefold())]
    last = [application.last_fact] if application.last_fact in known else []
    fitting = [
        Correction(name, read)
        for name in dict.fromkeys([*naming, *([] if must_name else [*last, *known])])
        if name is not None and (read := _read(name, value, application)) is not None
    ]
    if not fitting:
        return None
    if fitting[0].fact in naming and len(naming) == 1:
        return fitting[0]
    if must_name:
        return fitting[0] if len(fitting) == 1 else None
    return fitting[0] if fitting[0].fact in (*naming[:1], *last) or len(fitting) == 1 else None


def _read(name: str, value: str, application: Application) -> Value | None:
    try:
        return parse(application.version().facts[name], value, application.words, application.today)
    except BadFact:
        return None


def words_of(text: str) -> frozenset[str]:
    """The words of a text that mean something, in the singular."""
    found = re.findall(r"[a-z]{3,}", text)
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found if word not in _SMALL
    )
