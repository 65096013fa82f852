"""Grouping questions by meaning, for editors who look at what nobody could answer.

Two questions are alike when their vectors are, and when the model takes them for the same topics: what it almost takes
them for says much, also of a matter that it does not know. Texts are put together from the bottom up while the members
of two groups are alike on average. It needs no number of groups, and three questions are as good as three hundred.

The vectors are of English. So each other language is a group of its own, and noise, which lies anywhere, is in none.
Nor do insults and small talk come among the questions.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.preprocessing import normalize

#: The most that two groups may be apart on average to be one, from 0 to 1. docs/learning.md has what was measured.
APART = 0.6
_TOPICS_WEIGHT = 0.5


#: What stands in no group of questions: what says nothing, and what asks nothing.
NOISE, ABUSE, TALK = "noise", "abuse", "talk"


class Read(NamedTuple):
    """What was understood of a question: its vector of length 1, and its likeliest topics with their confidences.

    ``language`` is its code when it is not English. ``no_question`` says that it is one of ``NOISE``, ``ABUSE``,
    ``TALK``.
    """

    vector: np.ndarray
    topics: Dict[str, float]
    language: Optional[str] = None
    no_question: Optional[str] = None


def group(questions: Sequence[Read]) -> List[List[int]]:
    """The places of the questions in groups, the largest first, each in the order given. The same in, the same out.

    Of noise there is no place in any group.
    """
    languages: Dict[str, List[int]] = {}
    english: Dict[Optional[str], List[int]] = {}
    for place, each in enumerate(questions):
        if each.language:
            languages.setdefault(each.language, []).append(place)
        elif each.no_question != NOISE:
            english.setdefault(each.no_question, []).append(place)
    found = list(languages.values())
    for places in english.values():
        found += [[places[at] for at in one] for one in _by_meaning([questions[place] for place in places])]
    return sorted(found, key=lambda places: (-len(places), places[0]))


def _by_meaning(questions: Sequence[Read]) -> List[List[int]]:
    if len(questions) < 2:
        return [[place] for place in range(len(questions))]
    vectors = np.stack([each.vector for each in questions])
    profiles = _profiles(questions)
    alike = (1 - _TOPICS_WEIGHT) * vectors @ vectors.T + _TOPICS_WEIGHT * profiles @ profiles.T
    model = AgglomerativeClustering(
        n_clusters=None, affinity="precomputed", linkage="average", distance_threshold=APART
    )
    found: Dict[int, List[int]] = {}
    for place, label in enumerate(model.fit_predict(np.clip(1.0 - alike, 0.0, 2.0))):
        found.setdefault(int(label), []).append(place)
    return list(found.values())


def _profiles(questions: Sequence[Read]) -> np.ndarray:
    """One row a question, one column a topic, of length 1. A root, so that the second likeliest counts as well."""
    names = {name: place for place, name in enumerate(sorted({name for each in questions for name in each.topics}))}
    rows = np.zeros((len(questions), max(1, len(names))))
    for row, each in zip(rows, questions, strict=True):
        for name, confidence in each.topics.items():
            row[names[name]] = np.sqrt(max(confidence, 0.0))
    return np.asarray(normalize(rows))
