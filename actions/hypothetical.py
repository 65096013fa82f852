"""'What if I had a smaller van?': the last decision made again with facts otherwise. Marked so; nothing is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.application import entities, say, text
from actions.correcting import words_of
from actions.guarded import TALK_TO_A_PERSON
from actions.topics import LANGUAGE, policies
from bot.policy import blocks as layout
from bot.policy import record as records
from bot.policy.blocks import Inline, bullets, inlines, paragraph, upper_first
from bot.policy.decide import BadFact, Decision, Undated, decide, typed
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.model import Fact, Policy, Version, Words
from bot.policy.notice import render
from bot.policy.page import Page
from bot.policy.parse import normal, parse
from bot.policy.select import NoVersion
from bot.policy.ways import change_text

IF = "If this were so:"
TELL_ME_MORE = "Tell me which fact would be otherwise, and how. I then say what the answer would be."
NEEDS_MORE = "With that I would have to know more before I could answer. A person can talk it through with you."
_SMALLER = re.compile(r"\b(?:small\w*|short\w*|low\w*|less|fewer|narrow\w*|cheap\w*|young\w*|near\w*|earlier|sooner)\b")
_LARGER = re.compile(r"\b(?:larg\w*|big\w*|tall\w*|long\w*|high\w*|more|wid\w*|deep\w*|old\w*|further|later)\b")
_START = re.compile(r"^.*?\b(?:what if|what about if|how about|what about|suppose|supposing|if)\b[ ,:]*")
_PIECE = re.compile(
    r"£?\d[\d,]*(?:\.\d+)?(?: ?(?:m|metres?|cm|mm|ft|feet|miles?|km|pounds?|%))?\b|\b\d{1,2} \w+ \d{4}\b|"
    r"\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten)\b"
)
_NEGATED = re.compile(r"\b(?:not|no|isn't|wasn't|didn't|don't|doesn't|weren't|aren't|never|without)\b|n't\b")

#: The parts of a notice that a 'what if' has. Nothing was decided, so there is nothing to review.
_SHOWN = ("decision", "advice", "reasons", "conditions", "others", "change")

Changes = dict[str, Value]


def say_what_if(dispatcher: CollectingDispatcher, tracker: Tracker, record: Mapping[str, Any]) -> None:
    """Say what the decision would be with the facts that the citizen supposes; if unclear, offer what would help."""
    policy = policies().policy(record["policy"])
    words = policy.words[LANGUAGE]
    changes = _pressed(policy, record, tracker) or supposed(text(tracker), policy, words, record)
    if not changes:
        _offer(dispatcher, policy, words, record)
        return
    facts = {one["id"]: one["value"] for one in record["facts"]} | {n: to_json(v) for n, v in changes.items()}
    try:
        decision = decide(policy, facts, date.fromisoformat(record["today"]), date.fromisoformat(record["applied"]))
    except (BadFact, NoVersion):
        _offer(dispatcher, policy, words, record)
        return
    if isinstance(decision, Undated) or decision.outcome == "need_info":
        say(dispatcher, policy, NEEDS_MORE, [TALK_TO_A_PERSON])
        return
    _say(dispatcher, policy, words, record, decision)


def _say(
    dispatcher: CollectingDispatcher, policy: Policy, words: Words, record: Mapping[str, Any], decision: Decision
) -> None:
    imagined = records.build(
        policies(), policy, decision, decision_id=record["id"], request_id=record["request"],
        at=datetime.fromisoformat(record["at"]), hypothetical=True, words=words,
    )  # fmt: skip
    page, notice = Page(imagined, words), render(imagined, words)
    known = _known(record)
    supposed_lines = [_line(page, one) for one in imagined["facts"] if known.get(one["id"]) != one["value"]]
    blocks = [*notice.parts["hypothetical"], paragraph(IF), bullets(supposed_lines)]
    blocks += [block for name in _SHOWN for block in notice.parts.get(name, ())]
    say(dispatcher, policy, layout.plain(tuple(blocks)), blocks=blocks)


def _line(page: Page, fact: Mapping[str, Any]) -> list[Inline]:
    own = page.fact_words(fact["id"])
    if fact["type"] == "bool":
        return inlines(page.fill(own["if_true" if fact["value"] else "if_false"]))
    return inlines(f"{upper_first(own['label'])}: {page.value(fact['value'], fact['type'], fact['unit'], fact['id'])}")


def _pressed(policy: Policy, record: Mapping[str, Any], tracker: Tracker) -> Changes:
    """The changes of a pressed button."""
    given = entities(tracker)
    version = _version(policy, record)
    today = date.fromisoformat(record["today"])
    found: Changes = {}
    for name, value in given.items():
        fact = version.facts.get(name)
        if fact is not None and fact.function is None:
            try:
                known = typed(fact, value, today)
            except BadFact:
                return {}
            if known is not None:
                found[name] = known
    return found


def supposed(said: str, policy: Policy, words: Words, record: Mapping[str, Any]) -> Changes:
    """What a text supposes: a fact that it names with its value; or 'smaller' and such, at the value that decides."""
    plain = _START.sub("", normal(said).rstrip("?"))
    if not plain:
        return {}
    version = _version(policy, record)
    today = date.fromisoformat(record["today"])
    named = words_of(plain)
    nearest = sorted(
        (fact for name in version.asked if (fact := version.facts[name])),
        key=lambda fact: -len(named & words_of(_about(fact, words))),
    )
    for fact in nearest:
        names = bool(named & words_of(_about(fact, words)))
        value = _value(fact, plain, words, today, record, names=names)
        if value is not None and to_json(value) != _known(record).get(fact.id):
            return {fact.id: value}
    return _towards(plain, record, version, words)


def _value(
    fact: Fact, plain: str, words: Words, today: date, record: Mapping[str, Any], *, names: bool
) -> Value | None:
    if fact.type == "bool":
        now = _known(record).get(fact.id)
        own = words.text["facts"][fact.id]
        telling = words_of(normal(f"{own.get('if_true', '')} {own['label']}")) & words_of(plain)
        if now is None or len(telling) < 2:
            return None
        return not bool(_NEGATED.search(plain))
    if fact.type == "choice":
        for value, title in words.text["facts"][fact.id]["options"].items():
            if words_of(normal(title)) and words_of(normal(title)) <= words_of(plain):
                return str(value)
        return None
    for piece in [plain, *_PIECE.findall(plain)] if names else []:
        try:
            value = parse(fact, piece, words, today)
        except BadFact:
            continue
        if value is not None:
            return value
    return None


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


def _offer(dispatcher: CollectingDispatcher, policy: Policy, words: Words, record: Mapping[str, Any]) -> None:
    """Not clear what is supposed: buttons for what would change the outcome."""
    page = Page(record, words)
    buttons = []
    for way in record["what_would_change"]:
        if all(one["fact"] != "today" for one in way["changes"]):
            title = "; ".join(upper_first(change_text(page, one)) for one in way["changes"])
            changes = {one["fact"]: one["value"] for one in way["changes"]}
            buttons.append(
                {"title": f"What if {title[0].lower()}{title[1:]}", "payload": "/what_if" + json.dumps(changes)}
            )
    say(dispatcher, policy, TELL_ME_MORE, buttons or [TALK_TO_A_PERSON])


def _about(fact: Fact, words: Words) -> str:
    own = words.text["facts"][fact.id]
    return normal(" ".join(str(own.get(part, "")) for part in ("label", "question", "help")))


def _known(record: Mapping[str, Any]) -> dict[str, Any]:
    return {one["id"]: one["value"] for one in record["facts"]}


def _version(policy: Policy, record: Mapping[str, Any]) -> Version:
    return next((one for one in policy.versions if one.version == record["version"]), policy.latest)
