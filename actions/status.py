"""What has become of a decision, told only in the chat that holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.application import current, decisions, text
from actions.guarded import TALK_TO_A_PERSON
from actions.topics import LANGUAGE, policies
from bot.policy.format import day_text

_REFERENCE = re.compile(r"\bn-?([0-9a-f]{4})-?([0-9a-f]{4})\b", re.IGNORECASE)

STATUS = "{reference}, {title}, {date}: {outcome}"
OUTCOMES = {
    "refuse": "the answer is no. You can ask for a review here.",
    "refer": "a person looks at it.",
    "grant": "the answer is yes.",
    "grant_with_conditions": "the answer is yes, with conditions.",
    "advice": "our advice is that the answer would be no. Nothing has been decided.",
}
FOR_REVIEW = {"title": "Ask for a review", "payload": "/review"}
OPEN = "You have a request open: {request}. It is not decided yet."
NOT_HERE = (
    "I can only speak about a decision in the chat in which it was made. I cannot find that number here. "
    "A person can look it up for you."
)
NONE_HERE = "There is no decision in this chat yet. If you have a number from an earlier chat, a person can look it up."


def say_status(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say how the decision stands whose reference was given, or else every one of this chat."""
    asked = _REFERENCE.search(text(tracker))
    wanted = f"N-{asked[1]}-{asked[2]}".upper() if asked else None
    made = decisions(tracker)
    held = [one for one in made if wanted in (None, one["reference"])]
    open_now = current(tracker)
    lines = [_line(one) for one in held]
    if open_now and not wanted:
        lines.insert(0, OPEN.format(request=open_now.request))
    buttons = [] if lines else [TALK_TO_A_PERSON]
    if held and held[0] is made[0] and held[0]["against"] and not open_now:  # a review is of the last one
        buttons = [FOR_REVIEW]
    said = "\n".join(lines) or (NOT_HERE if wanted else NONE_HERE)
    dispatcher.utter_message(text=said, json_message={"kind": "policy", "id": "status", "buttons": buttons})


def _line(one: Mapping[str, Any]) -> str:
    words = policies().policy(str(one["policy"])).words[LANGUAGE]
    outcome = "advice" if one["against"] and one["mode"] == "advise" else str(one["outcome"])
    day = day_text(str(one["today"]), words.frame)
    return STATUS.format(reference=one["reference"], title=words.text["title"], date=day, outcome=OUTCOMES[outcome])
