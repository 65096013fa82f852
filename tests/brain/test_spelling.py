"""The correction of typing errors."""

from __future__ import annotations

import pytest

from bot.brain.spelling import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller({"northmere": 3, "council": 40, "bin": 30, "alotment": 1})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("my coucnil tax bill", "my council tax bill"),
        ("How do I renew my pasport?", "How do I renew my passport?"),
        ("libary", "library"),
        ("alotment", "allotment"),  # Stands once in the examples: a typing error put there on purpose.
    ],
)
def test_a_slip_is_put_right(speller: Speller, written: str, meant: str) -> None:
    assert speller.correct(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Northmere",  # A name from the examples.
        "hb form",  # Too short to tell.
        "my neighbour's colour television",
        "council's",
        "AB12 3CD",
        "xqzzyv",  # Nothing is near.
        "",
    ],
)
def test_what_is_right_or_unknowable_stays(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text
