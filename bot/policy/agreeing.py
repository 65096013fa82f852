"""Whether a text says yes to the facts that were read back: a plain yes, or one of the ways to say 'go on'."""

from __future__ import annotations

import re

from bot.policy.parse import normal, yes_or_no

_GO_ON = (
    r"(?:ok|okay|fine|alright|all right|go ahead|go on|go for it|please do|do it|sounds (?:good|right|fine|ok|okay)|"
    r"(?:that's|thats|that is|this is|it's|it is) (?:ok|okay|good|alright|all right)|that works|happy with that|"
    r"i confirm|confirmed|confirm|i agree|agreed|yes|yep|yeah|sure)"
)
_AGREES = re.compile(
    rf"{_GO_ON}(?:(?:[,.;!]+ ?| )(?:and |then |so )?{_GO_ON})*"
    r"(?:,? (?:please|then|thanks|thank you|cheers|mate|with (?:it|that)))*"
)


def agrees(text: str) -> bool | None:
    """True for a yes to what was read back, False for a no, None for all else: 'ok, but the height is wrong'.

    Only for the answer to the read-back: 'ok' to another question is not a yes.
    """
    said = yes_or_no(text)
    if said is not None:
        return said
    return True if _AGREES.fullmatch(normal(text)) else None
