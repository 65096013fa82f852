"""Answering a routine question, asking what is meant, and saying honestly that there is no answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.misses import missed_before
from actions.services import say_service
from actions.topics import about, policy_for, topics
from bot import settings
from bot.text.blocks import plain

#: A topic below this is not worth offering: of keyboard noise at most one reached it, of vague words two or three.
WORTH_OFFERING = 0.1
_OFFERED = 3

CHECK_MY_CASE = "Check my case"
UNCLEAR = "I am not sure what you mean. Is it one of these?"
UNKNOWN = "I do not have an answer to that. You can ask in other words, or talk to a person."
UNKNOWN_AGAIN = "I still do not understand, and I do not want to guess. A person can help you with this."


class ActionAnswer(GuardedAction):
    """Say the written answer with its source, or who runs the service; without one, ask what is meant."""

    def name(self) -> str:
        return "action_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        say_answer(dispatcher, tracker)
        return []


class ActionClarify(GuardedAction):
    """Name the likely topics as buttons; when there are none, say so and offer a person."""

    def name(self) -> str:
        return "action_clarify"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        return _clarify(dispatcher, tracker)


def say_answer(dispatcher: CollectingDispatcher, tracker: Tracker, *, offer: bool = True) -> None:
    """Say the best written answer or service, or ask what is meant. ``offer`` to check one's own case as well."""
    found = topics(tracker)
    best = next((topic for topic in found if topic.answer or topic.service), None)
    if best and best.service:
        say_service(dispatcher, best.service, about(found))
        return
    answer = best.answer if best else None
    if answer is None:
        _clarify(dispatcher, tracker)
        return
    policy = policy_for(answer) if offer else None
    dispatcher.utter_message(
        text=plain([*answer.summary, *answer.more]),
        json_message={
            "kind": "answer",
            "id": answer.id,
            **about(found),
            "blocks": answer.summary,
            "more": answer.more,
            "source": answer.source(_today()),
            "buttons": [{"title": CHECK_MY_CASE, "payload": f"/policy/{policy.id}"}] if policy else [],
        },
    )


def _clarify(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    found = topics(tracker)
    offered = [topic for topic in found if topic.confidence >= WORTH_OFFERING][:_OFFERED]
    again = missed_before(tracker)
    if len(offered) > 1 and not again:
        choices = [{"title": topic.title, "payload": f"/{topic.name}"} for topic in offered]
        said, kind, reply_id, buttons = UNCLEAR, "clarify", "unclear", [*choices, TALK_TO_A_PERSON]
    else:
        said = UNKNOWN_AGAIN if again else UNKNOWN
        kind, reply_id, buttons = "non_answer", "unknown", [TALK_TO_A_PERSON]
    dispatcher.utter_message(text=said, json_message={"kind": kind, "id": reply_id, **about(found), "buttons": buttons})
    return []


def _today() -> date:
    return datetime.now(ZoneInfo(settings.load().timezone)).date()
