"""The ways in which a call can go wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One call that goes wrong. Made by the class methods."""

    kind: str
    status: int = 0
    text: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def too_many(cls, seconds: int) -> Fault:
        """429: try again after so many seconds."""
        return cls("status", 429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})

    @classmethod
    def of_status(cls, status: int, text: str = "Internal Server Error") -> Fault:
        """An error status, such as 500 or 502. Nothing is done."""
        return cls("status", status, text)

    @classmethod
    def broken(cls) -> Fault:
        """200 with something that is no JSON. Nothing is done."""
        return cls("broken")

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """Done, but the answer comes only after so many seconds."""
        return cls("slow", seconds=seconds)

    @classmethod
    def lost(cls) -> Fault:
        """Done, but the connection is cut before the answer."""
        return cls("lost")

    @classmethod
    def cut(cls) -> Fault:
        """Not done: the connection is cut."""
        return cls("cut")


class Faults:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._coming: list[tuple[Fault, str, int | None]] = []

    def add(self, faults: Iterable[Fault], method: str, chat_id: int | None) -> None:
        """Let calls of the method, to the chat or to any, fail so, in order."""
        self._coming += [(fault, method, chat_id) for fault in faults]

    def next(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault of this call; used up by asking."""
        for place, (fault, of_method, of_chat) in enumerate(self._coming):
            if of_method == method and of_chat in (None, chat_id):
                del self._coming[place]
                return fault
        return None

    @property
    def left(self) -> int:
        """How many have not happened yet."""
        return len(self._coming)
