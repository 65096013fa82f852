"""Saying honestly that there is no answer, why, and where to go instead."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.about_answer import say_follow_up
from actions.answers import say_clarify
from actions.application import intent, text
from actions.guarded import GuardedAction
from actions.misses import not_understood_before, say_no
from actions.topics import library
from actions.vague import meant_by_several
from bot import council
from bot.knowledge import non_answers
from bot.text.blocks import Block

OTHER_LANGUAGE = "I can only answer in English. A person can call you with an interpreter. It is free."
GIBBERISH = "I could not read that. Please write it again in a few words, such as 'missed bin' or 'pay council tax'."


class ActionNonAnswer(GuardedAction):
    """Say who deals with the matter, what must not be answered, or that the message could not be read."""

    def name(self) -> str:
        return "action_non_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if say_follow_up(dispatcher, tracker):
            return []
        if (
            intent(tracker) == "elsewhere"
            and meant_by_several(text(tracker))  # 'tax' may be ours as well
            and not not_understood_before(tracker)
        ):
            say_clarify(dispatcher, tracker)
        else:
            say_non_answer(dispatcher, tracker)
        return []


def say_non_answer(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say what the kind of the message calls for; after a miss that a person can help."""
    kind, blocks = _said(tracker)
    choices = _across(tracker) if kind == "other_language" else []
    if choices:
        code = str(tracker.latest_message.get("language"))
        blocks = [*blocks, {"p": [{"t": non_answers.offers()[code]}], "lang": code}]
    say_no(dispatcher, tracker, kind, blocks, choices)


def _said(tracker: Tracker) -> tuple[str, list[Block]]:
    """The kind of non-answer that a message gets, and its words."""
    message = tracker.latest_message
    meaning = intent(tracker)
    if meaning == "gibberish":
        return meaning, [{"p": [{"t": GIBBERISH}]}]
    if meaning == "other_language":
        return meaning, _in_language(str(message.get("language")))
    words = non_answers.load()
    named = (str(topic["name"]) for topic in message.get("topics") or [])
    topic = next((name for name in named if name.partition("/")[0] == meaning and name in words), "off_topic")
    return topic, words[topic]


def _across(tracker: Tracker) -> list[dict[str, str]]:
    """The answers in English that were found for a message in another language, as buttons; none without the words."""
    message, written = tracker.latest_message, library.look()
    if str(message.get("language")) not in non_answers.offers():
        return []
    names = [str(found["name"]) for found in message.get("across") or []]
    answers = [(name, written.get(name.partition("/")[2])) for name in names]
    return [{"title": answer.title, "payload": f"/{name}"} for name, answer in answers if answer]


def _in_language(code: str) -> list[Block]:
    english: Block = {"p": [{"t": OTHER_LANGUAGE}]}
    words = non_answers.languages().get(code)
    if words is None:
        return [english]
    return [{"p": [{"t": words.format(phone=council.load().phone)}], "lang": code}, english]
