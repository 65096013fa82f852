"""Asking for the next fact of an application: the one that decides most, with buttons where it has few values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.application import (
    FORM,
    Application,
    begin,
    current,
    intent,
    last_record,
    say,
    since_message,
    text,
)
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.kindness import NOTED, opening
from actions.misses import say_other_council
from actions.said import opening_words, with_said
from actions.topics import policies, topics
from bot.knowledge.other_councils import about_another
from bot.policy import readback
from bot.policy.ask import choices, question
from bot.policy.format import fill, to_json
from bot.policy.readback import CONFIRM

START = (
    "I can check this for you now: {request}. I ask a few questions. You can ask 'why?' at any time, or say 'cancel'."
)
AGAIN = "Let us look at it again: {request}."
BACK = "Back to your request: {request}."
OUTDATED = "{label}: I can no longer use your earlier answer, because what was possible then is not possible today."
PASSED = "{label}: I can no longer use your earlier answer, because that day has passed."
NOTHING_OPEN = "There is nothing open here at the moment. Tell me in your own words what you need."


class ActionAskAnswer(GuardedAction):
    """Ask the open question of the application, beginning one where the citizen has just asked for it."""

    def name(self) -> str:
        return "action_ask_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        said = [event.get("data", {}).get("custom") or {} for event in since_message(tracker) if _is_bot(event)]
        if any(custom.get("asks") for custom in said):
            return []
        application = current(tracker)
        first, kind_words, kinds, taken = "", "", list[str](), ""
        if application is None and about_another(text(tracker)):
            say_other_council(dispatcher, tracker)
            return [SlotSet("requested_slot", None), SlotSet("outcome", "nothing")]
        if application is None and _begins(tracker):
            application, first = _begin(tracker)
            if application and first == START:
                kind_words, kinds = opening(tracker)
                words, earlier = opening_words(tracker, application.policy.id)
                application, taken = with_said(application, words)
                application = replace(application, earlier=earlier and bool(taken))
        elif any(custom.get("kind", "small_talk") != "policy" for custom in said):
            first = BACK
        if application is None:
            dispatcher.utter_message(text=NOTHING_OPEN, json_message={"kind": "non_answer", "id": "nothing_open"})
            return [SlotSet("requested_slot", None), SlotSet("outcome", "nothing")]
        _ask(dispatcher, application, [kind_words, first.format(request=application.request)], taken, kinds)
        return []


def _is_bot(event: dict[str, Any]) -> bool:
    return event.get("event") == "bot" and bool(event.get("text") or (event.get("data") or {}).get("custom"))


def _begins(tracker: Tracker) -> bool:
    """Whether this message has opened the form."""
    return any(event.get("event") == "active_loop" and event.get("name") == FORM for event in since_message(tracker))


def _begin(tracker: Tracker) -> tuple[Application | None, str]:
    """What to ask about when the form opens, and what to say first."""
    wanted = next((topic.policy for topic in topics(tracker)[:1] if topic.policy), None)
    if intent(tracker) == "policy" and wanted:
        return begin(wanted, tracker), START
    record = last_record(tracker)
    if record and intent(tracker) == "correct_fact":
        return begin(policies().policy(record["policy"]), tracker, record), AGAIN
    return None, ""


def _ask(
    dispatcher: CollectingDispatcher, application: Application, before: list[str], taken: str, kinds: list[str]
) -> None:
    name = application.question or application.next()
    told = "" if name == CONFIRM else taken  # the read-back says the same
    opening = "".join(f"{part}\n\n" for part in (*before, *_outdated(application), told) if part)
    effect = replace(application, question=name).effect()
    if name == CONFIRM:
        _confirm(dispatcher, application, opening, effect)
        return
    version, words = application.version(), application.words
    asked = fill(question(words, name), application.parameters())
    buttons = [
        {"title": title, "payload": give(name, to_json(value))} for value, title in choices(words, version, name)
    ]
    if buttons and application.misses > 1:
        buttons.append(TALK_TO_A_PERSON)
    say(dispatcher, application.policy, opening + asked, buttons, effect, asks=True, **{NOTED: kinds})


def _outdated(application: Application) -> list[str]:
    """Why facts that were given are asked again, or not used any more."""
    declared = {name: fact for version in application.policy.versions for name, fact in version.facts.items()}
    return [
        (PASSED if declared[name].type == "date" else OUTDATED).format(label=application.label(name))
        for name in application.outdated
        if name in declared and name in application.words.text["facts"]
    ]


def _confirm(dispatcher: CollectingDispatcher, application: Application, opening: str, effect: dict[str, Any]) -> None:
    text, blocks = readback.shown(application.lines(), opening.strip())
    say(dispatcher, application.policy, text, readback.BUTTONS, effect, asks=True, blocks=blocks)


def give(name: str, value: Any) -> str:
    """The payload of a button that gives a fact its value."""
    return "/give" + json.dumps({"fact": name, "value": value})
