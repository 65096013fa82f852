"""The end of an application's form. Looks at the outcome alone; without one something failed: nothing is decided."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.guarded import TALK_TO_A_PERSON, GuardedAction

CANCELLED = "I have stopped this and forgotten your answers. Is there anything else you would like to know?"
BROKEN = (
    "Sorry, something went wrong on our side. Nothing has been decided, and your answers are kept. "
    "You can carry on, or talk to a person."
)
CARRY_ON = {"title": "Carry on", "payload": "/continue_application"}

_RESET: list[dict[str, Any]] = [SlotSet("answer", None), SlotSet("outcome", None)]


class ActionCloseApplication(GuardedAction):
    """Ask the gateway to decide, to forget, or to hand over. Says nothing of a decision: it is true once stored."""

    after_failure = tuple(_RESET)

    def name(self) -> str:
        return "action_close_application"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        match tracker.get_slot("outcome"):
            case "decided":
                dispatcher.utter_message(json_message=_policy("decided", {"decide": True}))
            case "cancelled":
                dispatcher.utter_message(text=CANCELLED, json_message=_policy("cancelled", {"application": None}))
            case "person":
                dispatcher.utter_message(
                    json_message={"kind": "handoff", "id": "person", "effect": {"handoff": {"reason": "asked"}}}
                )
            case "nothing":  # it was said already
                pass
            case _:
                dispatcher.utter_message(
                    text=BROKEN,
                    json_message={"kind": "non_answer", "id": "broken", "buttons": [CARRY_ON, TALK_TO_A_PERSON]},
                )
        return _RESET


def _policy(reply_id: str, effect: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "policy", "id": reply_id, "effect": effect}
