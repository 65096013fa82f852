"""Short remarks about the answer that stands there: 'how much is it?', 'say that again', 'explain it simply'.

The understanding knows more wordings (data/nlu/soft.yml). These are so short that alone they mean nothing, so a
classifier of topics guesses at them; after an answer their meaning is plain.
"""

from __future__ import annotations

import re

from bot.text.named_effects import plain

_LEAD = r"(?:(?:and|so|but|ok|okay|right|sorry|um|well|thanks|please|hi),? )*"
_IT = r"(?:it|that|this|they|these|those)"
_TAIL = r"(?: then| please| usually| normally| roughly| about| mate| now)*"
_PATTERNS = {
    "how_long": rf"how (?:long|quick|quickly|soon)(?: (?:does|will|would|do|is|can) (?:{_IT}|i|you)(?: (?:take|be|"
                rf"last|wait|have to wait|"
    rf"hear|be done|be sorted))?)?|when will (?:{_IT} be (?:done|sorted|ready)|i hear(?: back)?)|how many (?:days|"
    rf"weeks|months)(?: is {_IT})?|"
    rf"how long (?:till|until) (?:i hear(?: back)?|{_IT}(?:'s| is) (?:done|sorted|ready))|is {_IT} quick|what(?:'s| "
    rf"is) the (?:timescale|wait|waiting time)",
    "cost": rf"how much(?: (?:does|will|would|is|do) (?:{_IT}|i)(?: (?:cost|be|pay|have to pay|come to))?(?: me)?)?|"
            rf"is {_IT} free|is there a (?:charge|fee|cost)|"
    rf"what does {_IT} cost(?: me)?|what(?:'s| is) the (?:cost|price|fee|charge)|(?:the )?(?:cost|price)|do i have "
    rf"to pay(?: for {_IT})?|does {_IT} cost(?: anything| money)?",
    "have_ready": rf"what (?:do|will|would|should) i need(?: (?:for {_IT}|to have|to have ready|to bring|ready|to "
                  rf"do {_IT}))?|what (?:documents|papers|proof|information|details) do i need(?: for {_IT})?|"
    r"do i need (?:anything|to bring anything|any documents|any papers)|what do you need(?: from me)?|what should i "
    r"have ready",
    "simpler": rf"(?:can you |could you )?explain (?:{_IT} )?(?:more )?(?:simply|simple|easier)|i (?:don't|do not|"
               rf"didn't|cannot|can't) (?:really |quite )?(?:understand|get)(?: {_IT})?|don't (?:understand|get it)|"
    r"(?:in )?simple(?:r)?(?: words| english| terms)?|(?:in )?plain english|too (?:long|complicated|many words)|"
    r"what does (?:that|this|it) mean|shorter|in short|tldr|make it simple(?:r)?|easier words",
    "steps": r"step by step|one step at a time|(?:the )?(?:first|next) step|walk me through (?:it|that|this)|what "
             r"do i do first|what first|and then|what next|then what|what now",
    "again": r"(?:can|could) you (?:say|repeat) (?:that|it)(?: again)?|say (?:that|it) again|say again|repeat(?: "
             r"that| it)?|what|pardon|sorry|come again|eh|huh|again|once more|i missed that|what did you say|i beg "
             r"your pardon",
    "next": r"(?:the )?next(?: one| question| thing| matter)?|(?:what about|and) (?:my|the) other (?:question|thing|"
            r"matter|one)s?|go on|carry on|continue",
}  # fmt: skip
_COMPILED = {name: re.compile(rf"{_LEAD}(?:{pattern}){_TAIL}") for name, pattern in _PATTERNS.items()}


def follow_up(text: str) -> str | None:
    """What a short remark asks about the last answer, by the names above; None when it is no such remark."""
    bare = re.sub(r"[\s?!.,]+$", "", plain(text))
    return next((name for name, pattern in _COMPILED.items() if pattern.fullmatch(bare)), None)
