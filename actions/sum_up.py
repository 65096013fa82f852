"""What is told back before anything is done: several matters in one message, or a long message with a request."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answers import say_answer, say_clarify
from actions.application import begin, text
from actions.calm import INSULT
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.kindness import NOTED, opening
from actions.misses import OTHER_COUNCIL
from actions.said import line_of, take
from actions.topics import LANGUAGE, Topic, about, library, policies, topics
from bot.knowledge import non_answers
from bot.knowledge.other_councils import about_another, lives_elsewhere
from bot.policy.blocks import upper_first
from bot.text.blocks import Block, plain
from bot.text.named_effects import named
from bot.text.named_effects import plain as small
from bot.text.phrases import shorten

MOST = 4
#: Words from which on several matters are told back before the first is answered.
LONG = 60
SEVERAL = "You ask about {count} things. I take them one by one:"
TOO_MANY = "That was more than {most} things. Ask me about these later: {titles}."
UNHEARD = "I did not understand: {parts}. Please ask that after this."
A_PERSON = "To talk to a person, choose 'Talk to a person'."
A_PERSON_TOO = "A person can take it on as well."
AND_RIGHT = "Is that right?"
YOU_WANT = "You want {request}."
YOU_TOLD = "You told me:"
WORRIED = "You are worried about {what}."
WORRIED_IN_WORDS = "You are worried about this: \u201c{what}\u201d."
ABOUT_TOO = "It is also about {what}."
CAN_CHECK = "I can check this for you: {request}. I ask a few questions."
CHECK_MY_CASE = "Check my case"
NEXT = "Next: {title}"
LAST_ONE = "That was the last of what you asked."
YES, NO = "Yes", "No"

#: What an effect that somebody named touches.
_TOUCHES = {
    "time": "the time it takes", "contact": "having to ask again", "sleep": "your sleep", "family": "your family",
    "health": "your health", "work": "your work", "money": "the money", "safety": "the danger there",
    "mess": "the rubbish",
}  # fmt: skip
_WORRY = re.compile(r"\b(?:worried|worry|worrying|anxious|scared|afraid|frightened|concerned|stressed|panicking)\b")

_WORRY_IN_WORDS = re.compile(
    rf"\b(?:i am|i'm|im|we are|we're) (?:(?:so|very|really|quite|just|also) )?{_WORRY.pattern} "
    r"(?:that|about|of|in case) (?P<what>[^.,;:!?\n]+)",
    re.IGNORECASE,
)


class ActionSumUp(GuardedAction):
    """Tell back what a message wants. Several short matters are taken at once, one by one; the rest waits for a yes."""

    def name(self) -> str:
        return "action_sum_up"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        tracker = _of_ours(tracker)
        heard = tracker.latest_message.get("matters") or []
        best = [(matter, ranked[0]) for matter in heard if (ranked := topics(_about_one(tracker, matter["topics"])))]
        # Two services can have one answer.
        found = list({topic.name: (matter, topic) for matter, topic in reversed(best)}.values())[::-1]
        if len(found) > 1:
            _several(dispatcher, tracker, [topic for _, topic in found])
        elif found and found[0][1].policy:
            _request(dispatcher, tracker, found[0][1])
        elif found:
            about_it = _about_one(tracker, found[0][0]["topics"])
            say_answer(dispatcher, about_it, after=_besides(tracker), also=_person(tracker))
        elif others := _others(tracker):
            note = {"kind": "non_answer", "id": others[0], "buttons": [TALK_TO_A_PERSON]}
            blocks = _besides(tracker)
            dispatcher.utter_message(text=plain(blocks), json_message={**note, "blocks": blocks})
        else:
            say_clarify(dispatcher, tracker)
        return []


def _several(dispatcher: CollectingDispatcher, tracker: Tracker, found: Sequence[Topic]) -> None:
    taken = found[:MOST]
    names = [topic.name for topic in taken]
    first, kinds = opening(tracker)
    lines = [first] if first else []
    lines.append(SEVERAL.format(count=len(taken)))
    items = [[{"t": title_of(topic)}] for topic in taken]
    blocks: list[Block] = [{"p": [{"t": line}]} for line in lines]
    blocks.append({"list": items, "ordered": True})
    if len(found) > MOST:
        more = ", ".join(title_of(topic) for topic in found[MOST:])
        blocks.append({"p": [{"t": TOO_MANY.format(most=MOST, titles=more)}]})
    blocks += _besides(tracker)
    if _upset(tracker):
        blocks.append({"p": [{"t": A_PERSON_TOO}]})
    note: dict[str, Any] = {"kind": "non_answer", "id": "many", NOTED: kinds, "left": names}
    if len(text(tracker).split()) > LONG:
        go_on = _payload(names)
        blocks.append({"p": [{"t": AND_RIGHT}]})
        note |= {"choices": [_choice(topic) for topic in taken], **_yes_or_no(go_on)}
        dispatcher.utter_message(text=plain(blocks), json_message={**note, **about(list(taken)), "blocks": blocks})
        return
    dispatcher.utter_message(text=plain(blocks), json_message={**note, "blocks": blocks})
    say_next(dispatcher, tracker, names, first=True, understood=about(list(taken)), also=_person(tracker))


def say_next(
    dispatcher: CollectingDispatcher, tracker: Tracker, names: list[str], *, first: bool = False,
    understood: dict[str, Any] | None = None, also: Sequence[dict[str, str]] = (),
) -> None:  # fmt: skip
    """Answer the first of the matters that are left, by the names of their topics, and offer the one after it.

    ``also`` are further buttons.
    """
    topic, rest = _topic(tracker, names[0]), names[1:]
    if topic is None:
        if rest:
            say_next(dispatcher, tracker, rest, first=first, understood=understood, also=also)
        return
    after = _topic(tracker, rest[0]) if rest else None
    extras: dict[str, Any] = {"left": rest}
    buttons = list(also)
    if after:
        buttons.insert(0, {"title": NEXT.format(title=title_of(after)), "payload": _payload(rest)})
        extras["typed"] = {"next": _payload(rest)}
    one = _about_one(tracker, [{"name": topic.name, "confidence": topic.confidence}])
    if topic.policy and topic.policy.id not in library.look():
        request = CAN_CHECK.format(request=topic.policy.words[LANGUAGE].text["request"])
        check = {"title": CHECK_MY_CASE, "payload": f"/policy/{topic.policy.id}"}
        told = {"kind": "policy", "id": topic.policy.id, **(understood or about([topic]))}
        extras["typed"] = {**extras.get("typed", {}), "yes": check["payload"]}
        dispatcher.utter_message(text=request, json_message={**told, **extras, "buttons": [check, *buttons]})
        return
    last: list[Block] = [] if after or first else [{"p": [{"t": LAST_ONE}]}]
    say_answer(dispatcher, one, kind=False, also=buttons, extras=extras, understood=understood, after=last)


def _request(dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> None:
    assert topic.policy
    words = text(tracker)
    request = str(topic.policy.words[LANGUAGE].text["request"])
    application = begin(topic.policy, tracker)
    facts = take(application, words)
    blocks: list[Block] = [{"p": [{"t": YOU_WANT.format(request=request)}]}]
    if facts:
        items = [[{"t": line_of(application, name, value)}] for name, value in facts.items()]
        blocks += [{"p": [{"t": YOU_TOLD}]}, {"list": items, "ordered": False}]
    if touched := [_TOUCHES[effect.kind] for effect in named(words)][:2]:
        worried = WORRIED if _WORRY.search(small(words)) else ABOUT_TOO
        blocks.append({"p": [{"t": worried.format(what=" and ".join(touched))}]})
    elif worry := _WORRY_IN_WORDS.search(words):
        blocks.append({"p": [{"t": WORRIED_IN_WORDS.format(what=shorten(worry["what"]))}]})
    blocks += _besides(tracker)
    blocks.append({"p": [{"t": AND_RIGHT}]})
    others = [one for one in topics(tracker) if one.name != topic.name][:2]
    note = {"kind": "policy", "id": topic.policy.id, **about([topic, *others]), "sums_up": True}
    note |= {"choices": [_choice(one) for one in others], **_yes_or_no(f"/policy/{topic.policy.id}")}
    dispatcher.utter_message(text=plain(blocks), json_message={**note, "blocks": blocks})


def _besides(tracker: Tracker) -> list[Block]:
    """What is said of the parts that are for others, ask for a person, or were not understood."""
    words = non_answers.load()
    said: list[Block] = []
    for name in _others(tracker):
        said += words.get(name) or [{"p": [{"t": A_PERSON}]}]
    parts = [f"\u201c{shorten(str(part))}\u201d" for part in tracker.latest_message.get("unheard") or []]
    return [*said, {"p": [{"t": UNHEARD.format(parts=", ".join(parts))}]}] if parts else said


def _others(tracker: Tracker) -> list[str]:
    """The topics of the parts that are for others; ``person`` among them where a person is asked for."""
    return [str(other["topics"][0]["name"]) for other in tracker.latest_message.get("others") or []]


def _person(tracker: Tracker) -> list[dict[str, str]]:
    """The button for a person, where a part asks for one or the whole is angry."""
    return [TALK_TO_A_PERSON] if _upset(tracker) or "person" in _others(tracker) else []


def _upset(tracker: Tracker) -> bool:
    """Whether the message insults, or was angry as a whole before its matters were looked for."""
    return bool(INSULT.search(small(text(tracker)))) or any(
        each["name"] == "upset" for each in (tracker.latest_message.get("intent_ranking") or [])[1:2]
    )


def title_of(topic: Topic) -> str:
    """A matter in a few words."""
    if topic.policy:
        return upper_first(str(topic.policy.words[LANGUAGE].text["title"]))
    return topic.title


def titles(tracker: Tracker, names: Sequence[str]) -> list[str]:
    """The matters of these names in words."""
    return [title_of(topic) for name in names if (topic := _topic(tracker, name))]


def next_button(tracker: Tracker, names: list[str]) -> dict[str, str]:
    """The button that goes on with the first of these matters."""
    return {"title": NEXT.format(title=(titles(tracker, names) or [""])[0]), "payload": _payload(names)}


def _topic(tracker: Tracker, name: str) -> Topic | None:
    kind, _, key = name.partition("/")
    if kind == "policy" and (key in library.look() or key not in policies().policies):
        name = f"answer/{key}"
    return next(iter(topics(_about_one(tracker, [{"name": name, "confidence": 1.0}]))), None)


def _of_ours(tracker: Tracker) -> Tracker:
    """The tracker with the matters of another council among those for others, and without their words.

    Those are the matters that name it, read with what is said of them; all where somebody is said to live there.
    """
    message, words = tracker.latest_message, text(tracker)
    heard, others = message.get("matters") or [], message.get("others") or []
    parts = [*(str(one.get("text", "")) for one in (*heard, *others)), *(message.get("unheard") or [])]
    if any(about_another(part) for part in parts):
        starts = sorted(words.find(part) for part in parts if part in words)
        away = [
            one for one in heard if about_another(one["text"]) and about_another(_with_more(one["text"], words, starts))
        ]
    else:
        away = heard if lives_elsewhere(words) else []
    if not away:
        return tracker
    for one in away:
        words = words.replace(one["text"], "")
    theirs = {"topics": [{"name": OTHER_COUNCIL, "confidence": 1.0}]}
    known = [one for one in others if one["topics"][0]["name"] != OTHER_COUNCIL]
    ours = {"text": words, "matters": [one for one in heard if one not in away], "others": [*known, theirs]}
    changed = copy.copy(tracker)
    changed.latest_message = {**message, **ours}
    return changed


def _with_more(part: str, words: str, starts: Sequence[int]) -> str:
    """A part with all that is said after it, until the next part begins."""
    start = words.find(part)
    return words[start : next((other for other in starts if other > start), None)] if start >= 0 else words


def _about_one(tracker: Tracker, named_topics: list[dict[str, Any]]) -> Tracker:
    """The tracker as if the message had been about these topics alone."""
    one = copy.copy(tracker)
    one.latest_message = {**tracker.latest_message, "topics": named_topics}
    return one


def _choice(topic: Topic) -> dict[str, str]:
    return {"title": topic.title, "payload": f"/{topic.name}"}


def _payload(names: Sequence[str]) -> str:
    return "/about_answer/next" + json.dumps({"left": list(names)})


def _yes_or_no(yes: str) -> dict[str, Any]:
    no = "/about_answer/other"
    buttons = [{"title": YES, "payload": yes}, {"title": NO, "payload": no}, TALK_TO_A_PERSON]
    return {"buttons": buttons, "typed": {"yes": yes, "no": no}}
