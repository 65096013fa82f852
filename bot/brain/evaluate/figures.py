"""The figures: what a ranking of topics is worth, with intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME

from bot.brain.evaluate.data import Question, answers_of_services
from bot.brain.topic_model import COUNCIL


@dataclass(frozen=True)
class Ranked:
    """What a message was taken for.

    The best topics, best first; the chance that the council does such things; whether it was understood at all; how
    sure the first topic is; and the intent.
    """

    topics: Tuple[str, ...]
    in_scope: float
    understood: bool = True
    confidence: float = 0.0
    intent: str = ""


def ranked(parsed: Mapping[str, Any]) -> Ranked:
    """From what Rasa says of a message, as citizens are told it. A pipeline without topics has intents instead."""
    named = [str(topic["name"]) for topic in parsed.get("topics") or parsed["intent_ranking"]]
    topics = [name for name in named if name != DEFAULT_NLU_FALLBACK_INTENT_NAME]
    intent = str(parsed["intent"]["name"])
    understood = not topics or topics[0].split("/")[0] == intent.split("/")[0]
    sure = float((parsed.get("topics") or [parsed["intent"]])[0]["confidence"])
    return Ranked(_spoken(topics), float(parsed.get("in_scope", sure)), understood, sure, intent)


def _spoken(topics: Sequence[str]) -> Tuple[str, ...]:
    """The topics as ``actions/topics.py`` offers them: a service speaks through its likeliest answer; each once."""
    written, found = answers_of_services(), []
    for topic in topics:
        about = written.get(topic, ())
        found.append(min(about, key=lambda one: topics.index(one) if one in topics else len(topics), default=topic))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Score:
    """A share from 0 to 1 with its 95 % interval, from as many questions as ``count``."""

    share: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


def score(hits: Sequence[bool]) -> Score:
    """The share of hits; the interval is Wilson's."""
    count, z = len(hits), 1.96
    share = sum(hits) / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return Score(share, max(0.0, middle - half), min(1.0, middle + half), count)


def is_answer(topic: str) -> bool:
    """Whether the topic says what the council does."""
    return topic.split("/")[0] in COUNCIL


def first(questions: Sequence[Question], found: Sequence[Ranked]) -> List[bool]:
    """Of each question, whether the first topic is right."""
    return [each.topics[0] in asked.right for asked, each in zip(questions, found, strict=True)]


def in_three(questions: Sequence[Question], found: Sequence[Ranked]) -> List[bool]:
    """Of each question, whether one of the first three topics is right."""
    return [bool({*each.topics[:3]} & {*asked.right}) for asked, each in zip(questions, found, strict=True)]


def right_area(questions: Sequence[Question], found: Sequence[Ranked], areas: Dict[str, str]) -> List[bool]:
    """Of each question, whether the first topic is of its area."""
    return [areas.get(each.topics[0]) == asked.area for asked, each in zip(questions, found, strict=True)]


def answered(found: Sequence[Ranked]) -> List[bool]:
    """Of each message, whether it gets an answer, a policy or a service rather than an honest non-answer."""
    return [is_answer(each.topics[0]) and each.understood for each in found]


def confusions(questions: Sequence[Question], found: Sequence[Ranked]) -> List[Tuple[str, str, int]]:
    """Which topic was taken for which other, most often first."""
    pairs = Counter(
        (asked.right[0], each.topics[0])
        for asked, each in zip(questions, found, strict=True)
        if each.topics[0] not in asked.right
    )
    return [(wanted, got, count) for (wanted, got), count in pairs.most_common()]


def calibration(confidences: Sequence[float], hits: Sequence[bool], bins: int = 10) -> List[Tuple[float, float, int]]:
    """Of each tenth of the confidences: the mean confidence, the share of hits, and how many there are."""
    sure, good = np.asarray(confidences), np.asarray(hits, dtype=float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        (float(sure[place == each].mean()), float(good[place == each].mean()), int((place == each).sum()))
        for each in range(bins)
        if (place == each).any()
    ]


def calibration_error(table: Sequence[Tuple[float, float, int]]) -> float:
    """How far confidence and share of hits lie apart, on average over all messages."""
    return sum(abs(sure - good) * count for sure, good, count in table) / sum(count for _, _, count in table)
