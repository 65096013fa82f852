"""Telegram's HTML as the Bot API reads it: the text that is left, its entities, or why it is refused."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_NAMES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[a-z-]+(?:=(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>]+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([a-z-]+)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_PLAIN = re.compile(r"[^<&]*")
_ENTITY = re.compile(r"&(?:#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);?")

#: Formatting above this many entities is dropped without a word.
MOST_ENTITIES = 100


class Unparsable(ValueError):
    """The text is refused with 400; the message is what the API says."""


@dataclass(frozen=True)
class Entity:
    """A piece of formatting, in UTF-16 code units as Telegram counts."""

    type: str
    offset: int
    length: int
    url: str | None = None


@dataclass
class _Open:
    tag: str
    start: int
    url: str | None = None


@dataclass
class _Parsed:
    parts: list[str] = field(default_factory=list)
    length: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += units(text)


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def parse(source: str) -> tuple[str, list[Entity]]:
    """The text without tags, and its entities.

    Raises:
        Unparsable: a tag is unknown, unclosed, closed twice or broken.
    """
    parsed, at = _Parsed(), 0
    while at < len(source):
        character = source[at]
        if character == "<":
            at = _tag(source, at, parsed)
        elif character == "&" and (found := _ENTITY.match(source, at)):
            parsed.add(html.unescape(found.group().rstrip(";") + ";"))
            at = found.end()
        else:
            end = _PLAIN.match(source, at + 1)
            assert end
            parsed.add(source[at : end.end()])
            at = end.end()
    if parsed.open:
        raise Unparsable(f'can\'t find end tag corresponding to start tag "{parsed.open[-1].tag}"')
    parsed.entities.sort(key=lambda entity: (entity.offset, -entity.length))
    return "".join(parsed.parts), parsed.entities[:MOST_ENTITIES]


def _tag(source: str, at: int, parsed: _Parsed) -> int:
    place = len(source[:at].encode())
    found = _TAG.match(source, at)
    if not found:
        raise Unparsable(f"unsupported start tag at byte offset {place}")
    closing, name, rest = found.group(1), found.group(2).lower(), found.group(3)
    attributes = {m[1]: html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(rest)}
    if name not in _NAMES or (name == "span" and not closing and attributes.get("class") != "tg-spoiler"):
        raise Unparsable(f'unsupported start tag "{name}" at byte offset {place}')
    here = parsed.length
    if not closing:
        parsed.open.append(_Open(name, here, attributes.get("href")))
        return found.end()
    if not parsed.open:
        raise Unparsable(f"unexpected end tag at byte offset {place}")
    opened = parsed.open.pop()
    if opened.tag != name:
        raise Unparsable(f'unmatched end tag at byte offset {place}, expected "</{opened.tag}>", found "</{name}>"')
    if here > opened.start and (name != "a" or re.match(r"(https?|tg)://", opened.url or "")):
        # a link that is no web address keeps its words and is no link
        parsed.entities.append(Entity(_NAMES[name], opened.start, here - opened.start, opened.url))
    return found.end()
