"""What a person says that the council itself did wrong or late: only for that it says sorry.

Never for a rule, a decision, or what others did. A wait counts as a delay from two weeks on.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.text.named_effects import SPAN, plain

_ELSEWHERE = re.compile(
    r"\b(?:police|landlord|letting agent|housing association|hmrc|dwp|jobcentre|job centre|universal credit|doctor|gp|"
    r"surgery|nhs|hospital|dentist|bank|water company|gas company|energy|supplier|neighbours?|seller|dvla|royal mail|"
    r"post office|insurance|insurer|employer|boss|builder|solicitor|court|school|company|ex|bt|virgin|amazon)\b"
)
_ASKS_OR_SUPPOSES = re.compile(
    r"(?:\b(?:if|whether|when|unless|have|has|did|do|does|will|would|should|could|can|suppose|hope|ask)\s(?:\w+\s)?)$"
)
_OUR_BIN = r"(?P<thing>bins?|recycling|rubbish|food waste|caddy|garden waste|collection)"
_COLOUR = r"(?:(?:my|our|the|his|her|this) )?(?:(?:\w+) ){0,2}?"
_NOBODY = r"(?:nobody|no one|no-one|noone|not one of you|none of you)"
_CREW = (
    r"(?:you(?: (?:lot|people|guys|council|clowns|idiots|muppets|useless|bloody|stupid)){0,3}|they|the bin ?men|"
    r"bin ?men|the crew|your crew|your men|the (?:bin )?lorry)"
)
_PAPER = r"(?P<thing>form|application|letter|documents?|papers?|payment|file|certificate|cheque|email)"
_LONG = re.compile(r"(?:week|month|year)")


def _missed(found: re.Match[str]) -> str:
    thing = "bin" if found["thing"] in ("bin", "bins", "caddy", "collection") else found["thing"]
    return f"Sorry that we missed your {thing}{' again' if found['again'] else ''}."


def _waited(found: re.Match[str]) -> str | None:
    if not _is_long(found["span"]):
        return None
    thing = found["thing"]
    thing = {"response": "answer", "reply": "answer", "phone call": "call", "callback": "call"}.get(thing, thing)
    article = "an" if thing[0] in "aeiou" else "a"
    return f"Sorry that you have waited {found['span']} for {article} {thing}."


def _is_long(span: str) -> bool:
    """Whether a wait is longer than the two weeks that an answer may take."""
    if re.search(r"month|year", span):
        return True
    count = re.search(r"\d+", span)
    if "week" in span:
        return not re.search(r"(?:\ban?|one|1) week", span)
    return bool("day" in span and count and int(count[0]) >= 14)


#: What is said to have happened, and the apology. None when it is not one that we owe.
_TABLE: tuple[tuple[str, Callable[[re.Match[str]], str | None] | str], ...] = (
    (rf"\b{_CREW}(?:'ve| have| keep| always)? (?:missed|missing|skipped|forgot(?:ten)?|didn't (?:empty|collect|take|"
     rf"pick up)|"
     rf"did not (?:empty|collect|take|pick up)|haven't (?:emptied|collected)|have not (?:emptied|collected)|"
     rf"never (?:emptied|collected))(?: to (?:empty|collect))? {_COLOUR}{_OUR_BIN}\b(?P<again>(?: collection)? again)?",
     _missed),
    (rf"\b(?:waited|waiting|been waiting)(?: for)? (?P<span>{SPAN}) (?:for|to get) (?:an? |any |your |the )?"
     r"(?P<thing>answer|reply|response|decision|letter|phone call|callback|call|refund|repair)\b", _waited),
    (r"\b(?:waited|waiting) (?:for )?(?:an? |any |your |the )?(?P<thing>answer|reply|response|decision|letter|phone "
     r"call|"
     rf"callback|call|refund|repair) (?:for|now) (?P<span>{SPAN})", _waited),
    (rf"\b(?:{_NOBODY}|you)(?: has| have|'s|'ve)?(?: ever| even| bothered to| never| didn't| did not| haven't)? "
     r"(?:rang|rung|ring|called|call|phoned|phone)(?: me| us)? back\b(?<!you called me back)(?<!you rang me back)",
     "Sorry that nobody called you back."),
    (rf"\b{_NOBODY}(?: has|'s)?(?: ever| even| bothered to)? (?:got|come|came|get) back to (?:me|us)\b",
     "Sorry that nobody came back to you."),
    (r"\byou (?:never|didn't|did not|haven't|have not|still haven't) (?:got|gotten|come|get|came) back to (?:me|us)\b",
     "Sorry that nobody came back to you."),
    (rf"\b(?:{_NOBODY}(?: has|'s)?(?: ever| even| bothered to)?|you (?:never|didn't|haven't|have not|still haven't|"
     r"won't even)(?: even| bothered to)?) (?:replied|reply|answered|answer|responded|respond|written back|wrote back)"
     r"(?: to)?(?: me| us| my \w+)?\b", "Sorry that nobody has answered you."),
    (r"\b(?:heard nothing|not heard (?:anything|a thing|back)|haven't heard (?:anything|a thing|back)|"
     r"(?:had |got |still )?no (?:reply|answer|response)) (?:back )?from (?:you|the council|your)\b",
     "Sorry that you have no answer from us yet."),
    (r"\b(?:emailed|wrote to|rang|called|told|contacted|reported it to|complained to|sent) (?:you|the council|it to "
     r"you)\b"
     rf"[^.!?]*\b(?P<span>{SPAN}) ago\b[^.!?]*\b(?:heard nothing|no (?:reply|answer|response)|nothing (?:back|since))",
     lambda found: "Sorry that you have no answer from us yet." if _is_long(found["span"]) else None),
    (rf"\b(?:{_NOBODY} (?:ever )?(?:came|turned up|showed up)|you (?:never|didn't|did not) (?:come|came|turn(?:ed)? up|"
     r"show(?:ed)? up))\b(?! back)", "Sorry that nobody came."),
    (rf"\byou(?:'ve| have| lot)? (?:have )?lost (?:my|our|the) {_PAPER}\b",
     lambda found: f"Sorry that we lost your {found['thing']}."),
    (r"\byou(?:'ve| have)? (?:charged|billed) (?:me|us) (?P<how>twice|too much)\b",
     lambda found: f"Sorry that we charged you {found['how']}."),
    (r"\byou(?:'ve| have)? overcharged (?:me|us)\b", "Sorry that we charged you too much."),
    (r"\byou(?:'ve| have)? (?:sent|posted|addressed) [^.!?]{0,30}\bto the wrong (?P<where>address|person|house)\b",
     lambda found: f"Sorry that we sent it to the wrong {found['where']}."),
    (r"\byou(?:'ve| have)? (?:gave|given|told) (?:me|us) (?:the )?wrong (?:information|thing|date|form|advice)\b",
     "Sorry that we told you something wrong."),
    (r"\byou(?:'ve| have)? (?:got|have|spelt|put) my (?P<thing>name|address|details) wrong\b",
     lambda found: f"Sorry that we have your {found['thing']} wrong."),
    (rf"\b(?:kept|was|were|been|left|sat|sitting)(?: me| us)? on hold (?:for )?(?P<span>{SPAN})",
     lambda found: f"Sorry that you were kept on hold for {found['span']}."),
    (r"\byour (?P<thing>website|web site|site|form|online form|app|phone line)(?:'s| is| has| keeps?| does|)? ?"
     r"(?:not working|isn't working|doesn't work|does not work|down|broken|crash(?:ed|ing|es)?|won't load|n't "
     r"work(?:ing)?)",
     lambda found: f"Sorry that our {found['thing'].replace('web site', 'website')} does not work for you."),
    (r"\byou (?:promised|said you(?:'d| would))[^.!?]*\b(?:but|and) (?:you )?(?:didn't|did not|never did|haven't|"
     r"nothing happened)",
     "Sorry that we did not do what we said."),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), say) for pattern, say in _TABLE]


def apology(text: str) -> str | None:
    """One sentence that says sorry for the council's own error or delay; None when none is named."""
    said = plain(text)
    for pattern, say in _COMPILED:
        for match in pattern.finditer(said):
            start = max(said.rfind(mark, 0, match.start()) for mark in ".!?;\n") + 1
            end = min((place for mark in ".!?;" if (place := said.find(mark, match.end())) >= 0), default=len(said))
            sentence = said[start:end]
            asked = said[end : end + 1] == "?" and re.match(
                r"\s*(?:have|did|has|do|does|why|if|what if|can|will)\b", sentence
            )
            if asked or _ASKS_OR_SUPPOSES.search(said[: match.start()]) or _ELSEWHERE.search(sentence):
                continue
            found = say if isinstance(say, str) else say(match)
            if found:
                return found
    return None
