"""Cuts a message into the parts that may each be a matter of their own."""

from __future__ import annotations

import re
from typing import FrozenSet, Iterator, List, NamedTuple, Tuple

# The point of 2.1 is none. No sign fits two of these: of a long row of dots every way to share it out would be tried.
_STOP = r"(?:[!?;\n]|\.(?!\d)|(?<!\d)\.(?=\d))+"
_STOPS = re.compile(
    rf"(?:^|{_STOP})\s*(?P<item>(?:\d[.)]|[-*\u2022])\s+)|{_STOP}\s*|\s+[-\u2013\u2014]\s+"
    r"|\s(?P<inline>(?:\d[.)]|[*\u2022])\s+)"
)
_BLANK = re.compile(r"\s+")  # a long one would be looked at from each of its places
#: A number that may be an item's: '1.' or '2)'.
_NUMBER = re.compile(r"(?<!\S)(\d)[.)](?=\s)")
_LINKS = re.compile(
    r",?\s+(?:and|plus|also|then|but)(?:\s+(?:also|then|secondly|separately|finally|lastly|another thing(?: "
    r"is)?))*,?\s+"
    r"|,\s+(?:as well as\s+)?|\s+as well as\s+|\s*&\s*",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"^(?:hi|hello|hey|please|thanks|thank you|cheers|also|ok|well|so|two things|three things|a few things|firstly|"
    r"secondly|first|lastly|finally)[\s,:]+",
    re.IGNORECASE,
)

#: How a sentence begins that goes on with something; 'second' alone may be a second bin.
_ANOTHER = re.compile(
    r"(?:(?:and|also|plus|secondly|separately|finally|another thing(?: is)?|(?:just )?one (?:more|last) thing|"
    r"by the way|btw)(?:[\s,:]+|$)|second(?:[,:]\s*|$))+",
    re.IGNORECASE,
)
#: What says by itself that something else follows.
_ADDS = re.compile(
    r"also|plus|as well as|second|separately|finally|another|more thing|last thing|by the way|btw", re.IGNORECASE
)

#: A part that leans on another one: it tells more about the same matter.
_LEANS = re.compile(
    r"^(?:it|its|it's|they|they're|them|this|that|that's|he|she|he's|she's|which|because|so|if)\b"
    r"|^when\b(?! (?:is|are|do|does|can|could|will|would)\b(?! (?:it|they|he|she|this|that)\b))"
    r"|(?<!after )(?<!before )(?<!beside )(?<!near )(?<!to )\b(?:it|them|this|that)$",
    re.IGNORECASE,
)
#: The same, unless it opens the message: 'got a ticket' begins a story there, and goes on with one elsewhere.
_GOES_ON = re.compile(r"^(?:came|went|got|was|were|had|has|have)\b", re.IGNORECASE)

_FEWEST_OF_A_REQUEST = 3  # words
#: A part that asks for something, whatever it is.
_REQUEST = re.compile(
    r"^(?:(?:please|pls|just)\s+)?(?:i (?:also )?(?:want|need|wish)|i(?:'d| would) (?:also )?like|id like|"
    r"need|want|tell me|"
    r"what|what's|whats|when|where|who|who's|whos|why|how|which|do|does|did|is|are|can|could|may|will|would|should|"
    r"report|renew|apply|book|pay|replace|cancel|change|get|find out|ask|sort|object|appeal|complain|register|order|"
    r"check)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2


class Part(NamedTuple):
    """A part of a message, without the words that only lead to it."""

    text: str
    link: str
    """'and', 'also', 'by the way' and the like before it; empty after a comma or the end of a sentence."""
    listed: bool = False
    """Whether it is an item of a list with numbers or dots."""

    @property
    def is_something(self) -> bool:
        """Whether it can be a matter: a word alone can only where it is an item of a list."""
        return self.listed or len(self.text.split()) >= _FEWEST_WORDS

    @property
    def asks(self) -> bool:
        """Whether it asks for something."""
        return self.listed or (len(self.text.split()) >= _FEWEST_OF_A_REQUEST and bool(_REQUEST.search(self.text)))

    @property
    def adds(self) -> bool:
        """Whether the words before it say that it is something else."""
        return bool(_ADDS.search(self.link))

    def leans(self, opens: bool) -> bool:
        """Whether it is nothing without the part before it. ``opens``: it is the first of the message."""
        return bool(_LEANS.search(self.text)) or (not opens and bool(_GOES_ON.search(self.text)))


def cut(text: str) -> List[Part]:
    """The message cut at ends of sentences and at 'and', commas and the like."""
    found: List[Part] = []
    carried = ""  # 'By the way' as a sentence of its own
    for sentence, listed in _sentences(text):
        another = _ANOTHER.match(sentence)
        start, link = (another.end(), another.group().strip(" ,:")) if another else (0, "")
        link = link or carried
        carried = link if start == len(sentence) else ""
        for found_link in [*_LINKS.finditer(sentence, start), None]:
            bare = _EMPTY.sub("", sentence[start : found_link.start() if found_link else None].strip(" ,:"))
            if bare:
                found.append(Part(bare, link, listed))
            if found_link:
                start, link = found_link.end(), found_link.group().strip(" ,")
    return found


def _sentences(text: str) -> Iterator[Tuple[str, bool]]:
    """Each sentence or item, and whether it is an item of a list."""
    text = _BLANK.sub(lambda found: "\n" if "\n" in found[0] else " ", text)
    counted = _counted(text)
    start, listed = 0, False
    stop = _STOPS.search(text)
    while stop:
        number = stop.start("inline")
        if number >= 0 and text[number].isdigit() and number not in counted:  # 'at number 4. He'
            stop = _STOPS.search(text, number)
            continue
        yield text[start : stop.start()].strip(), listed
        start, listed = stop.end(), bool(stop["item"] or stop["inline"])
        stop = _STOPS.search(text, start)
    yield text[start:].strip(), listed


def _counted(text: str) -> FrozenSet[int]:
    """Where the numbers stand that count on from 1, so that they number the items of a list; none without a 2."""
    places: List[int] = []
    for found in _NUMBER.finditer(text):
        if int(found[1]) == len(places) + 1:
            places.append(found.start())
        elif int(found[1]) == 1 and len(places) == 1:
            places = [found.start()]
    return frozenset(places if len(places) > 1 else ())
