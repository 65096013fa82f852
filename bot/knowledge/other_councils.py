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
    r"issued|arrived|work(?:s|ed|ing)? for|landlord|tenants?|your|my (?:house|home|flat|street|road)|"
    r"our (?:house|home|flat|street|road)"
)
_I = re.compile(r"\b(?:i|i'm|im|i've|me|my|we|we're|us|our)\b", re.IGNORECASE)
_STREETS = "road|street|avenue|close|lane|house|court|gardens?|drive|terrace|way|crescent|place|park|grove|square|walk"
#: Names that are words of everyday as well: only with a capital.
_WORDS = frozenset({"Bath", "Bury", "Reading"})


def about_another(text: str) -> bool:
    """Whether the text names the council of another place, or somebody who lives there, and nothing here.

    Whoever tells of another who lives there and of themselves may well ask for themselves.
    """
    council_of, _lives, here = _patterns()
    return not here.search(text) and (bool(council_of.search(text)) or lives_elsewhere(text))


def lives_elsewhere(text: str) -> bool:
    """Whether the text tells of somebody who lives at another place, and nothing of here: all in it is for that one."""
    _council_of, lives, here = _patterns()
    found = None if here.search(text) else lives.search(text)
    return bool(found and (_I.fullmatch(found["who"]) or not _I.search(text[: found.start()] + text[found.end() :])))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    lines: list[str] = yaml12.load(NAMES.read_text(encoding="utf-8"))
    names = sorted((name.strip() for line in lines for name in line.split(",")), key=len, reverse=True)
    place = "|".join(f"(?-i:{name})" if name in _WORDS else re.escape(name) for name in names)
    place = rf"\b(?:{place})(?:[ -](?:and|&|upon|on|in)[ -][a-z]+)?(?:'s)?\b"
    kinds = "(?:city|county|borough|district|metropolitan)"
    council_of = rf"{place} (?:{kinds} )*council\b|\bborough of {place}"
    who = r"\b(?:(?:my|our|his|her|their|the) )?(?P<who>[a-z']+)"
    lives = rf"{who} lives? (?:over |up |down )?in {place}(?! (?:{_STREETS})\b)"
    here = rf"\b(?:{_HERE}|{re.escape(council.load().short_name)})\b"
    return re.compile(council_of, re.I), re.compile(lives, re.I), re.compile(here, re.I)
