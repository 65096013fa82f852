"""Filling messages with lines, and cutting what is longer than a message: between paragraphs, then at line ends, then
between sentences, then words. Lengths are UTF-16 code units, as Telegram counts them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: What the Bot API takes in one message, a little below: characters, and pieces of formatting.
MOST = 4000
MOST_FORMATTED = 90

#: Where a long text may be cut, best first: after each match.
_CUTS = (re.compile(r"\n"), re.compile(r"[.!?…][\"'’)]*\s"), re.compile(r"\s"))


@dataclass(frozen=True)
class Run:
    """Text of one look."""

    text: str
    href: str | None = None
    strong: bool = False

    def html(self) -> str:
        """The text, escaped, in its tags."""
        found = html.escape(self.text, quote=False)
        if self.href and self.text.strip():
            found = f'<a href="{html.escape(self.href)}">{found}</a>'
        return f"<b>{found}</b>" if self.strong and self.text.strip() else found

    @property
    def formats(self) -> int:
        """How many pieces of formatting it takes."""
        return bool(self.href) + self.strong


@dataclass(frozen=True)
class Line:
    """A paragraph, heading or list item. ``gap`` stands before it; ``keep`` keeps it with the next line; a line that
    ``starts`` something is a good place to begin a new message."""

    runs: tuple[Run, ...]
    gap: str = "\n\n"
    keep: bool = False
    starts: bool = False

    @property
    def text(self) -> str:
        """As people read it."""
        return "".join(run.text for run in self.runs)

    @property
    def size(self) -> int:
        """The length, with the gap."""
        return units(self.text) + len(self.gap)

    @property
    def formats(self) -> int:
        """How many pieces of formatting it takes."""
        return sum(run.formats for run in self.runs)


def units(text: str) -> int:
    """The length of a text as Telegram counts."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def plain(source: str) -> str:
    """HTML that was made here, as the text that people read."""
    return html.unescape(re.sub(r"<[^>]*>", "", source))


def pack(lines: Iterable[Line], limit: int) -> list[str]:
    """The lines as HTML messages of about ``limit`` characters, never above what Telegram takes."""
    messages: list[list[Line]] = []
    for unit in _units(lines):
        parts = [unit] if _fits([], unit, MOST) else [[part] for line in unit for part in _cut(line)]
        for part in parts:
            if messages and _fits(messages[-1], part, limit):
                messages[-1] += part
            else:
                messages.append(list(part))
    return [_html(message) for message in messages]


def _units(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that belong together: a heading or 'these are:' with what follows, a list with all its items."""
    units_: list[list[Line]] = []
    joined = False
    for line in lines:
        if not line.text.strip():
            continue
        if units_ and (joined or line.gap == "\n"):
            units_[-1].append(line)
        else:
            units_.append([line])
        joined = line.keep
    return units_


def _fits(before: list[Line], more: list[Line], limit: int) -> bool:
    both = [*before, *more]
    return sum(line.size for line in both) <= limit and sum(line.formats for line in both) <= MOST_FORMATTED


def _cut(line: Line) -> list[Line]:
    """The line in parts that each fit into a message."""
    parts: list[Line] = []
    rest = list(line.runs)
    while units("".join(run.text for run in rest)) > MOST or sum(run.formats for run in rest) > MOST_FORMATTED:
        first, rest = _split(rest)
        parts.append(replace(line, runs=tuple(first)))
    return [*parts, replace(line, runs=tuple(rest))]


def _split(runs: list[Run]) -> tuple[list[Run], list[Run]]:
    first: list[Run] = []
    left, formats = MOST, MOST_FORMATTED
    for place, run in enumerate(runs):
        if formats < run.formats:
            return first, runs[place:]
        if units(run.text) <= left:
            first.append(run)
            left, formats = left - units(run.text), formats - run.formats
            continue
        at = _place(run.text, left, must=not first)
        if at:
            first.append(replace(run, text=run.text[:at]))
        return first, [replace(run, text=run.text[at:]), *runs[place + 1 :]]
    return first, []


def _place(text: str, most: int, *, must: bool) -> int:
    """Where to cut a text that is longer than ``most``; 0 for 'before it', unless it must be cut."""
    end = len(text.encode("utf-16-le", errors="surrogatepass")[: 2 * most].decode("utf-16-le", errors="ignore"))
    for cut in _CUTS:
        found = [match.end() for match in cut.finditer(text, 0, end)]
        if found and found[-1] > end // 2:
            return found[-1]
    return end if must else 0


def _html(lines: list[Line]) -> str:
    return "".join(
        (line.gap if place else "") + "".join(run.html() for run in line.runs) for place, line in enumerate(lines)
    ).strip()
