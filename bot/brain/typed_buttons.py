"""A typed 'yes', 'no' or 'next' counts as pressing the button that the last reply offered for it.

An action that asks something says under ``typed`` which payload stands for which word. While a form is open every
message belongs to the form, and nothing is read this way.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional

from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.asked import BadRequest, command
from bot.brain.reread import Understand

TYPED = "typed"

_YES = r"yes|yeah|yep|yup|y|aye|sure|yes please|yeah please|please do|go ahead"
_CHECK = (
    r"(?:(?:yes|yeah|yep|sure|ok|okay|please),? ?)*(?:(?:can|could|would) you )?(?:please )?check "
    r"(?:it|that|this|my case|me|for me)(?: for me)?(?:,? please)?"
)
_WORDS = {
    "yes": re.compile(
        rf"(?:{_YES}|{_CHECK}|ok|okay|correct|right|exactly|that's right|thats right|that is right|"
        r"yes it is|yes that's right|go on)"
    ),
    # Offered below an answer: an 'ok' may only take note of that.
    "check": re.compile(rf"(?:{_YES}|{_CHECK}|(?:ok|okay),? (?:please|do it|go ahead|yes|let's do it))"),
    "no": re.compile(
        r"(?:no|nope|nah|n|not really|wrong|that's wrong|thats wrong|no it isn't|no thats wrong|not right)"
    ),
    "next": re.compile(
        r"(?:(?:yes|ok|okay|and|go on to)?,? ?(?:the )?next(?: one| step| question| please)*|go on|carry on|continue|"
        r"done|done that|i've done that|ive done that|ok,? done)"
    ),
}
_INTENTS = {"affirm": "yes", "deny": "no"}
#: Said at the end of a chat: 'yes thanks, that helped' takes no offer.
_CLOSES = re.compile(
    r"\b(?:helped|helpful|(?:that's|thats|that is|that'll be) (?:all|it|everything|great|perfect|brilliant|lovely)|"
    r"all i (?:need|needed|wanted)|answers (?:it|that|my question)|nothing else|sorted|all good|got it|i see|"
    r"good to know|makes sense|bye|goodbye)\b"
)
#: The same, and no possible answer to 'Is that right?', as 'yes, that's it, thanks' is.
_CLOSES_A_QUESTION = re.compile(r"\b(?:helped|helpful|all i (?:need|needed|wanted)|nothing else|bye|goodbye)\b")
_YES_FIRST = re.compile(r"(?:yes|yeah|yep)\b")
_THANKS = re.compile(r"\b(?:thanks|thank you|thx|ta|cheers)\b")
THANKS = "/thanks"


def meant(text: str, intent: str, typed: Mapping[str, str]) -> Optional[str]:
    """The payload that a typed text stands for; None when it stands for none of those offered.

    A yes or a no with thanks that closes the chat stands for thanks.
    """
    bare = re.sub(r"\s+", " ", text.lower().replace("\u2019", "'")).strip(" .!,")
    for word in ("next", "yes", "check", "no"):
        if word in typed and _WORDS[word].fullmatch(bare):
            return typed[word]
    yes = bool(_YES_FIRST.match(bare))
    closes = bool((_CLOSES_A_QUESTION if yes and "yes" in typed else _CLOSES).search(bare))
    # Below an answer nothing was asked to which 'yes thanks' could say yes.
    if typed and intent in _INTENTS and _THANKS.search(bare) and (closes or (yes and "check" in typed)):
        return THANKS
    if intent == "affirm" and "check" in typed and yes and not closes:
        return typed["check"]
    return typed.get(_INTENTS.get(intent, ""))


def offered(tracker: DialogueStateTracker) -> Mapping[str, str]:
    """What the replies to the last message offer to be typed."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            typed = (event.data.get("custom") or {}).get(TYPED)
            if isinstance(typed, dict):
                return typed
    return {}


def reread(
    text: str, parsed: Dict[str, Any], tracker: DialogueStateTracker, processor: MessageProcessor, _again: Understand
) -> Dict[str, Any]:
    """What the button says that the text stands for, as a reader of ``bot.brain.reread``; else as it is."""
    payload = meant(text, str((parsed.get("intent") or {}).get("name")), offered(tracker))
    if payload is None:
        return parsed
    try:
        pressed = command(payload, processor.domain.intents)
    except BadRequest:
        return parsed
    return {**parsed, **pressed, "text": parsed["text"]}
