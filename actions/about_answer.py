"""About the answer or the decision that stands there: more simply, step by step, again, how long, what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.application import entities, last_record, say, text, today
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.last_said import decided_last, last_answer, last_turn, left, noted, replies
from actions.topics import LANGUAGE, library, policies
from bot import council
from bot.knowledge import directory
from bot.knowledge.answers import Answer
from bot.policy.notice import render
from bot.text import simple
from bot.text.blocks import Block, Inline, plain
from bot.text.follow_ups import follow_up

INTENT = "about_answer"
SHORTER = "In short:"
FIRST = "What to do first:"
WORDS = "What the words mean:"
PERSON_EXPLAINS = "A person can explain it to you as well."
IN_STEPS = "The same, as steps:"
STEP = "Step {number} of {count}:"
LAST_STEP = "That was the last step."
NO_STEPS = "There is nothing to do in steps here. This is what counts:"
NOT_WRITTEN = {
    "how_long": "How long it takes is not written down here.",
    "cost": "No cost is written down here.",
    "have_ready": "Nothing to have ready is written down here.",
}
STANDARD = "We answer letters and emails within {days} working days. The {team} team can tell you more: call"
ASK_THEM = "The {team} team can tell you: call"
I_SAID = "I said:"
OTHER_WORDS = "You can ask in other words, or talk to a person."
ABOUT_WHAT = "Which service do you mean? Say it in a few words, for example 'how long does a parking permit take'."
ALL_DONE = "There is nothing left of what you asked. What else would you like to know?"
WHICH_ONE = "Then which of these do you need? You can also say it in other words."
TITLES = {"steps": "Step by step", "simpler": "In short"}
NEXT_STEP = "Next step"
_GOES_ON = re.compile(r"\b(?:done|did|finished|next|after|then|now|ok|okay|sorted)\b")
_GOES_BACK = re.compile(r"\b(?:first|start|begin\w*|again|all|back|repeat)\b")
#: While a request is open.
AT_ONCE = "You get the answer at once, after the last question."
NO_FEE_TO_ASK = "It costs nothing to ask. If there is a fee, the answer names it."
AFTER_THIS_ONE = "I go on with that as soon as this request is done."


class ActionAboutAnswer(GuardedAction):
    """Say what was asked about the last answer or decision; ask which is meant when there is none."""

    def name(self) -> str:
        return "action_about_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if not say_about(dispatcher, tracker, topic_of(tracker)):
            about = {"kind": "clarify", "id": "about_what", "buttons": [TALK_TO_A_PERSON]}
            dispatcher.utter_message(text=ABOUT_WHAT, json_message=about)
        return []


def topic_of(tracker: Tracker) -> str:
    """What a message about the last answer asks for: steps, simpler, how_long and so on; nothing when it is none."""
    named = [str(topic["name"]) for topic in tracker.latest_message.get("topics") or []]
    return next((name.partition("/")[2] for name in named if name.startswith(f"{INTENT}/")), "")


def say_follow_up(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Whether the message is a short remark about the last answer, which has then been said."""
    wanted = follow_up(text(tracker))
    return wanted is not None and say_about(dispatcher, tracker, wanted)


def say_about(
    dispatcher: CollectingDispatcher, tracker: Tracker, wanted: str, pressed: Mapping[str, Any] | None = None
) -> bool:
    """Say what was asked. False, with nothing said, when there is nothing that it could be about."""
    pressed = entities(tracker) if pressed is None else pressed
    if wanted == "next" or (wanted == "steps" and not pressed and _has_next_step(tracker)):
        return _next(dispatcher, tracker, pressed)
    if wanted == "other":
        return _other(dispatcher, tracker)
    record = last_record(tracker) if decided_last(tracker) and "answer" not in pressed else None
    if record:
        _about_decision(dispatcher, record, wanted, int(pressed.get("step") or 1))
        return True
    answer, reply = last_answer(tracker)
    if "answer" in pressed:
        answer = library.look().get(str(pressed["answer"]))
    newest = next(replies(tracker), {})
    if answer and (newest.get("kind") == "answer" or wanted != "again"):
        _about(dispatcher, tracker, answer, wanted, str(reply.get("told") or ""), int(pressed.get("step") or 1))
        return True
    if newest.get("kind") == "service" and wanted in NOT_WRITTEN and str(newest.get("id")).isdecimal():
        service = directory.load().get(int(str(newest["id"])))
        if service:
            _say_missing(dispatcher, service, wanted)
            return True
    if wanted in ("again", "simpler") and newest.get("text"):
        said = f"{I_SAID} {newest['text']}\n\n{OTHER_WORDS}"
        about = {"kind": "small_talk", "id": "again", "buttons": [*_own_buttons(newest), TALK_TO_A_PERSON]}
        dispatcher.utter_message(text=said, json_message=about)
        return True
    return False


def in_form(wanted: str, help_words: str, why: str) -> str:
    """What is said of the open question of a request: about the question where it can be, else when it will be told."""
    said = {"how_long": AT_ONCE, "cost": NO_FEE_TO_ASK, "next": AFTER_THIS_ONE}.get(wanted)
    return said or help_words or why


def _own_buttons(reply: Any) -> list[dict[str, str]]:
    return [button for button in reply.get("buttons") or [] if button != TALK_TO_A_PERSON]


def _next(dispatcher: CollectingDispatcher, tracker: Tracker, pressed: Mapping[str, Any]) -> bool:
    from actions.sum_up import say_next  # it says answers, which look here first

    names = pressed.get("left") or left(tracker)
    if names:
        say_next(dispatcher, tracker, [str(name) for name in names])
        return True
    step = next(
        (str(reply["typed"]["next"]) for reply in last_turn(tracker) if "next" in (reply.get("typed") or {})), ""
    )
    if step:  # 'next' in words that are no button's
        return say_about(dispatcher, tracker, "steps", json.loads(step[step.index("{") :]))
    dispatcher.utter_message(text=ALL_DONE, json_message={"kind": "small_talk", "id": "all_done"})
    return True


def _has_next_step(tracker: Tracker) -> bool:
    """Whether a step was said last, with one after it, and 'I have done that' goes on: not back to the first."""
    told = [reply for reply in last_turn(tracker) if reply.get("told") == "steps" and reply.get("typed")]
    said = text(tracker).lower()
    return bool(told) and bool(_GOES_ON.search(said)) and not _GOES_BACK.search(said)


def _other(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    choices: list[dict[str, str]] = next((reply["choices"] for reply in replies(tracker) if reply.get("choices")), [])
    about = {"kind": "clarify", "id": "not_that", "buttons": [*choices, TALK_TO_A_PERSON]}
    dispatcher.utter_message(text=WHICH_ONE, json_message=about)
    return True


def _about(
    dispatcher: CollectingDispatcher, tracker: Tracker, answer: Answer, wanted: str, told: str, step: int
) -> None:
    again = {"steps": "simpler", "simpler": "list", "list": "simpler"}.get(told, "simpler")
    wanted = again if wanted == "again" else wanted
    if wanted == "simpler" and told == "simpler":
        wanted = "list"
    items = simple.steps(answer.more)
    if wanted == "steps":
        _one_step(
            dispatcher, answer.id, items, step, _of(answer, tracker), simple.section(answer.more, "How long it takes")
        )
        return
    if wanted in NOT_WRITTEN:
        blocks, buttons = simple.section(answer.more, simple.HEADINGS[wanted]), []
    elif wanted == "list" and items:
        blocks = [{"p": [{"t": IN_STEPS}]}, {"list": items, "ordered": True}]
        buttons = [TALK_TO_A_PERSON]
        if answer.id in noted(tracker, "simplified"):
            blocks.append({"p": [{"t": PERSON_EXPLAINS}]})
    else:
        wanted = "simpler"
        blocks = in_short(answer.summary, items[0] if items else [])
        buttons = [_button("steps", {"answer": answer.id, "step": 1})] if len(items) > 1 else []
        buttons.append(TALK_TO_A_PERSON)
    _say(dispatcher, blocks, {**_of(answer, tracker), "told": wanted, "buttons": buttons, "simplified": [answer.id]})


def in_short(summary: Sequence[Block], step: list[Inline]) -> list[Block]:
    """The first sentence, the first step, and what hard words in both mean."""
    blocks: list[Block] = [{"p": [{"t": f"{SHORTER} "}, *simple.first_sentence(summary)]}]
    if step:
        blocks.append({"p": [{"t": f"{FIRST} "}, *step]})
    explained = simple.hard_words(blocks)
    return [*blocks, {"p": [{"t": WORDS}]}, {"list": explained, "ordered": False}] if explained else blocks


def _one_step(
    dispatcher: CollectingDispatcher, key: str, items: list[list[Inline]], step: int, about: dict[str, Any],
    takes: Sequence[Block],
) -> None:  # fmt: skip
    if not items:
        _say(dispatcher, [{"p": [{"t": NO_STEPS}]}, *takes], about)
        return
    step = min(max(step, 1), len(items))
    blocks: list[Block] = [
        {"p": [{"t": f"{STEP.format(number=step, count=len(items))} ", "strong": True}, *items[step - 1]]}
    ]
    buttons = [TALK_TO_A_PERSON]
    if step < len(items):
        following = _button("steps", {"answer": key, "step": step + 1}, NEXT_STEP)
        about = {**about, "typed": {"next": following["payload"]}}
        buttons.insert(0, following)
    else:
        blocks += [{"p": [{"t": LAST_STEP}]}, *takes]
    _say(dispatcher, blocks, {**about, "told": "steps", "buttons": buttons})


def _about_decision(dispatcher: CollectingDispatcher, record: Any, wanted: str, step: int) -> None:
    policy = policies().policy(record["policy"])
    parts = render(record, policy.words[LANGUAGE]).parts
    about = {"kind": "policy", "id": policy.id}
    doing = [block for name in ("next", "steps") for block in parts.get(name, ())]
    if wanted == "steps":
        items = [item for block in doing for item in block.get("list", [])]
        _one_step(dispatcher, "", items, step, about, list(parts.get("review", ())))
        return
    if wanted in NOT_WRITTEN:
        names = ["conditions", "next", "steps", "waiting", "review"]
    else:
        names = ["decision", "reasons"] if wanted == "simpler" else ["decision", "change", "next", "review"]
    blocks = [block for name in names for block in list(parts.get(name, ()))[:2]]
    explained = simple.hard_words(blocks) if wanted == "simpler" else []
    if explained:
        blocks += [{"p": [{"t": WORDS}]}, {"list": explained, "ordered": False}]
    say(dispatcher, policy, plain(blocks), [_button("steps", {"step": 1})] if doing else [], blocks=blocks)


def _say_missing(dispatcher: CollectingDispatcher, service: directory.Service, wanted: str) -> None:
    phone = service.phone
    told = STANDARD if wanted == "how_long" else ASK_THEM
    words = told.format(team=service.team, days=council.load().reply_within_working_days)
    line = [{"t": f"{NOT_WRITTEN[wanted]} {words} "}, {"t": phone, "href": f"tel:{phone.replace(' ', '')}"}, {"t": "."}]
    about = {"kind": "service", "id": str(service.id), "buttons": [TALK_TO_A_PERSON]}
    _say(dispatcher, [{"p": line}], about)


def _say(dispatcher: CollectingDispatcher, blocks: list[Block], about: dict[str, Any]) -> None:
    dispatcher.utter_message(text=plain(blocks), json_message={**about, "blocks": blocks})


def _of(answer: Answer, tracker: Tracker) -> dict[str, Any]:
    place = {"area": answer.area, "areas": [answer.area], "confidence": 1.0}
    return {"kind": "answer", "id": answer.id, **place, "source": answer.source(today(tracker))}


def _button(wanted: str, values: dict[str, Any], title: str = "") -> dict[str, str]:
    return {"title": title or TITLES[wanted], "payload": f"/{INTENT}/{wanted}{json.dumps(values)}"}
