"""Finding numbers that nobody should send to a chat, so that they reach no log and no language understanding."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import iban, luhn
from stdnum.gb import nhs

_NINO = re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z](?:[ -]?\d{2}){3}[ -]?[A-D]\b", re.I)
_SORT_CODE = r"(?:\b\d{2}[- .]\d{2}[- .]\d{2}\b|\bsort\s?code\W{0,5}\d{6}\b)"
_ACCOUNT = r"\b\d{8}\b"
_SORT_CODE_AND_ACCOUNT = re.compile(rf"{_SORT_CODE}\D{{0,30}}{_ACCOUNT}|{_ACCOUNT}\D{{0,30}}{_SORT_CODE}", re.I)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.I)
_LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[ .-]?\d){12,18}(?!\d)")
_TEN_DIGITS = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_NHS_WORD = re.compile(r"\bnhs\b", re.I)


def _card(found: str) -> str:
    digits = re.sub(r"\D", "", found)
    return found if luhn.is_valid(digits) and len(set(digits)) > 1 else ""


def _account(found: str) -> str:
    """The longest start of what was found that is an IBAN: words may follow it without a break."""
    ends = range(len(found), 14, -1)
    return next((found[:end] for end in ends if found[end - 1] != " " and iban.is_valid(found[:end])), "")


def _nhs_number(found: str) -> str:
    return found if nhs.is_valid(found) else ""


def _always(found: str) -> str:
    return found


#: What it is called to the citizen, how it looks, and which part of what looks like it really is one.
_KINDS: list[tuple[str, re.Pattern[str], Callable[[str], str]]] = [
    ("bank account number", _IBAN, _account),
    ("card number", _LONG_NUMBER, _card),
    ("bank details", _SORT_CODE_AND_ACCOUNT, _always),
    ("National Insurance number", _NINO, _always),
]


def mask(text: str) -> tuple[str, list[str]]:
    """The text with every such number replaced by its kind in square brackets, and the kinds found, each once.

    Card numbers and IBANs must pass their own check digits, and ten digits count as an NHS number only beside the word
    NHS, so that a phone number or a case reference stays.
    """
    found: list[str] = []

    def replacement(kind: str, part: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            number = part(match.group())
            if not number:
                return match.group()
            if kind not in found:
                found.append(kind)
            return f"[{kind}]{match.group().removeprefix(number)}"

        return replace

    kinds = list(_KINDS)
    if _NHS_WORD.search(text):
        kinds.append(("NHS number", _TEN_DIGITS, _nhs_number))
    for kind, pattern, part in kinds:
        text = pattern.sub(replacement(kind, part), text)
    return text, found
