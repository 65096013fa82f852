"""What could tell who asked is taken out before an editor reads it."""

from __future__ import annotations

import pytest

from bot.text.anonymous import anonymous


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("my email is ann.lee@mail.example.org ok", "my email is [email] ok"),
        ("ring me on 07700 900123 please", "ring me on [phone] please"),
        ("ring +44 7700 900123", "ring [phone]"),
        ("we are in LS1 4AP", "we are in [postcode]"),
        ("a van AB12 CDE blocks us", "a van [vehicle] blocks us"),
        ("born 03/04/1951", "born [date]"),
        ("case C-10014 is late", "case [reference] is late"),
        ("account 30012345", "account [number]"),
        ("bin missed at 14 Elm Road again", "bin missed at [address] again"),
        ("flat 3, 12a old mill lane", "[address]"),
        ("my name is ann lee and my bin", "my name is [name] and my bin"),
        ("this is Ann Lee from Elm", "this is [name] from Elm"),
        ("its Ann Lee again", "its [name] again"),
        ("Mrs O'Neill next door", "[name] next door"),
        ("card 4111 1111 1111 1111 ok", "card [card number] ok"),
        ("see https://example.org/x?id=9", "see [link]"),
    ],
)
def test_personal_data_is_masked(said: str, shown: str) -> None:
    assert anonymous(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "can I keep 3 chickens in my garden",
        "I am late with my council tax",
        "its Monday and the bins are full",
        "what time does the tip open on 26 December",
        "is the A64 closed",
        "do I need a TV licence in 2026",
        "band D on 4 bedrooms",
    ],
)
def test_other_words_stay(said: str) -> None:
    assert anonymous(said) == said
