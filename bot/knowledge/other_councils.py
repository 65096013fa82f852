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
    r"issued|arrived|work(?:s|ed|ing)? for|landlord|tenants?|your|(?:my|our) (?:house|home|flat|road|"
    r"street(?! ?lights?))"
)
_I = re.compile(r"\b(?:i|i'm|im|i've|me|my|we|we're|us|our)\b", re.IGNORECASE)
_STREETS = "road|street|avenue|close|lane|house|court|gardens?|drive|terrace|way|crescent|place|park|grove|square|walk"
#: Before a place these are its council's: 'my bin at Salford', 'the street lights in Leeds'.
_THINGS = (
    r"bins?|recycling|rubbish|collections?|council tax|bills?|(?:street|road) ?lights?|lamp ?posts?|"
    r"potholes?|pavements?|"
    r"parking (?:permits?|tickets?|fines?)|permits?|blue badge|planning|benefits?|council (?:house|flat|"
    r"home)|councillors?|"
    r"council|registrars?|allotments?"
)
#: What carries the name of a place beside streets: 'the bins at Lincoln Mews'.
_NAMED = (
    r"mews|row|view|hill|rise|green|heights|towers?|buildings?|flats|estate|school|academy|college|"
    r"primary|hospital|station|"
    r"library|hall|centre|bridge|fields?|common|market|pub|arms|hotel|roundabout|lodge|villas?|cottages?|"
    r"parade|yard|wharf|"
    r"cemetery|church|quarter|gate|end|meadows?|woods?|playground|surgery|clinic|st|rd|ave|way|ln|cl|dr"
)
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
    not_named = rf"(?! (?:{_STREETS}|{_NAMED})\b)"
    things = rf"\b(?:{_THINGS}) (?:\w+ )?(?:at|in|for|over in|up in|down in) {place}{not_named}"
    mine = rf"\bmy council (?:is|was) {place}|{place} is my council\b"
    council_of = rf"{council_of}|{things}|{mine}"
    here = rf"\b(?:{_HERE}|{re.escape(council.load().short_name)})\b"
    return re.compile(council_of, re.I), re.compile(lives, re.I), re.compile(here, re.I)
