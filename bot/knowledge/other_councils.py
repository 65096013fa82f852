"""Whether a message is about another council that it names: 'a ticket from Wigan council'.

The understanding reads what a message is about, a ticket, and no list of examples holds every place. So the names stand
in ``data/other_councils.yml``.
"""

from __future__ import annotations

import re
from functools import cache

from bot import council, yaml12
from bot.settings import ROOT

NAMES = ROOT / "data" / "other_councils.yml"

#: Words that bring the matter here all the same: somebody moves, or visits, or has something from there.
_HERE = (
    r"here|mov(?:e|es|ed|ing)|transfer\w*|swap\w*|used to|visit\w*|stay\w*|com(?:e|es|ing) to|with (?:me|us)|"
    r"issued|(?:my|our) (?:house|home|flat|street|road)"
)


def about_another(text: str) -> bool:
    """Whether the text names the council of another place, or somebody who lives there, and nothing here."""
    other, here = _patterns()
    return bool(other.search(text)) and not here.search(text)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    lines: list[str] = yaml12.load(NAMES.read_text(encoding="utf-8"))
    names = [re.escape(name.strip()) for line in lines for name in line.split(",")]
    place = rf"(?:{'|'.join(sorted(names, key=len, reverse=True))})"
    of_place = rf"{place} (?:city |county |borough |district |metropolitan )*council"
    other = rf"\b(?:{of_place}|lives? (?:over |up |down )?in {place}(?! (?:road|street|avenue|close|lane|house)))\b"
    here = rf"\b(?:{_HERE}|{re.escape(council.load().short_name)})\b"
    return re.compile(other, re.IGNORECASE), re.compile(here, re.IGNORECASE)
