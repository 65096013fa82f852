"""People in danger whom the understanding has heard: the gateway's own words, and a person where one is needed."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.topics import about, topics
from bot.text import phrases
from bot.text.crisis import FOR_A_PERSON, Crisis

INTENT = "crisis"

#: The kinds of help by the topics of data/nlu/crisis.yml.
_KINDS = {
    "crisis/life": Crisis.SELF_HARM,
    "crisis/abuse": Crisis.DANGER,
    "crisis/attack": Crisis.DANGER,
    "crisis/child": Crisis.CHILD,
    "crisis/fire": Crisis.EMERGENCY,
    "crisis/medical": Crisis.EMERGENCY,
    "crisis/gas": Crisis.GAS,
}


class ActionCrisis(GuardedAction):
    """Say the numbers to call. In fear for a life, of somebody or for a child, hand over as well."""

    def name(self) -> str:
        return "action_crisis"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        say_crisis(dispatcher, tracker)
        return []


def say_crisis(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """The numbers for the surest kind of crisis that the message was taken for, or for what its words speak of."""
    names = (str(topic["name"]) for topic in tracker.latest_message.get("topics") or [])
    spoken_of = (tracker.latest_message.get("metadata") or {}).get("danger", Crisis.EMERGENCY)
    kind = next((_KINDS[name] for name in names if name in _KINDS), Crisis(spoken_of))
    said: dict[str, Any] = {"kind": "non_answer", "id": INTENT, **about(topics(tracker))}
    if kind in FOR_A_PERSON:
        said["effect"] = {"handoff": {"reason": INTENT}}
    else:
        said["buttons"] = [TALK_TO_A_PERSON]
    dispatcher.utter_message(text=phrases.crisis(kind), json_message=said)
