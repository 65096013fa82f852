"""Named points in the life of a message. They do nothing; tests set ``hook`` to end the program there."""

from __future__ import annotations

from collections.abc import Callable

hook: Callable[[str], None] | None = None


def reached(name: str) -> None:
    """The program is at the point of that name: 'received', 'committed', 'replied', 'sent' or 'marked'."""
    if hook:
        hook(name)
