"""Effects that a person names in their message, said back once in their own terms: 'You have waited six weeks.'

Each pattern is a small grammar with a closed list of things, relatives and spans of time, so that nothing is said back
that was not said. What is named must be a consequence for the person: 'I have two children' is none. Feelings are never
claimed, neither theirs nor ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """One effect: its kind, and the sentence that names it."""

    kind: str
    sentence: str


_NUMBER = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|"
    r"thirty|(?:a )?couple of|a few|several|many)"
)
#: A span of time as people write it, such as 'over six weeks'.
SPAN = rf"(?:(?:over|more than|nearly|almost|about|at least) )?{_NUMBER}(?: and a half)? (?:hour|day|week|month|year)s?"
_RELATIVE = (
    r"(?:mum|mother|dad|father|nan|gran|grandad|grandma|grandmother|grandfather|wife|husband|partner|son|daughter|"
    r"sister|brother|aunt|uncle|baby|toddler|little one|kids?|children|child|boy|girl|parents)"
)
_DONE = {"ring": "rung", "rang": "rung", "rung": "rung", "call": "called", "phone": "called", "email": "emailed",
         "e-mail": "emailed", "write": "written to", "wrote": "written to", "written": "written to",
         "report": "reported it to", "told": "told", "tell": "told", "ask": "asked", "contact": "contacted",
         "complain": "complained to"}  # fmt: skip
_TIMES = (
    r"(?:twice|(?:over |about |at least )?(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|several|many|"
    r"umpteen|loads of|a dozen|countless) times|again and again|over and over)"
)
_WITHOUT = {
    r"(?:an? )?(?:bin |rubbish )?collection": "a bin collection",
    r"(?:any )?heating": "heating",
    r"(?:any )?hot water": "hot water",
    r"(?:a )?working (?:boiler|toilet|shower)": None,
    r"electric(?:ity)?|power": "power",
    r"(?:a |any )?(?:street ?light|lights?)": "light",
    r"(?:a |any )?lift": "the lift",
}
_CONDITION = (
    r"(?:asthma|copd|arthritis|eczema|chest|breathing|blood pressure|anxiety|depression|migraines?|back|knees?|hips?|"
    r"legs?|heart|health)"
)
_LEFT_OUT = re.compile(r"\b(did|does|do|have|has|had|was|were|is|are|could|would|wo|ca)nt\b")
_NOT = re.compile(
    r"(?:\b(?:not|never|no longer|isn't|aren't|don't|doesn't|didn't|haven't|hasn't|if|unless)\b[^.!?;]{0,20})$"
)


def _waited(found: re.Match[str]) -> str:
    return f"You have waited {found['span']}."


def _contact(found: re.Match[str]) -> str:
    verb = next(done for start, done in _DONE.items() if found["verb"].startswith(start))
    return f"You have {verb} us {found['times']}."


def _without(found: re.Match[str]) -> str:
    said = found["thing"]
    shown = next(name for pattern, name in _WITHOUT.items() if re.fullmatch(pattern, said))
    return f"You have been without {shown or said} for {found['span']}."


def _asleep(found: re.Match[str]) -> str:
    who = found["who"]
    return "It keeps you awake." if who in ("me", "us") else f"It keeps your {who.split(' ', 1)[1]} awake."


def _suffers(found: re.Match[str]) -> str:
    who = found["who"]
    state = found["state"].replace("poorly", "ill").replace("sick", "ill")
    if who in ("i", "we"):
        return f"You are {state}."
    owner, name = who.split(" ", 1)
    verb = "are" if name.endswith("s") or name == "children" else "is"
    return f"{'The' if owner == 'the' else 'Your'} {name} {verb} {state}."


def _makes_ill(found: re.Match[str]) -> str:
    who = found["who"]
    return "It makes you ill." if who in ("me", "us") else f"It makes your {who.split(' ', 1)[1]} ill."


def _worse(found: re.Match[str]) -> str:
    owner = "Your" if found["owner"] in ("my", "our") else f"Your {found['owner'].split(' ', 1)[1]}"
    return f"{owner} {found['what']} gets worse from it."


_WHO = rf"(?P<who>me|us|(?:my|our|the) {_RELATIVE})"
_I = r"(?:i|we)"
_HAVE = r"(?:'ve| have|'m| am|'re| are)?(?: been)?(?: now)?(?: already)?"

#: In the order of what weighs more; the first of each kind that fits is taken.
_TABLE: tuple[tuple[str, str, Callable[[re.Match[str]], str] | str], ...] = (
    ("time", rf"\b{_I}{_HAVE} (?:waited|waiting)(?: for)? (?P<span>{SPAN})", _waited),
    ("time", rf"\bwaiting (?:for )?(?P<span>{SPAN})", _waited),
    ("time", rf"\b(?P<span>{SPAN}) (?:now )?without (?P<thing>{'|'.join(_WITHOUT)})\b", _without),
    ("time", rf"\b(?:without|no|had no) (?P<thing>{'|'.join(_WITHOUT)}) (?:for|in) (?P<span>{SPAN})", _without),
    ("time", rf"\bbins? (?:have|has|had)(?:n't| not) been (?:emptied|collected|picked up) (?:for|in) (?P<span>{SPAN})",
     lambda found: f"Your bin has not been emptied for {found['span']}."),
    ("contact", rf"(?:^|[.,;!?] |\band |\b{_I}(?:'ve| have)? )(?:already |now )?(?P<verb>r[aiu]ng|called|phoned|"
                rf"e-?mailed|wrote|written|"
                rf"reported|told|asked|contacted|complained)(?: to)?(?: (?:you|it|this|them|the council|about (?:it|"
                rf"this)|"
                rf"to you|in)){{0,3}} (?P<times>{_TIMES})", _contact),
    ("contact", r"\bthis is (?:now )?(?:the |my )?(?P<nth>second|third|fourth|fifth|sixth|tenth|umpteenth) time "
                r"(?:that )?"
                r"(?:i|we|i'm|we're|i've|we've)\b", lambda found: f"This is the {found['nth']} time that you ask."),
    ("sleep", rf"\bke(?:eps?|pt|eping) {_WHO} (?:up|awake)\b", _asleep),
    ("sleep", rf"\b{_I} (?:can't|cannot|can not|couldn't|haven't|have not|never)(?: get (?:any|to))? sle(?:ep|pt)\b",
     "You cannot sleep."),
    ("family", rf"\b(?P<who>(?:my|our) {_RELATIVE}|the (?:kids|children)) (?:is|are|'s|was|were|keeps?|has been|"
               rf"have been) "
               r"(?P<state>freezing|cold|ill|sick|poorly|hungry|scared|afraid|coughing)\b", _suffers),
    ("family", r"\bsingle (?P<who>mum|mother|dad|father|parent)\b",
     lambda found: f"You are on your own as a {found['who']}."),
    ("family", rf"\b(?:i|we)(?:'ve| have)? (?:just )?lost (?:my|our) (?P<who>{_RELATIVE})\b",
     lambda found: f"You have lost your {found['who']}."),
    ("family", rf"\b(?:my|our) (?P<who>{_RELATIVE}) (?:has |have )?(?:just )?(?:died|passed away|passed)\b",
     lambda found: f"You have lost your {found['who']}."),
    ("family", r"\bmy (?P<who>husband|wife|partner|boyfriend|girlfriend)(?:'s| has| have)?(?: just)? "
               r"(?:left(?= (?:me|us)\b|[.,;!?]|$| and\b| so\b)|walked out|moved out)(?! for dead)",
     lambda found: f"Your {found['who']} has left."),
    ("health", rf"\bmak(?:es?|ing) {_WHO} (?:ill|sick|poorly|unwell)\b", _makes_ill),
    ("health", rf"\b(?P<owner>my|our|(?:my|our) {_RELATIVE})(?:'s|s)? (?P<what>{_CONDITION}) "
               r"(?:is |are |gets? |got |has got |is getting |getting )?(?:much |even |so much )?worse\b", _worse),
    ("health", rf"\b(?:with|because of) my bad (?P<what>{_CONDITION})\b",
     lambda found: f"Your bad {found['what']} makes this harder."),
    ("health", rf"\b{_I} (?:can't|cannot|can not|can barely|can hardly) (?P<what>walk far|walk|breathe|stand|"
               r"get up the stairs|climb stairs|lift (?:it|them)|carry (?:it|them|shopping))\b",
     lambda found: f"It is hard for you to {found['what']}."),
    ("work", rf"\b{_I}(?:'ve| have)? (?:just )?lost (?:my|our) job\b", "You have lost your job."),
    ("work", rf"\b{_I} (?:got|was|were|have been|'ve been) (?:just )?made redundant\b", "You have lost your job."),
    ("work", rf"\b{_I} (?:need|use) (?:my|the|our) (?P<what>car|van) (?:for|to get to|to go to) (?:my )?work\b",
     lambda found: f"You need the {found['what']} for work."),
    ("work", r"\b(?:late for|miss(?:ed|ing)?|can't get to|cant get to|cannot get to) "
             r"work\b", "It gets in the way of your work."),
    ("work", rf"\b{_I}(?:'ve| have)? (?:had to )?(?:took|take|taken) (?:a day|days|time) off(?: work)?\b",
     "You have taken time off for this."),
    ("work", rf"\b{_I} work (?P<what>nights|shifts|two jobs)\b", lambda found: f"You work {found['what']}."),
    ("money", rf"(?:\b{_I}|\band|,) (?:really |just |simply )?(?:can't|cannot|can not) (?:afford|pay|keep up with)\b",
     "You cannot pay that at the moment."),
    ("money", rf"\b{_I}(?:'ve| have)?(?: got)? no money\b|\b(?:i'm|im|i am|we're|we are) (?:skint|broke|struggling "
              rf"for money)\b",
     "Money is short at the moment."),
    ("money", rf"\b{_I}(?:'m|'re| am| are)? struggl(?:e|ing) to (?:pay|make ends meet|get "
              rf"by)\b", "Money is short at the moment."),
    ("safety", r"\b(?:someone|somebody|a child|a kid|a cyclist|an old person)(?:'s| is| will|'ll| could| might| may)? "
               r"(?:going to |gonna )?(?:get |be )(?:seriously |badly )?(?:hurt|killed|injured|run over|knocked)",
     "Someone could get hurt there."),
    ("safety", r"\baccident waiting to happen\b", "Someone could get hurt there."),
    ("safety", rf"\b{_I} (?:tripped|fell|slipped)\b", "You fell there."),
    ("safety", rf"\b{_I}(?:'m|'re| am| are)? (?:too )?(?:scared|afraid|frightened) to (?P<what>go out|leave the "
               rf"house|walk there|walk home)\b",
     lambda found: f"You said that you are afraid to {found['what']}."),
    ("mess", r"\b(?:rubbish|waste|bags?|bins?|it)(?:'s| is| are| keeps?)? (?:all )?(?:piling|piled|pile) "
             r"up\b", "The rubbish is piling up."),
    ("mess", r"\b(?:bins?|it) (?:is |are |'s )?(?:now )?overflowing\b", "The bin is overflowing."),
    ("mess", r"\b(?:rubbish|bins?|bags?|food|waste|it) (?:really |now )?(?:stinks?|reeks?|"
             r"smells?)\b", "The rubbish smells."),
)  # fmt: skip
_COMPILED = [(kind, re.compile(pattern), say) for kind, pattern, say in _TABLE]


def plain(text: str) -> str:
    """The text in small letters with one kind of apostrophe, put in where it is often left out, and single spaces."""
    small = re.sub(r"\s+", " ", text.casefold().replace("\u2019", "'").replace("\u2018", "'").replace("\u00b4", "'"))
    return _LEFT_OUT.sub(r"\1n't", re.sub(r"\b(i|you|we|they)(ve|m)\b", r"\1'\2", small))


def named(text: str) -> list[Effect]:
    """The effects that the text names, at most one of each kind, in the order in which they stand there."""
    said, found = plain(text), dict[str, tuple[int, Effect]]()
    for kind, pattern, say in _COMPILED:
        if kind in found:
            continue
        for match in pattern.finditer(said):
            if _NOT.search(said[: match.start()]):
                continue
            sentence = say if isinstance(say, str) else say(match)
            found[kind] = (match.start(), Effect(kind, sentence))
            break
    return [effect for _, effect in sorted(found.values(), key=lambda one: one[0])]
