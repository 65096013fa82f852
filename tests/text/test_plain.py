"""The readability and tone lint."""

from __future__ import annotations

import pytest

from bot.text.plain import lint, read, sentences, syllables, tone

PLAIN = """We cannot give you a permit for this van. It is 2.4 m high and the limit is 2.25 m.
You can ask for a permit for a smaller van. You can also ask us to look again by 5pm on Friday."""
BUREAUCRATIC = """Unfortunately, in accordance with the aforementioned regulations, the application submitted by the
applicant has been deemed ineligible owing to non-compliance with the dimensional specifications applicable to
vehicular accommodation within the designated residential parking provision administered by the authority."""


def test_plain_words_pass_and_others_do_not() -> None:
    assert lint(PLAIN) == []
    assert read(PLAIN).ease > 80
    assert read(BUREAUCRATIC).ease < 0
    assert len(lint(BUREAUCRATIC)) >= 4


def test_sentences_are_cut_where_they_end() -> None:
    assert sentences("It is 4.2 m high. Is it? Yes!\nNext line") == ["It is 4.2 m high.", "Is it?", "Yes!", "Next line"]
    assert sentences("a\u06d4 b\u061f c\u06d4") == ["a\u06d4", "b\u061f", "c\u06d4"]
    assert sentences("ਇਹ ਮੁਫ਼ਤ ਹੈ। ਹਾਂ।") == ["ਇਹ ਮੁਫ਼ਤ ਹੈ।", "ਹਾਂ।"]
    assert sentences("这是免费的。是。") == ["这是免费的。", "是。"]
    assert sentences("") == []
    assert read("").words == 0


@pytest.mark.parametrize(
    ("word", "count"),
    [("home", 1), ("permit", 2), ("council", 2), ("parking", 2), ("vehicle", 3), ("asked", 1), ("decided", 3),
     ("table", 2),
     ("collection", 3), ("the", 1), ("street", 1), ("changes", 2), ("rule", 1), ("d", 1)],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    "text",
    ["Unfortunately no.", "We regret to say no.", "You are ineligible.", "Simply call us.", "You should have called.",
     "I completely understand.", "It will be overturned.", "Please note this.", "No!", "It does not meet our policy."],
)  # fmt: skip
def test_tone(text: str) -> None:
    assert len(tone(text)) >= 1


def test_a_long_sentence_is_named() -> None:
    long = "We " + "go on and " * 12 + "stop."
    assert any("at most 25" in one for one in lint(long))
    assert lint(long, "cy") != []
