"""Stand-ins: a clock that stands still and a Rasa that says what it is told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.ambient import Ambient
from bot.turn.brain import BrainFailure, BrainReply, Groups

#: A Monday morning in winter: the council is open and local time is UTC.
MONDAY_MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class StillAmbient(Ambient):
    """A clock that moves only when told, and ids that count up."""

    _state: dict[str, Any] = field(default_factory=lambda: {"now": MONDAY_MORNING, "ids": itertools.count(1)})

    def now(self) -> datetime:
        return self._state["now"]  # type: ignore[no-any-return]

    def new_id(self) -> str:
        return f"{next(self._state['ids']):032x}"

    def new_token(self) -> str:
        return f"token-{next(self._state['ids']):08d}"

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._state["now"] += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Move to a moment."""
        self._state["now"] = moment


Script = Callable[[dict[str, Any]], Awaitable[list[dict[str, Any]]]]


async def echo(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Say back what was heard."""
    return [{"text": f"You said: {content.get('text', content.get('payload'))}"}]


class FakeBrain:
    """Plays Rasa: keeps its promise that the same message id runs once, and fails on demand."""

    def __init__(self) -> None:
        self.script: Script = echo
        self.heard: list[tuple[str, str, dict[str, Any]]] = []
        self.told: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.down: str | None = None
        self.intent = "any"
        self.perhaps_danger = False
        self.pause = 0.0
        self.served: list[Path] = []
        self.running: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}
        self._done: dict[str, list[dict[str, Any]]] = {}

    async def forget(self, conversation: str) -> None:
        """See ``bot.turn.brain.Brain``."""
        if self.down:
            raise BrainFailure(self.down)
        self.forgotten.append(conversation)

    async def group(self, texts: Sequence[str]) -> Groups:
        """Those with the same first word belong together."""
        if self.down:
            raise BrainFailure(self.down)
        places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(text.split()[0].lower(), []).append(place)
        return Groups(list(places.values()), [["answer/missed-bin"] for _ in texts])

    async def serve(self, model: Path) -> bool:
        """Remember the models that were taken up."""
        if self.down:
            raise BrainFailure(self.down)
        self.served.append(model)
        return True

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        """See ``bot.turn.brain.Brain``."""
        if self.down:
            raise BrainFailure(self.down, perhaps_danger=self.perhaps_danger)
        key = conversation.partition(":")[0]
        self.running[key] = self.running.get(key, 0) + 1
        self.most_at_once[key] = max(self.most_at_once.get(key, 0), self.running[key])
        self.most_at_once["all"] = max(self.most_at_once.get("all", 0), sum(self.running.values()))
        try:
            await asyncio.sleep(self.pause)
            if message_id not in self._done:
                self.heard.append((conversation, message_id, content))
                self.told.append(metadata or {})
                self._done[message_id] = await self.script(content)
            return BrainReply(self._done[message_id], {"name": self.intent, "confidence": 1.0}, {}, self.perhaps_danger)
        finally:
            self.running[key] -= 1
