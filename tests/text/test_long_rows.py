"""What reads every message comes to an end with any: the gateway waits for it, and with it every other chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.knowledge.other_councils import about_another
from bot.policy.agreeing import agrees
from bot.policy.parse import first_clause
from bot.text.crisis import danger
from bot.text.named_effects import named
from bot.text.personal_data import mask

SIGNS = (
    ".",
    ". ",
    "\n",
    " ",
    ",",
    "!?",
    " - ",
    "'",
    "1",
    "1 ",
    "@",
    "a@b.",
    "the ",
    "my ",
    "no ",
    "not to ",
    "in Leeds ",
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("reads", [danger, named, mask, about_another, agrees, first_clause])
@pytest.mark.parametrize("sign", SIGNS)
def test_a_long_row_of_one_sign_is_read_like_any_other(reads: Callable[[str], Any], sign: str) -> None:
    """A pattern that can share a row out in several ways would not come to an end."""
    reads(f"my bin {sign * 2000}"[:1990] + " was missed")
