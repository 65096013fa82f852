"""What has become of a decision of this chat. Those of other chats the gateway tells, to whoever has their code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.application import current, decisions, text
from actions.guarded import TALK_TO_A_PERSON
from actions.topics import LANGUAGE, policies
from bot.policy.format import day_text
from bot.policy.receipt import reference_in
from bot.text import phrases

FOR_REVIEW = {"title": "Ask for a review", "payload": "/review"}
OPEN = "You have a request open: {request}. It is not decided yet."
NONE_HERE = (
    "There is no decision in this chat yet. If you have one from an earlier chat, send its reference and its code in "
    "one message. Both stand on the notice."
)


def say_status(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say how the decision stands whose reference was given, or else every one of this chat."""
    wanted, made = reference_in(text(tracker)), decisions(tracker)
    held = [one for one in made if wanted in (None, one["reference"])]
    open_now = current(tracker)
    lines = [_line(one) for one in held]
    if open_now and not wanted:
        lines.insert(0, OPEN.format(request=open_now.request))
    buttons = [] if lines else [TALK_TO_A_PERSON]
    if held and held[0] is made[0] and held[0]["against"] and not open_now:  # a review is of the last one
        buttons = [FOR_REVIEW]
    said = "\n".join(lines) or (phrases.NEEDS_CODE if wanted else NONE_HERE)
    dispatcher.utter_message(text=said, json_message={"kind": "policy", "id": "status", "buttons": buttons})


def _line(one: Mapping[str, Any]) -> str:
    words = policies().policy(str(one["policy"])).words[LANGUAGE]
    outcome = "advice" if one["against"] and one["mode"] == "advise" else str(one["outcome"])
    day = day_text(str(one["today"]), words.frame)
    return phrases.STATUS.format(
        reference=one["reference"], title=words.text["title"], date=day, outcome=phrases.OUTCOMES[outcome]
    )
