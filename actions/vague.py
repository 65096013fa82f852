"""A short message that names a thing of the council's and not what about it: 'my licence', 'permit', 'the bill'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from rasa_sdk import Tracker

from actions.application import text
from actions.topics import LANGUAGE, Topic, library, policies
from bot.policy.blocks import upper_first

#: How many words such a message has at most, and how many that name something.
_WORDS = 6
_NAMES = 2
#: The chance of being in scope from which on a message names a thing of ours, whatever its words; and the one that is
#: enough where a title has such a word. Of messages that name nothing, none reached the first and few the second.
_OURS = 0.03
_OURS_BY_ITS_WORD = 0.01

_NAMING_NOTHING = frozenset(
    re.findall(
        r"\S+",
        "a about an and any be been can could enquiry for get got had has have hello hey hi i i'd i'm i've id im in "
        "info information is it it's its ive like me mine my need of on our please problem query question re regarding "
        "some something that the there this to want with would you your",
    )
)
#: Words of titles that are no things.
_ANYTHING = frozenset(
    re.findall(
        r"\S+",
        "apply before change day do find help hold how if late lost make new other out reply report see tell their we "
        "what when which without work",
    )
)


_ASKS = frozenset(("how", "what", "when", "where", "which", "who", "whose", "why"))


def names(words: str) -> list[str]:
    """The words of a short message that name something, in the singular; none when it is longer, or asks about it."""
    said = re.findall(r"[a-z0-9'-]+", words.lower().replace("\u2019", "'"))
    found = [_singular(word) for word in said if word not in _NAMING_NOTHING]
    short = len(said) <= _WORDS and len(found) <= _NAMES
    return found if short and _ASKS.isdisjoint(said) else []


def meant_by_several(words: str) -> bool:
    """Whether all that the message names stands in the titles of several things, and is the title of none."""
    named = set(names(words))
    if not named:
        return False
    found = [title for title in _titles(with_requests=len(named) == 1) if named <= title]
    return len(found) > 1 and named not in found


def names_ours(tracker: Tracker) -> bool:
    """Whether a short message names a thing of ours."""
    named = names(text(tracker))
    in_scope = float(tracker.latest_message.get("in_scope") or 0.0)
    ours = any(not title.isdisjoint(named) for title in _titles())
    return bool(named) and in_scope >= (_OURS_BY_ITS_WORD if ours else _OURS)


def of_different_services(found: Sequence[Topic], most: int) -> list[Topic]:
    """The first topics, each of another service than those before it."""
    kept: dict[object, Topic] = {}
    for topic in found:
        kept.setdefault(_service(topic), topic)
    return list(kept.values())[:most]


def _service(topic: Topic) -> object:
    if topic.answer:
        return topic.answer.service_id
    if topic.policy:
        return topic.policy.latest.service[0]
    return topic.service.id if topic.service else topic.name


def _titles(*, with_requests: bool = True) -> list[frozenset[str]]:
    """The words of each title of an answer that name something, and of a policy; of a thing that has both they are one.

    ``with_requests`` takes in the policies. One word may be a request ('appeal'); two are rather the thing itself.
    """
    written = {key: {answer.title} for key, answer in library.look().items()}
    for key, policy in policies().policies.items() if with_requests else ():
        written.setdefault(key, set()).add(upper_first(str(policy.words[LANGUAGE].text["title"])))
    return [_words_of(" ".join(sorted(titles))) for titles in written.values()]


@cache
def _words_of(title: str) -> frozenset[str]:
    words = re.findall(r"[a-z0-9'-]+", title.lower())
    return frozenset(_singular(word) for word in words if word not in _NAMING_NOTHING | _ANYTHING)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
