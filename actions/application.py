"""What the actions know of a citizen's application, and what they ask the gateway to keep of it.

The state comes with every message in its metadata, out of the store. Within a turn the last state that an action asked
to keep stands in for it. Nothing is kept here or in Rasa's slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.topics import LANGUAGE, area_of, policies
from bot import settings
from bot.ambient import Ambient
from bot.policy import readback
from bot.policy.ask import idle, next_question
from bot.policy.blocks import upper_first
from bot.policy.decide import BadFact, Decision, Undated, decide, possible
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.model import Policy, Version, Words
from bot.policy.readback import CONFIRM
from bot.policy.select import NoVersion

FORM = "application_form"


@dataclass(frozen=True)
class Application:
    """An application that is open: the facts by name as JSON has them, and the question that is open.

    ``last_fact`` is the fact answered last, ``misses`` how often in a row an answer was not understood.
    """

    policy: Policy
    applied: date
    today: date
    facts: Mapping[str, Any]
    question: str | None = None
    last_fact: str | None = None
    misses: int = 0
    again: str | None = None
    earlier: bool = False
    """Whether new facts stand in the message before this one, so that the gateway names that as where they are from."""
    """The reference of the decision whose facts it takes up; the gateway then keeps who supplied each."""
    outdated: tuple[str, ...] = ()
    """Facts that were given and are no longer possible: they are not among the facts, and asked again if needed."""

    @property
    def words(self) -> Words:
        return self.policy.words[LANGUAGE]

    @property
    def request(self) -> str:
        """What is asked for, in words: 'a resident parking permit'."""
        return str(self.words.text["request"])

    def outcome(self) -> Decision | Undated:
        """What the policy makes of the facts so far."""
        return decide(self.policy, self.facts, self.today, self.applied)

    def version(self) -> Version:
        """The version that would decide; the latest while that is open."""
        return readback.version_for(self.policy, self.facts, self.today, self.applied)

    def next(self) -> str:
        """The fact to ask for next, or the question whether all of them are right."""
        return next_question(self.policy, self.outcome()) or CONFIRM

    def with_fact(self, name: str, value: Value) -> Application:
        """With a fact that was answered or corrected, and without those that nothing reads any more because of it."""
        changed = replace(self, facts={**self.facts, name: to_json(value)}, question=None, last_fact=name, misses=0)
        try:
            outcome = changed.outcome()
        except (BadFact, NoVersion):
            return changed
        gone = idle(outcome) - {name} if isinstance(outcome, Decision) else frozenset()
        return replace(changed, facts={one: known for one, known in changed.facts.items() if one not in gone})

    def effect(self) -> dict[str, Any]:
        """What the gateway is asked to keep."""
        state = {
            "policy": self.policy.id,
            "facts": dict(self.facts),
            "question": self.question,
            "last_fact": self.last_fact,
            "misses": self.misses,
        }
        rare = {"again": self.again, "earlier": self.earlier}
        return {"application": {**state, **{name: value for name, value in rare.items() if value}}}

    def parameters(self) -> dict[str, str]:
        """The policy's fixed values in words, by name."""
        return readback.parameters(self.version(), self.words)

    def line(self, name: str) -> str:
        """A fact as a sentence, to be read back."""
        return readback.line(self.version(), self.words, name, self.facts[name])

    def lines(self) -> list[str]:
        """Every fact that was given as a sentence."""
        return readback.lines(self.version(), self.words, self.facts)

    def label(self, name: str) -> str:
        """A fact's name in words."""
        return upper_first(str(self.words.text["facts"][name]["label"]))


def today(tracker: Tracker) -> date:
    """The council's day, as the gateway has told it."""
    told = _told(tracker).get("today")
    if told:
        return date.fromisoformat(told)
    return Ambient().now().astimezone(ZoneInfo(settings.load().timezone)).date()


def current(tracker: Tracker) -> Application | None:
    """The open application, with what this turn has changed of it."""
    state = _told(tracker).get("application")
    applied = date.fromisoformat(state["applied"]) if state else today(tracker)
    for effect in effects_of_turn(tracker):
        state = effect.get("application", state)
    if not state:
        return None
    policy = policies().policy(state["policy"])
    return Application(
        policy,
        applied,
        today(tracker),
        state["facts"],
        state["question"],
        state["last_fact"],
        state["misses"],
        state.get("again"),
        False,
        tuple(
            name for name in (_told(tracker).get("application") or {}).get("outdated", ()) if name not in state["facts"]
        ),
    )


def begin(policy: Policy, tracker: Tracker, record: Mapping[str, Any] | None = None) -> Application:
    """A new application; with the facts of ``record`` where an earlier decision is to be looked at again."""
    given = {one["id"]: one["value"] for one in record["facts"]} if record else {}
    facts, outdated = possible(policy, given, today(tracker))
    again = record["reference"] if record else None
    return Application(policy, today(tracker), today(tracker), facts, again=again, outdated=tuple(outdated))


def last_record(tracker: Tracker) -> Mapping[str, Any] | None:
    """The record of the last decision of this chat; None while another application is open."""
    found: Mapping[str, Any] | None = _told(tracker).get("record")
    return found


def entities(tracker: Tracker) -> dict[str, Any]:
    """What a pressed button says, by name."""
    return {str(one["entity"]): one["value"] for one in tracker.latest_message.get("entities") or []}


def intent(tracker: Tracker) -> str:
    """What the citizen means, as far as it was understood."""
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def text(tracker: Tracker) -> str:
    """What was typed; nothing when a button was pressed."""
    said = str(tracker.latest_message.get("text") or "")
    return "" if said.startswith("/") else said


def since_message(tracker: Tracker) -> list[dict[str, Any]]:
    """The events of this turn, after the citizen's message."""
    events = list(tracker.events)
    start = max((place for place, event in enumerate(events) if event.get("event") == "user"), default=-1)
    return events[start + 1 :]


def effects_of_turn(tracker: Tracker) -> list[dict[str, Any]]:
    """The effects that earlier actions of this turn have asked for."""
    said = (event.get("data") or {} for event in since_message(tracker) if event.get("event") == "bot")
    return [(data.get("custom") or {}).get("effect") or {} for data in said]


def say(
    dispatcher: CollectingDispatcher, policy: Policy, words: str, buttons: list[dict[str, str]] | None = None,
    effect: Mapping[str, Any] | None = None, **layout: Any,
) -> None:  # fmt: skip
    """Say something about a policy. Empty ``words`` only bring the effect about."""
    about = {"kind": "policy", "id": policy.id, "area": area_of(policy), "buttons": buttons or [], **layout}
    dispatcher.utter_message(text=words or None, json_message={**about, **({"effect": dict(effect)} if effect else {})})


def _told(tracker: Tracker) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tracker.latest_message.get("metadata") or {}
    return found
