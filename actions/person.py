"""Asking for a person. The gateway opens the case and says so; this only asks it to."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.guarded import GuardedAction


class ActionPerson(GuardedAction):
    """Have the conversation handed to a person. Says nothing itself: 'passed on' is only true once a case is stored."""

    def name(self) -> str:
        return "action_person"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        dispatcher.utter_message(
            json_message={"kind": "handoff", "id": "person", "effect": {"handoff": {"reason": "asked"}}}
        )
        return []
