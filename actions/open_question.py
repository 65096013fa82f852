"""What a citizen is told about the question that is open: how to answer it, why it is asked, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.application import Application
from actions.topics import policies
from bot.policy.decide import Undated
from bot.policy.format import fill, value_text
from bot.policy.readback import CONFIRM

BETWEEN = "It must be from {low} to {high}."
PAST = "Give the day, month and year, such as 5 October 2026. It must have passed, or be today."
FUTURE = "Give the day, month and year, such as 5 October 2027. It must be today or later."
CHOOSE = "Please choose one of these."
YES_OR_NO = "Please answer yes or no."
WHY_CONFIRM = "I decide from these facts alone, so they have to be right."
A_RULE = "The rule is in {citation}."


@dataclass(frozen=True)
class OpenQuestion:
    """A question of a policy, named as its fact, or the read-back of all facts."""

    application: Application
    name: str

    def help(self) -> str:
        """The policy's own help with it; empty where there is none."""
        return fill(str(self._own().get("help", "")), self.application.parameters())

    def why(self) -> str:
        """Why it is asked, with the source of the first rule that reads the fact."""
        if self.name == CONFIRM:
            return WHY_CONFIRM
        why = fill(str(self._own().get("why", "")), self.application.parameters())
        if isinstance(self.application.outcome(), Undated):
            return why
        version = self.application.version()
        reading = (one for one in version.requirements if any(self.name in version.roots[name] for name in one.reads))
        cited = next((name for one in reading for name in one.cite), None)
        source = policies().sources.get(cited) if cited else None
        if source is None:
            return why
        citation = f"{source.title}, {source.section}" if source.section else source.title
        return f"{why} {A_RULE.format(citation=citation)}"

    def range(self) -> str:
        """What can be answered, or from where to where it goes; empty where nothing bounds it."""
        fact = None if self.name == CONFIRM else self.application.version().facts[self.name]
        if fact is None:
            return ""
        if fact.type == "choice":
            return CHOOSE
        if fact.type == "bool":
            return YES_OR_NO
        if fact.type == "date":
            return {"past": PAST, "future": FUTURE}.get(fact.tense or "", "")
        if fact.min is None or fact.max is None:
            return ""
        frame = self.application.words.frame
        low, high = (value_text(str(end), fact.type, fact.unit, frame, None) for end in (fact.min, fact.max))
        return BETWEEN.format(low=low, high=high)

    def _own(self) -> dict[str, Any]:
        return dict(self.application.words.text["facts"].get(self.name, {}))
