"""Answering a routine question, asking what is meant, and saying honestly that there is no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.about_answer import say_follow_up
from actions.application import text
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.kindness import NOTED, opening
from actions.misses import A_PERSON_CAN_HELP, missed_before, not_understood_before, say_other_council
from actions.services import say_service
from actions.topics import about, policy_for, topics
from actions.vague import meant_by_several, names_ours, of_different_services
from bot import settings
from bot.knowledge.other_councils import about_another
from bot.text.blocks import Block, plain

#: A topic below this is not worth offering: of keyboard noise at most one reached it, of vague words two or three.
WORTH_OFFERING = 0.1
_OFFERED = 3
_FEWEST = 2
#: Words from which on a plain question is told back in one line before it is answered.
_LONG = 60

CHECK_MY_CASE = "Check my case"
YOU_ASK = "You ask about: {title}."
UNCLEAR = "I am not sure what you mean. Is it one of these?"
UNKNOWN = "I do not have an answer to that. You can ask in other words, or talk to a person."
UNKNOWN_AGAIN = "I still do not understand, and I do not want to guess. A person can help you with this."


class ActionAnswer(GuardedAction):
    """Say the written answer with its source, or who runs the service; without one, ask what is meant."""

    def name(self) -> str:
        return "action_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if about_another(text(tracker)):
            say_other_council(dispatcher, tracker)
        elif not say_follow_up(dispatcher, tracker):
            vague = meant_by_several(text(tracker)) and not not_understood_before(tracker)
            say = say_clarify if vague else say_answer
            say(dispatcher, tracker)
        return []


class ActionClarify(GuardedAction):
    """Name the likely topics as buttons; when there are none, say so and offer a person."""

    def name(self) -> str:
        return "action_clarify"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if not say_follow_up(dispatcher, tracker):
            say_clarify(dispatcher, tracker)
        return []


def say_answer(
    dispatcher: CollectingDispatcher, tracker: Tracker, *, offer: bool = True, kind: bool = True,
    also: Sequence[dict[str, str]] = (), extras: Mapping[str, Any] | None = None,
    understood: Mapping[str, Any] | None = None, after: Sequence[Block] = (),
) -> None:  # fmt: skip
    """Say the best written answer or service, or ask what is meant.

    ``offer`` to check one's own case as well, ``kind`` to say first what the person named (``actions.kindness``).
    ``also`` are further buttons, ``after`` is said at the end, ``extras`` is noted in the reply, and ``understood``
    stands for what ``about`` would tell.
    """
    found = topics(tracker)
    best = next((topic for topic in found if topic.answer or topic.service), None)
    if best is None:
        say_clarify(dispatcher, tracker)
        return
    noted = dict(extras or {})
    typed = noted.pop("typed", {})
    opened, kinds = opening(tracker) if kind else ("", [])
    long = kind and len(text(tracker).split()) >= _LONG
    first = " ".join(part for part in (opened, YOU_ASK.format(title=best.title) if long else "") if part)
    told = {**(understood or about(found)), **({NOTED: kinds} if kinds else {}), **noted}
    before: list[Block] = [{"p": [{"t": first}]}] if first else []
    if best.service:
        told = {**told, "typed": typed} if typed else told
        say_service(dispatcher, best.service, told, before, after, also)
        return
    answer = best.answer
    assert answer
    policy = policy_for(answer) if offer else None
    check = [{"title": CHECK_MY_CASE, "payload": f"/policy/{policy.id}"}] if policy else []
    if check:
        typed = {**typed, "check": check[0]["payload"]}
    blocks = [*before, *answer.summary, *after]
    dispatcher.utter_message(
        text=plain([*blocks, *answer.more]),
        json_message={
            "kind": "answer",
            "id": answer.id,
            **told,
            "blocks": blocks,
            "more": answer.more,
            "source": answer.source(_today()),
            "buttons": [*check, *also],
            **({"typed": typed} if typed else {}),
        },
    )


def say_clarify(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Name the likely topics as buttons. When that did not help either, or without any, say so and offer a person.

    Of a short message that names a thing of ours the best topics are offered, however likely it is only talk.
    """
    found = topics(tracker)
    likely = [topic for topic in found if topic.confidence >= WORTH_OFFERING]
    vague = meant_by_several(text(tracker)) or (len(likely) < _FEWEST and names_ours(tracker))
    offered = of_different_services(found, _OFFERED) if vague else likely[:_OFFERED]
    again = not_understood_before(tracker)
    if len(offered) >= _FEWEST and not again:
        choices = [{"title": topic.title, "payload": f"/{topic.name}"} for topic in offered]
        said = f"{UNCLEAR} {A_PERSON_CAN_HELP}" if missed_before(tracker) else UNCLEAR
        kind, reply_id, buttons = "clarify", "unclear", [*choices, TALK_TO_A_PERSON]
    else:
        said = UNKNOWN_AGAIN if again else UNKNOWN
        kind, reply_id, buttons = "non_answer", "unknown", [TALK_TO_A_PERSON]
    dispatcher.utter_message(text=said, json_message={"kind": kind, "id": reply_id, **about(found), "buttons": buttons})


def _today() -> date:
    return datetime.now(ZoneInfo(settings.load().timezone)).date()
