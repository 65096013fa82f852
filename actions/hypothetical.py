"""'What if I had a smaller van?': the last decision made again with facts otherwise. Marked so; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.application import entities, say, text
from actions.guarded import TALK_TO_A_PERSON
from actions.supposing import Changes, known, supposed
from actions.topics import LANGUAGE, policies
from bot.policy import blocks as layout
from bot.policy import depart
from bot.policy import record as records
from bot.policy.blocks import Block, Inline, bullets, inlines, paragraph, upper_first
from bot.policy.decide import BadFact, Decision, Undated, decide, typed
from bot.policy.format import fill, to_json
from bot.policy.model import Policy, Words
from bot.policy.notice import render
from bot.policy.page import Page
from bot.policy.select import NoVersion
from bot.policy.ways import change_text

#: The parts of a notice that a 'what if' has. Nothing was decided, so there is nothing to review.
_SHOWN = ("decision", "advice", "reasons", "conditions", "others", "change")
#: After a departure: what would change the outcome is computed from all rules, also from those that were left out.
_AFTER_DEPARTURE = _SHOWN[:-1]


def say_what_if(dispatcher: CollectingDispatcher, tracker: Tracker, record: Mapping[str, Any]) -> None:
    """Say what the decision would be with the facts that the citizen supposes; if unclear, offer what would help.

    Rules that staff left out of the decision are left out of this one too. It is made by the versions that were known
    then; where that of the decision was changed since, a person is offered instead.
    """
    policy = policies().policy(record["policy"])
    words = words_for(policy, record)
    changes = _pressed(policy, record, tracker) or supposed(text(tracker), policy, policy.words[LANGUAGE], record)
    if not changes:
        _offer(dispatcher, policy, words, record)
        return
    then = records.known_then(policy, dict(record))
    if record["version"] not in {one.version for one in then.versions}:
        say(dispatcher, policy, words.frame["follow_up"]["rules_changed"], [to_person(words)])
        return
    facts = known(record) | {n: to_json(v) for n, v in changes.items()}
    try:
        decision = decide(then, facts, date.fromisoformat(record["today"]), date.fromisoformat(record["applied"]))
    except (BadFact, NoVersion):
        _offer(dispatcher, policy, words, record)
        return
    if isinstance(decision, Decision) and record.get("departure"):
        decision = depart.without(decision, record["departure"]["waived"])
    if isinstance(decision, Undated) or decision.outcome == "need_info":
        say(dispatcher, policy, words.frame["follow_up"]["needs_more"], [to_person(words)])
        return
    _say(dispatcher, then, words, record, decision)


def words_for(policy: Policy, record: Mapping[str, Any]) -> Words:
    """The words in the language of the record's notice; in English where there are none any more."""
    return policy.words.get(record["language"]) or policy.words[LANGUAGE]


def to_person(words: Words) -> dict[str, str]:
    """The button to talk to a person, in these words."""
    return {**TALK_TO_A_PERSON, "title": words.frame["follow_up"]["person"]}


def _say(
    dispatcher: CollectingDispatcher, policy: Policy, words: Words, record: Mapping[str, Any], decision: Decision
) -> None:
    imagined = records.build(
        policies(), policy, decision, decision_id=record["id"], request_id=record["request"],
        at=datetime.fromisoformat(record["at"]), hypothetical=True, words=words,
    )  # fmt: skip
    page, notice = Page(imagined, words), render(imagined, words)
    before = known(record)
    supposed_lines = [_line(page, one) for one in imagined["facts"] if before.get(one["id"]) != one["value"]]
    blocks = [*notice.parts["hypothetical"], paragraph(words.frame["follow_up"]["supposed"]), bullets(supposed_lines)]
    parts = _AFTER_DEPARTURE if record.get("departure") else _SHOWN
    blocks += [block for name in parts for block in notice.parts.get(name, ())]
    blocks += _left_out(page)
    say(dispatcher, policy, layout.plain(tuple(blocks)), blocks=blocks)


def _left_out(page: Page) -> list[Block]:
    waived = [page.reason(one) for one in page.record["trace"] if one["status"] == "waived"]
    return [paragraph(page.say["left_out"]), bullets(waived)] if waived else []


def _line(page: Page, fact: Mapping[str, Any]) -> list[Inline]:
    own = page.fact_words(fact["id"])
    if fact["type"] == "bool":
        return inlines(page.fill(own["if_true" if fact["value"] else "if_false"]))
    return inlines(f"{upper_first(own['label'])}: {page.value(fact['value'], fact['type'], fact['unit'], fact['id'])}")


def _pressed(policy: Policy, record: Mapping[str, Any], tracker: Tracker) -> Changes:
    """The changes of a pressed button."""
    given = entities(tracker)
    version = next((one for one in policy.versions if one.version == record["version"]), policy.latest)
    today = date.fromisoformat(record["today"])
    found: Changes = {}
    for name, value in given.items():
        fact = version.facts.get(name)
        if fact is not None and fact.function is None:
            try:
                read = typed(fact, value, today)
            except BadFact:
                return {}
            if read is not None:
                found[name] = read
    return found


def _offer(dispatcher: CollectingDispatcher, policy: Policy, words: Words, record: Mapping[str, Any]) -> None:
    """Not clear what is supposed: buttons for what would change the outcome."""
    page = Page(record, words)
    buttons = []
    for way in record["what_would_change"]:
        if all(one["fact"] != "today" for one in way["changes"]):
            change = "; ".join(upper_first(change_text(page, one)) for one in way["changes"])
            title = fill(words.frame["follow_up"]["what_if"], {"change": f"{change[0].lower()}{change[1:]}"})
            changes = {one["fact"]: one["value"] for one in way["changes"]}
            buttons.append({"title": title, "payload": "/what_if" + json.dumps(changes)})
    say(dispatcher, policy, words.frame["follow_up"]["tell_me_more"], buttons or [to_person(words)])
