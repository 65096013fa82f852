from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.clean import MAX_LENGTH, BadText, clean, for_brain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u200d", "empty"),
        ("\u3164\u00a0 \u2003", None),  # a Hangul filler counts as a letter, and is harmless
        ("a" * 2001, "too_long"),
        ("a\0b", "bad_characters"),
        ("a\x1b[31mb", "bad_characters"),
        ("abc\u202edef", "bad_characters"),
        ("\u202aabc", "bad_characters"),
        ("\ud800", "bad_characters"),
        ("a" * 2000, None),
        ("/restart", None),
        ("line one\r\nline two", None),
        ("שלום \u200f123", None),
        ("👩‍👧 café", None),
        ("\U0001fae8", None),  # newer than some Pythons know
        ("\ufdd0", "bad_characters"),
    ],
)
def test_what_is_taken_and_what_is_not(text: str, code: str | None) -> None:
    if code is None:
        clean(text)
    else:
        with pytest.raises(BadText) as caught:
            clean(text)
        assert caught.value.code == code
        assert len(str(caught.value)) > 20


def test_the_same_words_in_two_encodings_become_one() -> None:
    assert clean("cafe\u0301") == clean("café") == "café"
    assert clean("  a\r\nb\rc  ") == "a\nb\nc"


@given(st.text(max_size=2100))
def test_it_gives_a_clean_text_or_a_reason(text: str) -> None:
    try:
        cleaned = clean(text)
    except BadText:
        return
    assert 0 < len(cleaned) <= MAX_LENGTH
    assert cleaned == clean(cleaned) == unicodedata.normalize("NFC", cleaned)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in cleaned)
    cleaned.encode()


@given(st.text(min_size=1))
def test_rasa_never_reads_a_command(text: str) -> None:
    assert not for_brain(text).strip().startswith("/")
    assert for_brain(text)


def test_the_words_after_the_slash_stay() -> None:
    assert for_brain('/intent{"a":"b"}') == 'intent{"a":"b"}'
    assert for_brain(" // ") == "?"
    assert for_brain("bins/recycling") == "bins/recycling"
