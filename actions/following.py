"""After a decision: why, by which rule, what one can do, what if. Answered from the decision's record alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.application import intent, last_record, say
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.hypothetical import say_what_if, words_for
from actions.topics import policies
from bot.policy.blocks import Block, Inline, bullets, paragraph, plain
from bot.policy.notice import Notice, render
from bot.policy.page import Page

NO_DECISION = (
    "There is no decision in this chat yet that I could explain. Tell me what you need, for example 'Can I get a "
    "parking permit?'."
)
NOTHING_TO_STOP = "Nothing is open here, so there is nothing to stop. What would you like to know?"
#: The gateway tells how things stand: it has the cases and the decisions.
STATUS: Mapping[str, Any] = {"status": True}


class ActionFollowUp(GuardedAction):
    """Answer a question about the last decision of this chat. While a request is open, its form hears everything."""

    def name(self) -> str:
        return "action_follow_up"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        wanted, record = intent(tracker), last_record(tracker)
        if wanted == "status":
            say_status(dispatcher)
        elif wanted == "cancel":
            dispatcher.utter_message(text=NOTHING_TO_STOP, json_message={"kind": "small_talk", "id": "nothing_to_stop"})
        elif record is None:
            about = {"kind": "non_answer", "id": "no_decision", "buttons": [TALK_TO_A_PERSON]}
            dispatcher.utter_message(text=NO_DECISION, json_message=about)
        elif wanted == "review":
            say(dispatcher, policies().policy(record["policy"]), "", effect={"review": True})
        elif wanted == "what_if":
            say_what_if(dispatcher, tracker, record)
        else:
            explain(dispatcher, record, wanted)
        return []


def say_status(dispatcher: CollectingDispatcher) -> None:
    """Have the gateway say how the decisions of this chat stand."""
    dispatcher.utter_message(json_message={"kind": "policy", "id": "status", "effect": dict(STATUS)})


def explain(dispatcher: CollectingDispatcher, record: Mapping[str, Any], wanted: str) -> None:
    """Say the parts of the notice that answer ``wanted``: why, which_rule, what_can_i_do or not_fair.

    In the language of the notice.
    """
    policy = policies().policy(record["policy"])
    words = words_for(policy, record)
    page = Page(record, words)
    notice = render(record, words)
    blocks = _PARTS[wanted](page, notice)
    buttons = [_button(page, "review", "/review")] if record["against"] else []
    if record["against"] and wanted in ("why", "which_rule"):
        buttons.insert(0, _button(page, "what_can_i_do", "/what_can_i_do"))
    say(dispatcher, policy, plain(tuple(blocks)), buttons, blocks=blocks)


def _button(page: Page, name: str, payload: str) -> dict[str, str]:
    return {"title": page.frame["follow_up"][name], "payload": payload}


def _why(page: Page, notice: Notice) -> list[Block]:
    found = [*notice.parts.get("reasons", ()), *notice.parts.get("conditions", ()), *notice.parts.get("others", ())]
    met = [paragraph(page.frame["follow_up"]["all_met"]), _rules(page, "met")]
    return [*notice.parts["decision"], *(found or met)]


def _which_rule(page: Page, notice: Notice) -> list[Block]:
    if page.record.get("departure"):
        return list(notice.parts["reasons"])
    failed = any(one["status"] == "failed" for one in page.record["trace"])
    return [
        paragraph(page.frame["follow_up"]["rules" if failed else "all_met"]),
        _rules(page, "failed" if failed else "met"),
    ]


def _what_can_i_do(page: Page, notice: Notice) -> list[Block]:
    names = ("change", "more_ways", "next", "steps", "alternatives", "review")
    found = [block for name in names for block in notice.parts.get(name, ())]
    return found or list(notice.parts["decision"])


def _not_fair(page: Page, notice: Notice) -> list[Block]:
    routes = notice.parts.get("review", ())
    return (
        [paragraph(page.frame["follow_up"]["not_fair"]), *routes]
        if routes
        else [*notice.parts["decision"], *_why(page, notice)[1:]]
    )


def _rules(page: Page, status: str) -> Block:
    items: list[list[Inline]] = []
    for one in page.record["trace"]:
        if one["status"] == status:
            links = [page.citation(name) for name in one["cite"]]
            joined = [part for link in links for part in ({"t": "; "}, link)][1:]
            items.append([{"t": f"{page.text['requirements'][one['requirement']]['name']}: "}, *joined])
    return bullets(items)


_PARTS: Mapping[str, Callable[[Page, Notice], list[Block]]] = {
    "why": _why,
    "which_rule": _which_rule,
    "what_can_i_do": _what_can_i_do,
    "not_fair": _not_fair,
}
