"""Taking an answer to the open question of an application, or whatever the citizen says instead of one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.about_answer import in_form, topic_of
from actions.answers import say_answer
from actions.application import FORM, Application, current, entities, intent, say, text
from actions.asking import give
from actions.correcting import MEANT, Correction, cannot_be, correction, offers
from actions.crisis import say_crisis
from actions.following import say_status
from actions.guarded import TALK_TO_A_PERSON, GuardedAction
from actions.misses import say_other_council
from actions.non_answers import say_non_answer
from actions.open_question import OpenQuestion
from actions.parting import GOODBYE, WELCOME
from actions.said import clash, take, with_said
from actions.topics import policy_for, topics
from bot.knowledge.other_councils import about_another
from bot.policy import readback
from bot.policy.agreeing import agrees
from bot.policy.ask import choices
from bot.policy.decide import BadFact, typed
from bot.policy.expression import Value
from bot.policy.fitting import fits
from bot.policy.format import to_json, value_text
from bot.policy.model import Version
from bot.policy.parse import (
    Unclear,
    asks,
    first_clause,
    names_stopping,
    normal,
    other_period,
    parse,
    says_cancel,
    says_unknown,
    unknown_choice,
    wordy_choice,
    wordy_yes_or_no,
)
from bot.policy.readback import CANCEL, CONFIRM

Events = list[dict[str, Any]]

NOT_UNDERSTOOD = "I did not understand that as an answer."
CANNOT_BE = "That answer is outside what I can take here."
TOO_MANY = "These two do not go together. {low} cannot be more than {limit}.\n\n{lines}"
AGAIN_A_PERSON = "If none of this fits, a person can help you."
WITHOUT = "If you cannot find it out, a person can help you."
WHICH = "Which of these is not right?"
ONE_AT_A_TIME = (
    "You asked about something else: {other}. I can check it after this. To stop this one first, say 'cancel'."
)
ALREADY = "We carry on with your request: {request}."
AFTER_THIS = "I can tell you that as soon as your request is decided."
CORRECTED = "Changed: {line}"
TOOK = "I took that as: {line}"
TOOK_FIRST = "I took that as: {line}\n\nI ask about one thing at a time."
CONVERTED = "I took that as: {line}. I count 12 months, 52 weeks or 26 fortnights as a year."
WHICH_VALUE = "I need to be sure of that answer. Do you mean {values}?"
UPSET = "A person can take this on. You can also carry on here."

#: From this confidence on a sentence that asks nothing is taken for a matter of its own. Answers to a question that the
#: understanding knows nothing of ('last Tuesday', 'a flat') reached 0.79, or 0.9 in fewer words.
_SURE = 0.85
_A_SENTENCE = 4
_KEEP_ASKING: Events = [SlotSet("answer", None), SlotSet("requested_slot", "answer")]
_WHY = frozenset(
    {"why", "why?", "why do you ask", "why do you ask?", "why do you need that?", "why do you need to know?"}
)
#: A wish, which can name what was asked for.
_WISH = re.compile(
    r"(?:(?:hi|hello|please|ok|okay|so|also|and|now|actually),? )*"
    r"(?:i(?:'?d (?:also )?like|(?: also)? (?:want|wanna|need|would like)|'?m (?:after|looking for)|"
    r" am (?:after|looking for))|"
    r"apply(?:ing)?|(?:can|could|may) i (?:get|have|apply))\b"
)
#: How sure a wish has to be of another request that is decided here.
_ANOTHER = 0.5
SMALL_TALK = {name: f"utter_{name}" for name in ("greet", "who_are_you", "help")}  # of the domain


def ends(outcome: str) -> Events:
    """The events that end the form with ``outcome``: decided, cancelled or person."""
    return [SlotSet("answer", None), SlotSet("requested_slot", None), SlotSet("outcome", outcome)]


class ValidateApplicationForm(GuardedAction):
    """Reads each message while an application is open. The form goes on asking unless this ends it."""

    #: A failure keeps the facts and the question: the form asks again.
    after_failure = tuple(_KEEP_ASKING)

    def name(self) -> str:
        return f"validate_{FORM}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        if not (tracker.active_loop or {}).get("name"):  # the form is only just opening
            return []
        application = current(tracker)
        if application is None:  # forgotten or decided in the meantime: what is asked next says so
            return _KEEP_ASKING
        return Answering(dispatcher, tracker, application).take()


class Answering:
    """One message to one open question."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, application: Application) -> None:
        self.dispatcher, self.tracker, self.application = dispatcher, tracker, application
        self.text, self.intent = text(tracker), intent(tracker)
        self.words = application.words

    @cached_property
    def version(self) -> Version:
        """The version that would decide."""
        return self.application.version()

    @cached_property
    def name(self) -> str:
        """The open question."""
        return self.application.question or self.application.next()

    @cached_property
    def question(self) -> OpenQuestion:
        """What can be told about the open question."""
        return OpenQuestion(self.application, self.name)

    def take(self) -> Events:
        """Read the message: a button, an answer, a correction, or something else; in this order.

        The way out comes first: to stop, or to have a person, has to work whatever becomes of the facts.
        """
        if says_cancel(self.text) or (not self.text and self.intent == "cancel"):
            return ends("cancelled")
        if self.intent == "person" and not self.text:
            return ends("person")
        if self.application.outdated and not self.application.question and self._answers_the_read_back():
            return _KEEP_ASKING
        if not self.text:
            return self._button()
        found = correction(self.text, self.application)
        if found is not None:
            return self._correct(found)
        if self.name == CONFIRM:
            if (said := agrees(self.text)) is not None:
                return ends("decided") if said else self._which()
            wrong = cannot_be(self.text, self.application)
            return self._missed(CANNOT_BE, wrong) if wrong else self._otherwise()
        try:
            value = parse(self.version.facts[self.name], self.text, self.words, self.application.today)
        except Unclear as unclear:
            return self._which_value(unclear.readings)
        except BadFact:
            return self._missed(CANNOT_BE)
        if value is None:
            return self._otherwise()
        converted = other_period(self.version.facts[self.name], self.text)
        return self._keep(self.name, value, CONVERTED.format(line=self._line(value)) if converted else "")

    def _which_value(self, readings: tuple[Value, ...]) -> Events:
        """An answer that can be taken in more than one way, or not exactly: which value is meant?"""
        fact = self.version.facts[self.name]
        shown = [value_text(to_json(one), fact.type, fact.unit, self.words.frame, None) for one in readings]
        buttons = [
            {"title": title, "payload": give(self.name, to_json(one))}
            for title, one in zip(shown, readings, strict=True)
        ]
        asked = WHICH_VALUE.format(values=" or ".join(shown))
        say(self.dispatcher, self.application.policy, asked, buttons, asks=True)
        return _KEEP_ASKING

    def _line(self, value: Value) -> str:
        return self.application.with_fact(self.name, value).line(self.name)

    def _loosely(self) -> Events | None:
        """An answer with more around it: what was taken from it is said at once, and read back before deciding."""
        fact = self.version.facts.get(self.name)
        if fact is None:  # the read-back wants a plain yes
            return None
        value: Value | None = None
        if fact.type == "bool":
            value = wordy_yes_or_no(self.text)
            if value and not fits(self.text, self.name, self.words.text["facts"], self.version.asked):
                return None
        elif fact.type == "choice":
            value = wordy_choice(fact, self.text, self.words)
        first, rest = first_clause(self.text)
        if value is None and rest:
            try:
                value = parse(fact, first, self.words, self.application.today)
            except BadFact:
                return None
        if value is None:
            return None
        line = self._line(value)
        more = take(self.application, self.text, self.name)
        told = TOOK_FIRST if rest and not more and (fact.type != "bool" or " and " in normal(self.text)) else TOOK
        return self._keep(self.name, value, told.format(line=line))

    def _is_wish(self) -> bool:
        return bool(self.text) and not self.text.rstrip().endswith("?") and bool(_WISH.match(normal(self.text)))

    def _wants_another(self) -> bool:
        """Whether the text is a wish for another matter, though it may name a choice: 'I want a parking permit'."""
        best = next(iter(topics(self.tracker)), None)
        if best is None or self.intent not in ("policy", "answer") or not self._is_wish():
            return False
        decides = best.policy or (policy_for(best.answer) if best.answer else None)
        if decides and decides.id == self.application.policy.id:
            return False
        return best.confidence >= (_ANOTHER if decides else _SURE)

    def _names_a_choice(self) -> bool:
        fact = self.version.facts.get(self.name)
        return fact is not None and fact.type == "choice" and wordy_choice(fact, self.text, self.words) is not None

    def _answers_the_read_back(self) -> bool:
        """Whether this answers a read-back whose facts are no longer possible: it is an answer to nothing else."""
        return self.intent == "confirm_facts" if not self.text else agrees(self.text) is not None

    def _button(self) -> Events:
        if self.intent == "give":
            pressed = entities(self.tracker)
            return self._given(str(pressed.get("fact")), pressed.get("value"))
        if self.intent == "confirm_facts":
            return ends("decided") if self.name == CONFIRM else _KEEP_ASKING
        return self._otherwise()

    def _given(self, name: str, value: Any) -> Events:
        fact = self.version.facts.get(name)
        try:
            known = typed(fact, value, self.application.today) if fact and fact.function is None else None
        except BadFact:
            known = None
        return self._missed() if known is None else self._keep(name, known)

    def _keep(self, name: str, value: Value, told: str = "") -> Events:
        if pair := clash(self.application.with_fact(name, value)):
            return self._too_many(*pair, {name: value})
        kept, also = with_said(self.application.with_fact(name, value), self.text)
        words = "\n\n".join(part for part in (told, also) if part)
        say(self.dispatcher, self.application.policy, words, effect=kept.effect())
        return _KEEP_ASKING

    def _correct(self, found: Correction) -> Events:
        if found.value is None:
            return self._which(found.among)
        changed = self.application.with_fact(found.fact, found.value)
        if pair := clash(changed):
            return self._too_many(*pair, {found.fact: found.value})
        told = TOOK if found.fact == self.name else CORRECTED
        line = told.format(line=changed.line(found.fact))
        say(self.dispatcher, self.application.policy, line, effect=changed.effect())
        return _KEEP_ASKING

    def _too_many(self, name: str, limit: str, given: dict[str, Value]) -> Events:
        """An answer that cannot be beside an earlier one: both are named with their numbers, and nothing is kept."""
        facts = {**self.application.facts, **{one: to_json(value) for one, value in given.items()}}
        lines = (readback.line(self.version, self.words, one, facts[one]) for one in (name, limit))
        told = TOO_MANY.format(
            low=self.application.label(name), limit=self._label(limit), lines="\n".join(f"- {one}" for one in lines)
        )
        buttons = [self._to_correct(one) for one in (name, limit)]
        say(self.dispatcher, self.application.policy, f"{told}\n\n{WHICH}", [*buttons, CANCEL], asks=True)
        return _KEEP_ASKING

    def _label(self, name: str) -> str:
        return str(self.words.text["facts"][name]["label"])

    def _which(self, among: Sequence[tuple[str, Value]] = ()) -> Events:
        pressed = entities(self.tracker).get("fact")
        if pressed in self.version.asked:
            asking = replace(self.application, question=str(pressed), misses=0)
            say(self.dispatcher, self.application.policy, "", effect=asking.effect())
            return _KEEP_ASKING
        known = [name for name in self.version.asked if name in self.application.facts]
        buttons = offers(self.application, among) or [self._to_correct(name) for name in known]
        if not buttons:
            return self._missed()
        say(self.dispatcher, self.application.policy, MEANT if among else WHICH, [*buttons, CANCEL], asks=True)
        return _KEEP_ASKING

    def _otherwise(self) -> Events:
        """Not an answer: look at what the message means."""
        if self.text and says_unknown(self.text):
            fact = self.version.facts.get(self.name)
            unknown = unknown_choice(fact, self.words) if fact else None
            if unknown is not None:
                return self._keep(self.name, unknown, TOOK.format(line=self._line(unknown)))
            return self._say(f"{self.question.help()} {WITHOUT}".strip(), [TALK_TO_A_PERSON])
        if self.intent == "person":
            return ends("person")
        if self.intent == "cancel" and names_stopping(self.text) and not asks(self.text):
            return ends("cancelled")
        if self.intent in ("why", "which_rule") or normal(self.text) in _WHY:
            return self._say(self.question.why())
        another = self._wants_another()
        wanted = asks(self.text) or not self.text or another
        if wanted and not another and self._is_wish():  # 'I want to get rid of a sofa' names what was asked for
            wanted = self.intent not in ("policy", "answer", "gibberish", "off_topic") or not self._names_a_choice()
        if not wanted and self.intent not in ("correct_fact", "upset", "crisis"):
            loose = self._loosely()
            if loose is not None:
                return loose
        if self.intent not in ("crisis", "correct_fact") and about_another(self.text):
            return self._leave_to(say_other_council)
        said, told = with_said(self.application, self.text)
        if told and self.name != CONFIRM and self.intent != "crisis":  # a question is answered before it was asked
            say(self.dispatcher, self.application.policy, told, effect=replace(said, misses=0).effect())
            return _KEEP_ASKING
        if not wanted and self.intent in ("answer", "elsewhere", "not_allowed") and not self._surely_something_else():
            return self._missed()
        if self.intent == "off_topic" and (wanted or self.name == CONFIRM):
            return self._leave_to(say_non_answer)
        if self.intent == "other_language" and len(self.text.split()) < _A_SENTENCE:  # too few words to tell
            return self._missed()
        meaning: dict[str, Callable[[], Events]] = {
            "answer": lambda: self._leave_to(say_answer, offer=False),
            "crisis": lambda: self._leave_to(say_crisis),
            **dict.fromkeys(("elsewhere", "not_allowed", "other_language"), lambda: self._leave_to(say_non_answer)),
            "policy": self._other_policy,
            "correct_fact": self._which,
            "status": lambda: self._leave_to(lambda out, _: say_status(out)),
            "upset": lambda: self._say(UPSET, [TALK_TO_A_PERSON]),
            # 'how many more questions?' forgets nothing.
            "cancel": lambda: self._say(UPSET, [TALK_TO_A_PERSON, CANCEL]),
            "thanks": lambda: self._say(WELCOME),
            "goodbye": lambda: self._say(GOODBYE),
            "continue_application": lambda: _KEEP_ASKING,
            "about_answer": lambda: self._say(
                in_form(topic_of(self.tracker), self.question.help(), self.question.why())
            ),
            **dict.fromkeys(("what_if", "what_can_i_do", "not_fair", "review"), lambda: self._say(AFTER_THIS)),
        }
        if self.intent in meaning:
            return meaning[self.intent]()
        if self.intent in SMALL_TALK:
            return self._leave_to(lambda out, _: out.utter_message(response=SMALL_TALK[self.intent]))
        return self._missed()

    def _surely_something_else(self) -> bool:
        """Whether a text that asks nothing is about something else all the same: 'my bin was not emptied today'."""
        found = topics(self.tracker)
        return bool(found) and found[0].confidence >= _SURE and len(self.text.split()) >= _A_SENTENCE

    def _leave_to(self, says: Callable[..., object], **how: Any) -> Events:
        says(self.dispatcher, self.tracker, **how)
        return _KEEP_ASKING

    def _other_policy(self) -> Events:
        wanted = next((topic.policy for topic in topics(self.tracker)[:1] if topic.policy), None)
        if wanted is None:
            return self._missed()
        if wanted is self.application.policy:
            return self._say(ALREADY.format(request=self.application.request))
        other = wanted.words[self.words.language].text["request"]
        return self._say(ONE_AT_A_TIME.format(other=other), [CANCEL])

    def _missed(self, why: str = NOT_UNDERSTOOD, about: str | None = None) -> Events:
        """Not understood: say how to answer; the second time in a row offer a person as well."""
        missed = replace(self.application, misses=self.application.misses + 1)
        asked = OpenQuestion(self.application, about or self.name)
        told = " ".join(part for part in (why, self.question.help(), asked.range()) if part)
        again = missed.misses > 1
        say(
            self.dispatcher, self.application.policy, f"{told} {AGAIN_A_PERSON}" if again else told,
            [TALK_TO_A_PERSON] if again and not self._has_choices() else [], missed.effect(),
        )  # fmt: skip
        return _KEEP_ASKING

    def _has_choices(self) -> bool:
        """Whether the question, which follows, has buttons: the one for a person stands beside them then."""
        return self.name != CONFIRM and bool(choices(self.words, self.version, self.name))

    def _say(self, words: str, buttons: list[dict[str, str]] | None = None) -> Events:
        say(self.dispatcher, self.application.policy, words, buttons)
        return _KEEP_ASKING

    def _to_correct(self, name: str) -> dict[str, str]:
        return {"title": self.application.label(name), "payload": "/correct_fact" + json.dumps({"fact": name})}
