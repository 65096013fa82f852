"""Whether what stands behind a 'yes' goes with the question that is open: 'yes its kept at home' may mean another one.

Words are compared, without their endings, with all that the policy's text says of a fact. Where another fact has more
of them, the yes is in doubt, and who answers is asked again. Words of no fact leave the yes as it is: 'yes, my son has
autism' says more than any text foresees, and the read-back shows what was taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy import choosing

_TELLS = ("question", "label", "help", "why", "if_true", "if_false", "wrong")
#: Words that say nothing but yes, or stand for what was asked: 'yes, she does indeed'.
_WORDS = (
    "a an the i im id ive we were weve you he hes she shes it its they theyre them him her his their this that "
    "thats these those there theres my our your me us mine ours of in on at to for from by with as so is are am "
    "was be been do does did done have has had can could will would should may might yes yeah yep aye ok okay "
    "please thanks thank cheers mate love sure certain certainly definitely absolutely indeed course correct "
    "right true fine good exactly totally always already still now just really very much all also too both think "
    "believe know aware far sir madam sadly luckily actually unfortunately afraid quite pretty well oh um "
)
_EMPTY = frozenset(_WORDS.split())
#: Adds something of its own: the yes stands by itself.
_ADDS = re.compile(r"\W*(?:and|also|plus)\b")
#: A yes at the beginning.
_YES = re.compile(
    r"(?:(?:well|oh|um|er|so)[, ]+)?(?:yes|yep|yeah|yup|aye|definitely|of course)\b(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)


def fits(text: str, fact: str, facts: Mapping[str, Mapping[str, Any]], asked: Iterable[str]) -> bool:
    """Whether what a text says behind its yes goes with ``fact`` rather than with another of the facts ``asked``.

    ``facts`` are the policy's words for each fact, by name. A text that does not begin with a yes is none to doubt.
    """
    found = _YES.match(text.strip())
    said = _stems(found["rest"]) - _EMPTY if found else frozenset()
    if found is None or not said or _ADDS.match(found["rest"]):
        return True
    common = {name: len(said & _told_of(facts.get(name, {}))) for name in {*asked, fact}}
    return common[fact] == max(common.values())


def _told_of(own: Mapping[str, Any]) -> frozenset[str]:
    return _stems(" ".join(str(own.get(name, "")) for name in _TELLS))


def _stems(text: str) -> frozenset[str]:
    plain = text.casefold().replace("\u2019", "'").replace("'", "")
    return frozenset(choosing.stem(word) for word in re.findall(r"[a-z0-9]+", plain))
