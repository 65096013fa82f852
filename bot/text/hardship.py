"""Hardship that sounds like danger: cold and hungry children at home, a partner who left, bailiffs, no money.

Families without heating write of it beside their council tax. Examples of children at risk are near in meaning, so
the understanding hears danger. Each pattern is a small grammar for one whole clause with nothing else in it; whatever
stands around it is judged by itself (``bot/brain/hardship.py``). Of a clause about a person that person stays, so that
words after it ('the kids are cold and he locks them out') still speak of somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ONE_SIGN = str.maketrans("\u2018\u2019`\u00b4", "''''")
#: No babies: a cold one needs a doctor.
_KIDS = (
    r"(?:my|our|the)(?: (?:own|poor|little|young|older|two|three|four|five|\d))* "
    r"(?:kids?|child|children|sons?|daughters?|boys?|girls?|twins|little ones|family)"
)
_PARTNER = r"my (?:husband|wife|partner|boyfriend|girlfriend|hubby|fella|other half|kids'? dad|kids'? mum)"
_I = r"(?:i|we)"
_HAVE = r"(?:'?ve| have)?(?: got)?"
_SO = (
    r"(?:(?:so|really|very|just|also|all|both|now|absolutely|still|too|already|constantly|getting|going|"
    r"have been) ){0,4}"
)
_CANT = r"(?:can'?t|cannot|can not|couldn'?t|can barely|can hardly)"
_HOME = (
    r"(?:in (?:the|our|his|her|their) (?:house|flat|home|bedrooms?|rooms?|beds?)|at home|in here|in bed|"
    r"at night|in the (?:evenings?|mornings?|winter))"
)
_LACKED = r"(?:heating|electric|electricity|power|hot water|money|food|savings|wages)"
_WHEN = (
    r"(?: (?:at the moment|right now|now|anymore|any more|this (?:week|month|winter)|until \w+|till \w+|"
    r"by the end of the (?:week|month)|again))?"
)
_THINGS = (
    r"(?:my|our|the|all my|all our|all the) (?:car|van|things|stuff|furniture|belongings|tv|telly|sofa|washing machine)"
)
_TIME = (
    r"(?: (?:last|in|this|\w+|a few|a couple of) (?:night|week|month|year|weeks|months|years|[a-z]+ember|"
    r"[a-z]+uary|[a-z]+ober)(?: ago)?)?"
)
_WORDLESS = r"don'?t know (?:what to do|where to start|where to turn|who to ask|how to pay)"
_STATE = r"(?:cold|freezing|chilly|hungry|going without)"
_TAKE = rf"(?:to )?(?:take|seize|remove) {_THINGS}"

_CLAUSES = (
    rf"(?P<kept>{_KIDS}|they|we)(?: |(?='))(?:are|is|'?re|r|were|have been|get|go|keep getting) {_SO}"
    rf"{_STATE}(?:(?:,| and) {_STATE})*(?: {_HOME})*(?: (?:because of|from|with) (?:the |all the )?"
    rf"(?:damp|mould|cold))?{_WHEN}",
    rf"(?P<kept>{_PARTNER})(?: has| have| had|'s|s)?(?: just| recently| finally)? "
    rf"(?:left|(?:gone|walked out|moved out|upped)(?: and left)?)(?: home)?(?: on)?(?: me| us)?(?: (?:with|"
    rf"to deal with) "
    rf"(?:nothing|no money|(?:the |all |his |her |council tax |rent )*(?:debts?|bills?|rent|arrears|"
    rf"mortgage)))?{_TIME}",
    rf"{_I}{_HAVE} no {_LACKED}(?: (?:for|to buy) (?:food|heating|the bills?|anything))?"
    rf"(?: (?:for|to feed) (?P<kept>{_KIDS}))?(?: {_HOME})*{_WHEN}",
    rf"{_I} {_CANT} (?:afford to |afford )?(?:even )?(?:feed|clothe) (?P<kept>{_KIDS}){_WHEN}",
    rf"{_I}(?: {_CANT}(?: afford)?(?: to)?(?: even)?|'?ve not|'?ve? haven'?t| haven'?t| have not| don'?t)"
    rf"(?: been able to(?: afford)?(?: to)?)? (?:put|turn|have|had|"
    rf"switch)(?: on)? the heating(?: on)?(?: {_HOME})*{_WHEN}",
    rf"{_I} {_CANT} (?:really )?keep up(?: with (?:it|them|this|that|(?:the |my |our )?(?:payments?|bills?|rent|"
    rf"council tax(?: bill| payments)?|instalments?|mortgage)))?{_WHEN}",
    rf"{_I} {_CANT} afford (?:the |any )?(?:heating|food|to eat|to heat (?:the|our|my) (?:house|flat|home)|"
    rf"gas|electric)"
    rf"(?: and (?:food|heating))?{_WHEN}",
    rf"(?:the |our |my )(?:house|flat|home|bedrooms?|place) (?:is|are) {_SO}(?:cold|freezing|damp)(?: {_HOME})*",
    rf"(?:it is|it'?s) {_SO}(?:cold|freezing) {_HOME}",
    rf"(?:the )?(?:bailiffs?|enforcement agents?|they)(?:'?re| are| is|'?ll| will|'?s|s)?"
    rf"(?: (?:threatening|going|coming|gonna|saying))*(?: they(?:'?ll| will))?"
    rf"(?: (?:come|to come|coming|visit))?(?: round| back| to my (?:house|home|door)| to the (?:house|door))?(?: and)?"
    rf"(?: {_TAKE})",
    r"(?:the )?(?:bailiffs?|enforcement agents?) (?:are|is|keep|will) (?:threatening(?: to come)?|coming|"
    r"knocking|ringing)"
    r"(?: round| back| again| to (?:my|our|the) (?:house|home|flat|door))*",
    rf"(?:{_I} (?:am|are)|i'?m|we'?re) {_SO}(?:scared|afraid|frightened|terrified|worried|anxious)"
    rf" (?:of|about|that|in case)? ?(?:the )?(?:bailiffs?|losing {_THINGS}|(?:they|bailiffs)(?:'?ll| will|"
    rf"'?re| are going to|"
    rf" might|'?d)? {_TAKE})",
    rf"(?:by the time|once|after) (?:the )?(?:rent|bills?)(?: and (?:rent|bills))? (?:is|are|has|have)(?: been)? "
    rf"(?:out|paid|gone|taken)(?: out)?,? (?:there is|there'?s|{_I}{_HAVE}) (?:nothing|no money|"
    rf"very little|hardly anything) left",
    rf"(?:{_I} (?:am|are|have been)|i'?m|we'?re|i'?ve been)(?: trying to| just)? (?:manag|cop|struggl)(?:e|ing)"
    r" (?:on my own|alone|by myself)(?: with (?:my |the |\w+ )*(?:kids|children))?",
)  # fmt: skip
_SIGNS = r"[.!?;:\n()\u2013\u2014]"
#: What people say beside these; of itself it is no hardship.
_BESIDE = (
    rf"(?:(?:{_I} (?:am|are)|i'?m|we'?re) {_SO}(?:worried|"
    rf"stressed)(?: sick)?(?:,? (?:that )?{_I} (?:just )?{_WORDLESS})?"
    rf"|(?:{_I} )?(?:just |really )*{_WORDLESS})(?: anymore| any more| now)?"
)
_AND = r"(?:and|but|because|so|as|cos|since|now|then|plus|while|also|that|well|hi|hello|sorry|saying)"
#: How a clause begins that is no more of the one before, which 'the kids are cold and alone' is; the first also without
#: a comma or a word before it, where 'has left the kids' would go on.
_NEW_AT_ONCE = (
    r"(?:i|i'?m|i'?ve|i'?d|we'?re|we'?ve|please|pls|can|could|would|what|how|when|where|who|do|does|is there|help)"
)
_NEW = (
    rf"(?:{_NEW_AT_ONCE}|i'?ll|we|we'?ll|my|our|the|it|it'?s|there|there'?s|will|is|are|am|did|need|bailiffs?|rent|an?|"
    r"this|that|you|your|he|he'?s|she|she'?s|they|they'?re|his|her|nobody|nothing|everything|council)"
)
_STARTS = (
    rf"(?:^\W*|(?:{_SIGNS}|,|\s[-]\s)\s*(?:{_AND},? ){{0,3}}|\b(?:{_AND},? ){{1,3}}"
    rf"|(?<!if )\b(?=(?:{_I}|i'?m|i'?ve)\b))"
)
_ENDS = (
    rf"(?=\s*(?:$|[.!?;:)\u2013\u2014\n]|\s+{_NEW_AT_ONCE}\b|(?:,\s*(?:{_AND},?\s+){{0,3}}|\s+-\s+|"
    rf"\s+(?:{_AND},?\s+){{1,3}}){_NEW}\b))"
)
_PATTERNS = tuple(re.compile(rf"{_STARTS}(?P<said>{one}){_ENDS}", re.IGNORECASE) for one in (*_CLAUSES, _BESIDE))


def clauses(text: str) -> list[tuple[str, str]]:
    """Each clause of hardship as it stands in the text, and the person in it, or nothing, that stays of it."""
    return [(text[start:end], kept) for start, end, kept in sorted(set(_found(text)))]


def softened(text: str) -> str:
    """The text without its clauses of hardship, of which only the persons stay."""
    for start, end, kept in sorted(set(_found(text)), reverse=True):
        text = text[:start] + kept + text[end:]
    return text


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    taken: set[int] = set()
    said = text.translate(_ONE_SIGN)  # as long as before
    for pattern in _PATTERNS:
        if not taken and pattern is _PATTERNS[-1]:
            return
        for match in pattern.finditer(said):
            start, end = match.span("said")
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                yield start, end, match.groupdict().get("kept") or ""
