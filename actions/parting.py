"""Thanks and goodbye: what happens next, where something was answered or decided, and what was not dealt with yet."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.application import last_record
from actions.guarded import GuardedAction
from actions.last_said import decided_last, last_answer, left, noted, told_last
from actions.sum_up import next_button, titles
from actions.topics import LANGUAGE, policies
from bot.policy.notice import render
from bot.text import simple
from bot.text.blocks import Block, plain

WELCOME = "You are welcome."
GOODBYE = "Goodbye. You can come back at any time."
ANYTHING = "Is there anything else you would like to know?"
ALSO = "You also asked about: {titles}."
NEXT_STEP = "{title}. Your next step:"
NEXT_COMES = "What comes next with your request, {request}:"


class ActionThanks(GuardedAction):
    """Answer thanks, with the next step once."""

    def name(self) -> str:
        return "action_thanks"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        _part(dispatcher, tracker, "thanks", WELCOME, ANYTHING)
        return []


class ActionGoodbye(GuardedAction):
    """Answer a goodbye, with the next step once."""

    def name(self) -> str:
        return "action_goodbye"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        _part(dispatcher, tracker, "goodbye", GOODBYE, "")
        return []


def _part(dispatcher: CollectingDispatcher, tracker: Tracker, reply_id: str, first: str, last: str) -> None:
    blocks: list[Block] = [{"p": [{"t": first}]}]
    note: dict[str, Any] = {"kind": "small_talk", "id": reply_id}
    about, coming = _coming(tracker)
    if coming and about not in noted(tracker, "closed"):
        blocks += coming
        note["closed"] = [about]
    if open_matters := left(tracker):
        blocks.append({"p": [{"t": ALSO.format(titles=", ".join(titles(tracker, open_matters)))}]})
        button = next_button(tracker, open_matters)
        note |= {"buttons": [button], "typed": {"next": button["payload"], "yes": button["payload"]}}
    elif last:
        blocks.append({"p": [{"t": last}]})
    dispatcher.utter_message(text=plain(blocks), json_message={**note, "blocks": blocks})


def _coming(tracker: Tracker) -> tuple[str, list[Block]]:
    """What the last matter leads to: a name for it, and the words. Nothing when it was no answer nor a decision."""
    if not told_last(tracker):
        return "", []
    if decided_last(tracker) and (record := last_record(tracker)):
        words = policies().policy(record["policy"]).words[LANGUAGE]
        parts = render(record, words).parts
        coming = list(parts.get("next") or parts.get("review") or ())
        named: Block = {"p": [{"t": NEXT_COMES.format(request=words.text["request"])}]}
        return str(record["reference"]), [named, *coming] if coming else []
    answer, _ = last_answer(tracker)
    steps = simple.steps(answer.more) if answer else []
    if answer is None or not steps:
        return "", []
    takes = simple.section(answer.more, simple.HEADINGS["how_long"])
    return answer.id, [{"p": [{"t": f"{NEXT_STEP.format(title=answer.title)} "}, *steps[0]]}, *takes[:1]]
