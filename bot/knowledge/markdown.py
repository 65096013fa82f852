"""Markdown to blocks: the few forms that an answer may have, so that every channel can lay them out as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.text.blocks import Block, Inline

_LINKS = ("https:", "tel:", "mailto:")
#: HTML is read only so that it can be refused.
_markdown = MarkdownIt("commonmark", {"html": True})


class MarkdownError(ValueError):
    """Something that an answer may not have. ``line`` counts from 1 within the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def blocks(text: str) -> list[Block]:
    """The blocks of a text (``bot.text.blocks`` says what they look like).

    Raises:
        MarkdownError: the text has anything but paragraphs, flat lists, ``##`` headings, links and strong text.
    """
    found: list[Block] = []
    tokens = iter(_markdown.parse(text))
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        match token.type:
            case "paragraph_open":
                found.append({"p": _inlines(next(tokens), line)})
                next(tokens)
            case "heading_open" if token.tag == "h2":
                found.append({"heading": next(tokens).content})
                next(tokens)
            case "bullet_list_open" | "ordered_list_open":
                found.append({"list": _items(tokens, line), "ordered": token.type == "ordered_list_open"})
            case _:
                raise MarkdownError(line, f"an answer cannot have this here: {token.markup or token.type}")
    return found


def _items(tokens: Any, line: int) -> list[list[Inline]]:
    items: list[list[Inline]] = []
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        match token.type:
            case "bullet_list_close" | "ordered_list_close":
                return items
            case "inline":
                items.append(_inlines(token, line))
            case "list_item_open" | "list_item_close" | "paragraph_open" | "paragraph_close":
                pass
            case _:
                raise MarkdownError(line, "a list item is one plain paragraph")
    return items


def _inlines(inline: Token, line: int) -> list[Inline]:
    found: list[Inline] = []
    href, strong = "", False
    children: Sequence[Token] = inline.children or ()
    for token in children:
        match token.type:
            case "text" | "softbreak" | "hardbreak":
                content = token.content if token.type == "text" else " "
                style: Inline = ({"href": href} if href else {}) | ({"strong": True} if strong else {})
                if found and {k: v for k, v in found[-1].items() if k != "t"} == style:
                    found[-1]["t"] += content
                elif content:
                    found.append({"t": content, **style})
            case "link_open":
                href = str(token.attrs["href"])
                if not href.startswith(_LINKS):
                    raise MarkdownError(line, f"a link begins with https:, tel: or mailto:, not '{href}'")
            case "link_close":
                href = ""
            case "strong_open" | "strong_close":
                strong = token.type == "strong_open"
            case _:
                raise MarkdownError(line, f"an answer cannot have this here: {token.markup or token.type}")
    return found
