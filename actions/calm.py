"""Anger and insults: calm words about what can be done, and a person. A limit only when insults go on."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.application import text
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.kindness import NOTED, opening
from actions.last_said import replies
from actions.topics import topics
from bot.text.named_effects import plain

UPSET = "Tell me in a few words what went wrong, and I will say what can be done now. A person can take it on as well."
UPSET_ABOUT = "Here is what can be done. A person can take it on as well."
UPSET_AGAIN = "A person can take this on and look at what went wrong. You can also tell me what you need now."
LIMIT = "I answer questions about council services, but not insults. Say what you need, or choose a person."
CARRY_ON = {"title": "No, carry on", "payload": "/deny"}

#: A topic from this confidence on is offered beside the calm words.
_WORTH = 0.3
INSULT = re.compile(
    r"\b(?:idiots?|stupid|morons?|dumb|clowns?|muppets?|crooks?|bastards?|wankers?|tossers?|pricks?|dickheads?|"
    r"(?:piss|sod|bugger|f|fuck) off|fuck\w*|f\*+\w*|shut up|go to hell|screw you|get stuffed|useless (?:bot|"
    r"machine|piece)|"
    r"piece of (?:junk|crap|shit)|shit|crap|scum|thick as)\b"
)
ABUSE = "not_allowed/abuse"
_CALM = ("upset", ABUSE)


class ActionCalm(GuardedAction):
    """Say what can be done and offer a person. After a second insult in the chat say what is not answered."""

    def name(self) -> str:
        return "action_calm"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        sorry, kinds = opening(tracker)
        before = [reply for reply in replies(tracker) if reply.get("id") in _CALM]
        insult = bool(INSULT.search(plain(text(tracker))))
        reply_id = ABUSE if insult and any(reply.get("insult") for reply in before) else "upset"
        about = [topic for topic in topics(tracker)[:2] if topic.confidence >= _WORTH]
        choices = [{"title": topic.title, "payload": f"/{topic.name}"} for topic in about]
        if reply_id == ABUSE:
            said = LIMIT
        elif choices:
            said = UPSET_ABOUT
        else:
            said = UPSET_AGAIN if before else UPSET
        kind = "non_answer" if reply_id == ABUSE else "small_talk"
        dispatcher.utter_message(
            text=" ".join(part for part in (sorry, said) if part),
            json_message={"kind": kind, "id": reply_id, "insult": insult, NOTED: kinds,
                          "buttons": [*choices, TALK_TO_A_PERSON, CARRY_ON]},
        )  # fmt: skip
        return []
