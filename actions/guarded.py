"""The one wrapper of every action: a deadline, a catch-all, and an honest sentence when something breaks."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any, final

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot import settings
from bot.text import phrases

log = logging.getLogger(__name__)

#: Answered by the gateway itself, so that it works when nothing else does.
TALK_TO_A_PERSON = {"title": "Talk to a person", "payload": "@person"}
FAILED = phrases.FAILED


class GuardedAction(Action, ABC):
    """An action that always says something, in time.

    Subclasses write ``act`` and dispatch as usual. When it raises or takes longer than ``deadline`` seconds, nothing
    that it dispatched or returned is used; the citizen reads an apology with the offer of a person instead. The log
    gets the action's and the error's name, and nothing that anybody said.
    """

    deadline = settings.load().action_deadline

    #: Events that stand in for those of an ``act`` that failed.
    after_failure: tuple[dict[str, Any], ...] = ()

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Do the work: dispatch what to say, return events."""

    @final
    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Called by rasa-sdk."""
        said = CollectingDispatcher()
        try:
            async with asyncio.timeout(self.deadline):
                events = await self.act(said, tracker, domain)
        except Exception as error:
            log.error("%s failed: %s", self.name(), type(error).__name__)
            dispatcher.utter_message(
                text=FAILED,
                json_message={"kind": "non_answer", "id": "action_failed", "buttons": [TALK_TO_A_PERSON]},
            )
            return list(self.after_failure)
        dispatcher.messages.extend(said.messages)
        return events
