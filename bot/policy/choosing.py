"""The choice that a text names in ordinary words: 'please take my old sofa' is furniture. Strict: exactly one, or none.

What names a choice are the parts of its own words ('Trees or benches': trees, benches) and what the policy's text lists
for it under ``also``. Number does not matter: 'sofas' is 'sofa'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.policy.model import Fact

_PARTS = re.compile(r",| or |\([^)]*\)")
_ARTICLE = re.compile(r"^(?:a|an|the|in the|at a)\s+")
_NOT = frozenset({"no", "not", "never", "none", "nor", "without"})

Term = tuple[str, ...]
Hit = tuple[int, int, str]


def named(fact: Fact, text: str, own: Mapping[str, Any]) -> str | None:
    """The one choice that the text names; None when it names none, several, or one with a 'not' that is not its own.

    Of two terms that overlap the longer counts: 'a semi-detached house' does not name a detached house.
    """
    said = _stems(text)
    hits = [
        (place, place + len(term), choice)
        for choice, terms in terms_of(fact.choices, own).items()
        for term in terms
        for place in range(len(said) - len(term) + 1)
        if tuple(said[place : place + len(term)]) == term
    ]
    longest = [one for one in hits if not any(_within(one, other) for other in hits)]
    if len({choice for _, _, choice in longest}) != 1:
        return None
    covered = {place for start, end, _ in longest for place in range(start, end)}
    if any(word in _NOT for place, word in enumerate(said) if place not in covered):
        return None
    return longest[0][2]


def _within(one: Hit, other: Hit) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and other[:2] != one[:2]


def terms_of(choices: Sequence[str], own: Mapping[str, Any]) -> dict[str, set[Term]]:
    """By choice what names it, as stems; without a part of its own words that names another choice as well."""
    options, also = own.get("options", {}), own.get("also", {})
    parts = {choice: set(_parts(str(options.get(choice, "")))) for choice in choices}
    listed = {choice: {term for one in also.get(choice, ()) if (term := tuple(_stems(one)))} for choice in choices}
    shared = {
        choice: {
            term for term in parts[choice]
            if any(term in parts[other] | listed[other] for other in choices if other != choice)
        }
        for choice in choices
    }  # fmt: skip
    return {choice: (parts[choice] - shared[choice]) | listed[choice] for choice in choices}


def twice(choices: Sequence[str], own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What stands under ``also`` of a choice and names another one as well, with the choice it stands under."""
    options, also = own.get("options", {}), own.get("also", {})
    for choice in choices:
        for one in also.get(choice, ()):
            term = tuple(_stems(one))
            others = (other for other in choices if other != choice)
            if any(
                term == tuple(_stems(each))
                for other in others
                for each in (options.get(other, ""), *also.get(other, ()))
            ):
                yield choice, one


def _parts(title: str) -> Iterator[Term]:
    for part in _PARTS.split(title.casefold()):
        term = tuple(_stems(_ARTICLE.sub("", part.strip())))
        if term:
            yield term


def _stems(text: str) -> list[str]:
    plain = text.casefold().replace("\u2019", "'")
    return [stem(word) for word in re.findall(r"[a-z0-9]+", re.sub(r"n't\b", " not", plain).replace("'", ""))]


def stem(word: str) -> str:
    """A word without the ending of its plural."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and re.search(r"(?:ch|sh|x|ss|zz)es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word
