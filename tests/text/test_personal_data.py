from __future__ import annotations

import pytest

from bot.text.personal_data import mask


@pytest.mark.parametrize(
    ("text", "masked", "kinds"),
    [
        ("my card is 4111 1111 1111 1111 ok", "my card is [card number] ok", ["card number"]),
        ("4111-1111-1111-1111", "[card number]", ["card number"]),
        ("sort code 12-34-56 account 12345678", "sort code [bank details]", ["bank details"]),
        ("GB82 WEST 1234 5698 7654 32 is mine", "[bank account number] is mine", ["bank account number"]),
        ("my NI number is AB 12 34 56 C", "my NI number is [National Insurance number]", ["National Insurance number"]),
        ("nhs number 943 476 5870", "nhs number [NHS number]", ["NHS number"]),
        ("sort code 200415 account 12345678", "[bank details]", ["bank details"]),
        ("account 12345678 sort code 20 04 15", "account [bank details]", ["bank details"]),
        ("4111.1111.1111.1111", "[card number]", ["card number"]),
        ("4111111111111111 and 5500000000000004", "[card number] and [card number]", ["card number"]),
    ],
)
def test_numbers_that_nobody_should_send_are_masked(text: str, masked: str, kinds: list[str]) -> None:
    assert mask(text) == (masked, kinds)


@pytest.mark.parametrize(
    "text",
    [
        "call me on 01632 960123",
        "07700 900123 please",
        "my case is C-1001",
        "council tax account 8001234567",
        "reference 1234567890123456",
        "it is 2.25 m high and 5.30 m long",
        "postcode NM1 2AB, 12 High Street",
        "from 2026-01-01 to 2026-12-31",
        "0000 0000 0000 0000",
        "ring 943 476 5870",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == (text, [])
