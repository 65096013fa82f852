from __future__ import annotations

import pytest

from bot.text import phrases
from bot.text.crisis import Crisis, crisis


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
    ],
)
def test_crisis_words_are_seen(text: str, kind: Crisis | None) -> None:
    assert crisis(text) is (kind or Crisis.GAS)


@pytest.mark.parametrize(
    "text",
    [
        "this queue is killing me",
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


@pytest.mark.parametrize("kind", Crisis)
def test_every_kind_has_a_number_to_call(kind: Crisis) -> None:
    assert any(number in phrases.crisis(kind) for number in ("999", "116 123", "0800 111 999"))
