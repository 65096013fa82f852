"""How one of our messages looks on Telegram: short messages of its HTML, with buttons under the last.

Everything is escaped here and nowhere else, so that no word of anybody can be taken for formatting. Nothing is left
away: what the website shows one tap away ('more') is a message of its own here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.channels.telegram.split import Line, Run, pack
from bot.store.messages import Message, Sender
from bot.text import phrases

#: The most that one message of a notice or of an answer holds, in characters as Telegram counts. It takes 4,096.
NOTICE = 1000
TEXT = 3500

#: Buttons that a message has without being stored with it, by the name in their key, and what pressing one means.
FIXED: dict[str, dict[str, str]] = {"@why": {"text": phrases.WHY}, "@person": {"action": "person"}}
_FIXED_TITLES = {"@why": phrases.WHY, "@person": phrases.TALK_TO_A_PERSON}

#: Titles up to this length share a row.
_SHORT_TITLE = 8
_KEY = re.compile(r"b:([0-9a-f]{1,32}):(@[a-z]{1,12}|[0-9]{1,9}-[0-9]{1,3})")

Button = tuple[str, str]


@dataclass(frozen=True)
class Piece:
    """One Telegram message: HTML, rows of buttons as (title, key), and whether the transcript is attached."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    document: bool = False


def pieces(message: Message) -> list[Piece]:
    """The Telegram messages that a message of ours becomes, in order; at least one."""
    body = message.body
    is_notice = bool(body.get("about", {}).get("decision"))
    limit = NOTICE if is_notice else TEXT
    if body.get("blocks"):
        texts = pack([*_blocks(body["blocks"]), *_source(body.get("source"))], limit)
        texts += pack(_blocks(body.get("more", [])), limit)
    else:
        texts = pack([*_name(message), *_plain(message.text), *_source(body.get("source"))], limit)
    texts = texts or ["…"]
    shown = [Piece(html) for html in texts]
    shown[-1] = Piece(texts[-1], _rows(message, is_notice), bool(body.get("transcript")))
    return shown


def plain_pieces(message: Message) -> list[Piece]:
    """Its text alone, without layout and buttons."""
    return [Piece(html) for html in pack(_plain(message.text), TEXT)] or [Piece("…")]


def button_key(conversation_id: str, button_id: str) -> str:
    """What a button carries: where it was shown and which it is, never what it does. At most 64 bytes."""
    return f"b:{conversation_id}:{button_id}"


def read_button_key(data: str) -> tuple[str, str] | None:
    """The conversation and the button of a key; None for what is no key of ours."""
    found = _KEY.fullmatch(data)
    return (found[1], found[2]) if found else None


def _rows(message: Message, is_notice: bool) -> tuple[tuple[Button, ...], ...]:
    stored = [(shown["title"], shown["id"]) for shown in message.body.get("buttons", [])]
    if is_notice and stored:  # it went against the citizen
        stored = [(_FIXED_TITLES["@why"], "@why"), *stored, (_FIXED_TITLES["@person"], "@person")]
    rows: list[list[Button]] = []
    for title, button_id in stored:
        button = (title, button_key(message.conversation_id, button_id))
        short = len(title) <= _SHORT_TITLE
        if short and rows and len(rows[-1]) < 5 and all(len(other) <= _SHORT_TITLE for other, _ in rows[-1]):
            rows[-1].append(button)
        else:
            rows.append([button])
    return tuple(tuple(row) for row in rows)


def _name(message: Message) -> list[Line]:
    if message.sender is not Sender.STAFF or not message.name:
        return []
    return [Line((Run(f"{message.name}:", strong=True),), keep=True)]


def _plain(text: str) -> list[Line]:
    return [Line((Run(part),), gap="\n" if first else "\n\n") for first, part in _paragraphs(text)]


def _paragraphs(text: str) -> list[tuple[bool, str]]:
    parts = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    return [(place == 0, part) for place, part in enumerate(parts)]


def _blocks(blocks: list[dict[str, Any]]) -> list[Line]:
    lines: list[Line] = []
    for block in blocks:
        if "heading" in block:
            lines.append(Line((Run(str(block["heading"]), strong=True),), keep=True, starts=True))
        elif "list" in block:
            for number, item in enumerate(block["list"], start=1):
                mark = f"{number}. " if block.get("ordered") else "• "
                lines.append(Line((Run(mark), *_runs(item)), gap="\n"))
        else:
            runs = _runs(block["p"])
            gap = "\n" if lines and lines[-1].starts else "\n\n"
            lines.append(Line(runs, gap=gap, keep="".join(run.text for run in runs).rstrip().endswith(":")))
    return lines


def _runs(inlines: list[dict[str, Any]]) -> tuple[Run, ...]:
    return tuple(_run(inline) for inline in inlines if str(inline["t"]))


def _run(inline: dict[str, Any]) -> Run:
    text, href = str(inline["t"]), str(inline.get("href", ""))
    if href.startswith(("https://", "http://")):
        return Run(text, href=href, strong=bool(inline.get("strong")))
    address = href.removeprefix("mailto:")
    if href.startswith("mailto:") and address not in text:  # Telegram links addresses and numbers by itself
        text = f"{text} ({address})"
    return Run(text, strong=bool(inline.get("strong")))


def _source(source: dict[str, Any] | None) -> list[Line]:
    if not source:
        return []
    runs = [Run("Source: "), _run({"t": source["title"], "href": source.get("url", "")})]
    if source.get("checked"):
        day = date.fromisoformat(source["checked"])
        runs.append(Run(f", checked {day.day} {day:%B %Y}"))
    lines = [Line(tuple(runs))]
    if source.get("overdue"):
        lines.append(Line((Run(phrases.SOURCE_OVERDUE),), gap="\n"))
    return lines
