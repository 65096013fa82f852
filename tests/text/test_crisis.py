from __future__ import annotations

import pytest

from bot.knowledge import examples
from bot.text import phrases
from bot.text.crisis import Crisis, crisis

#: Topics whose own examples speak of danger.
ABOUT_DANGER = {
    "answer/domestic-abuse",
    "answer/mental-health",
    "answer/report-child-concern",
    "answer/drugs-alcohol",
    "elsewhere",  # a gas leak
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
        ("the house is on fire", Crisis.DANGER),
        ("I can smell gas in the hallway", None),
        ("it smells of gas here", Crisis.GAS),
        ("we have a gas leak", Crisis.GAS),
        ("gas smell in my flat", Crisis.GAS),
        ("I can’t breathe", Crisis.DANGER),
        ("i don’t feel safe at home", Crisis.DANGER),
        ("there is a fire in my flat", Crisis.DANGER),
        ("my partner is threatening me", Crisis.DANGER),
        ("I took all my pills", Crisis.SELF_HARM),
    ],
)
def test_crisis_words_are_seen(text: str, kind: Crisis | None) -> None:
    assert crisis(text) is (kind or Crisis.GAS)


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


def test_of_the_example_questions_only_those_about_danger_match() -> None:
    found = [(name, text) for path in examples.FOLDER.rglob("*.yml") for name, text, _ in examples.read(path)]
    assert len(found) > 1000
    seen = {name for name, text in found if crisis(text)}
    assert seen <= ABOUT_DANGER, sorted((n, t) for n, t in found if crisis(t) and n not in ABOUT_DANGER)


@pytest.mark.parametrize("kind", Crisis)
def test_every_kind_has_a_number_to_call(kind: Crisis) -> None:
    assert any(number in phrases.crisis(kind) for number in ("999", "116 123", "0800 111 999"))
