from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.knowledge import examples
from bot.settings import ROOT
from bot.text import phrases
from bot.text.crisis import Crisis, crisis, danger

_OURS = YAML(typ="safe").load((Path(__file__).parent / "crisis.yml").read_text(encoding="utf-8"))
#: As measured; they may only fall.
MISSED_APART = 21
FALSE_APART = 14
_HARMLESS = _OURS["harmless"]
_IN_DANGER = [(kind, text) for kind, texts in _OURS["danger"].items() for text in texts]
_APART = YAML(typ="safe").load((ROOT / "tests" / "questions" / "crisis.yaml").read_text(encoding="utf-8"))

#: Topics whose own examples speak of danger.
ABOUT_DANGER = {
    "answer/adult-safeguarding",
    "answer/antisocial-behaviour",
    "answer/domestic-abuse",
    "answer/drugs-alcohol",
    "answer/hate-crime",
    "answer/mental-health",
    "answer/report-child-concern",
    "elsewhere",
}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to kill myself", Crisis.SELF_HARM),
        ("i dont want to live anymore", Crisis.SELF_HARM),
        ("thinking about suicide", Crisis.SELF_HARM),
        ("I can't go on, I just want to die", Crisis.SELF_HARM),
        ("going to end it all tonight", Crisis.SELF_HARM),
        ("my husband hits me", Crisis.DANGER),
        ("he said he is going to kill me", Crisis.DANGER),
        ("I'm scared of my ex", Crisis.DANGER),
        ("someone has a knife outside", Crisis.DANGER),
        ("the house is on fire", Crisis.EMERGENCY),
        ("I can smell gas in the hallway", Crisis.GAS),
        ("it smells of gas here", Crisis.GAS),
        ("we have a gas leak", Crisis.GAS),
        ("gas smell in my flat", Crisis.GAS),
        ("I can’t breathe", Crisis.EMERGENCY),
        ("i don’t feel safe at home", Crisis.DANGER),
        ("there is a fire in my flat", Crisis.EMERGENCY),
        ("my partner is threatening me", Crisis.DANGER),
        ("I took all my pills", Crisis.SELF_HARM),
    ],
)
def test_crisis_words_are_seen(text: str, kind: Crisis) -> None:
    assert crisis(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "this queue is killing me",
        "I don't want to live in temporary accommodation",
        "I don't want to go on the waiting list again",
        "we have rats, how to kill them",
        "my tree is in danger of falling",
        "had a heart attack last year can i get a blue badge",
        "benefit cap has hit me hard",
        "someone hit my parked car",
        "killing time before my appointment",
        "I would kill for a parking space",
        "my phone is dying",
        "how do I register a death",
        "my father died last week, what do I do",
        "the deadline is killing us",
        "is there a fire door rule for flats",
        "gas safety certificate for landlords",
        "I am dead tired of waiting",
        "where can I dispose of a dead fox",
        "a hit and run damaged my fence",
    ],
)
def test_harmless_words_are_left_alone(text: str) -> None:
    assert crisis(text) is None


def test_of_the_example_questions_hardly_any_bring_a_number_and_few_are_suspected() -> None:
    """Rasa looks at those that are only suspected; look-alikes are examples as well, and hundreds of them."""
    found = [(name, text) for path in examples.FOLDER.rglob("*.yml") for name, text, _ in examples.read(path)]
    others = [text for name, text in found if name not in ABOUT_DANGER and not name.startswith("crisis")][::7]
    assert len(others) > 1000
    dangers = [(text, heard) for text in others if (heard := danger(text))]
    assert len(dangers) <= len(others) * 0.015, dangers
    plain = [text for text, heard in dangers if heard.plain]
    assert len(plain) <= len(others) * 0.001, plain


def test_of_messages_written_apart_few_are_missed() -> None:
    """tests/questions/crisis.yaml was written by somebody who had not seen the table; the table must not be fitted to
    it. Rasa hears what this layer misses."""
    # Counted only: who reads them would fit the table to them.
    missed = sum(one["crisis"] and not crisis(one["question"]) for one in _APART)
    false = sum(not one["crisis"] and crisis(one["question"]) is not None for one in _APART)
    assert len(_APART) > 350
    assert missed <= MISSED_APART
    assert false <= FALSE_APART


@pytest.mark.parametrize("kind", Crisis)
def test_every_kind_has_a_number_to_call(kind: Crisis) -> None:
    assert any(number in phrases.crisis(kind) for number in ("999", "116 123", "0800 111 999"))


def test_of_our_own_wordings_none_is_missed() -> None:
    assert len(_IN_DANGER) >= 80
    assert [(kind, text) for kind, text in _IN_DANGER if crisis(text) is None] == []


def test_of_our_own_look_alikes_at_most_three_bring_a_number() -> None:
    assert len(_HARMLESS) >= 80
    assert len([text for text in _HARMLESS if crisis(text)]) <= 3


def test_every_kind_is_told_from_the_others() -> None:
    wrong = [(kind, text) for kind, text in _IN_DANGER if crisis(text) != kind]
    assert len(wrong) <= len(_IN_DANGER) * 0.1, wrong
