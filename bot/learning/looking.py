"""What editors see: questions in groups, drafts, and the names of topics."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.knowledge import directory
from bot.learning.editors import title_of
from bot.settings import ROOT
from bot.store import Store, misses
from bot.store.misses import Miss
from bot.turn.brain import BrainFailure, Groups, Workshop

log = logging.getLogger(__name__)

#: What is said of each kind; a kind with a topic, such as 'elsewhere/passport', goes by what stands before the '/'.
KINDS = {
    "unclear": "asked what was meant",
    "unknown": "no answer found",
    "service": "no written answer, only a service",
    "unhelpful": "answer did not help",
    "elsewhere": "not ours",
    "not_allowed": "not answered on purpose",
    "off_topic": "off topic",
    "gibberish": "could not be read",
    "many": "several things at once",
    "other_language": "another language",
}
_LIKELY = 3


@dataclass(frozen=True)
class Group:
    """Questions that mean the same, newest first. ``likely`` are the topics that they come nearest to."""

    questions: list[Miss]
    likely: list[str]

    @property
    def newest(self) -> datetime:
        """When it was asked last."""
        return self.questions[0].asked_at

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What became of the questions, in words, the commonest first."""
        return Counter(kind(one) for one in self.questions).most_common()

    @property
    def asked(self) -> list[str]:
        """The different wordings, newest first."""
        return list(dict.fromkeys(one.question for one in self.questions))


async def waiting(store: Store, workshop: Workshop | None) -> tuple[list[Group], bool]:
    """The questions that nobody has dealt with, in groups, and whether they are grouped by meaning. Noise is in none.

    Where Rasa cannot be asked, the same words make a group.
    """
    async with store.read() as connection:
        found = await misses.waiting(connection)
    texts = list(dict.fromkeys(one.question for one in found if one.question))
    by_meaning = True
    try:
        if workshop is None:
            raise BrainFailure("none")
        groups = await workshop.group(texts) if texts else Groups([], [])
    except BrainFailure as failure:
        log.warning("Questions are not grouped by meaning: %s", failure.reason)
        groups, by_meaning = Groups([[place] for place in range(len(texts))], [[] for _ in texts]), False
    made = [_group([texts[place] for place in places], places, groups, found) for places in groups.groups]
    return sorted(made, key=lambda one: (-len(one.questions), -one.newest.timestamp())), by_meaning


def together(groups: Sequence[Group], ids: Collection[str]) -> Group | None:
    """One group of all those in which a question of these ids is; None when there is none."""
    chosen = [group for group in groups if any(one.id in ids for one in group.questions)]
    if not chosen:
        return None
    questions = sorted((one for group in chosen for one in group.questions), key=lambda one: one.asked_at, reverse=True)
    return Group(questions, list(dict.fromkeys(name for group in chosen for name in group.likely)))


def kind(miss: Miss) -> str:
    """What became of the question, in words."""
    return KINDS.get(miss.kind.partition("/")[0], miss.kind)


def answer_titles(root: Path = ROOT) -> dict[str, str]:
    """The title of every answer by its id, in the order of the titles."""
    found = {path.stem: title_of(path.read_text(encoding="utf-8")) for path in (root / "data/answers").glob("*.md")}
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def topic_title(name: str, titles: dict[str, str]) -> str:
    """What a topic is called for an editor."""
    intent, _, key = name.partition("/")
    if intent == "answer":
        return titles.get(key, key)
    if intent == "service" and key.isdecimal() and (service := directory.load().get(int(key))):
        return f"{service.name} (service)"
    if intent == "policy":
        return f"{titles.get(key, key.replace('-', ' '))} (rules)"
    return f"{KINDS.get(intent, intent.replace('_', ' '))}{': ' + key.replace('-', ' ') if key else ''}"


def _group(texts: Collection[str], places: Sequence[int], groups: Groups, found: Sequence[Miss]) -> Group:
    questions = [one for one in found if one.question in texts]
    votes = Counter(name for place in places for name in groups.topics[place])
    votes.update(name for one in questions for name in one.offered)
    return Group(questions, [name for name, _ in votes.most_common() if "/" in name][:_LIKELY])
