"""Blocks: text with a little layout, which every channel shows in its own way.

A block is ``{"p": inlines}``, ``{"list": [inlines], "ordered": bool}`` or ``{"heading": str}``; a paragraph in another
language than English has its code as ``lang``. An inline is ``{"t": text}``, with ``href`` or
``strong`` where that holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Block = dict[str, Any]
Inline = dict[str, Any]


def plain(blocks: Iterable[Block]) -> str:
    """Blocks as plain text: a blank line between paragraphs, a dash or number before each list item."""
    parts = []
    for block in blocks:
        if "heading" in block:
            parts.append(str(block["heading"]))
        elif "list" in block:
            mark = (f"{n}." for n in range(1, len(block["list"]) + 1)) if block.get("ordered") else iter("-" * 999)
            parts.append("\n".join(f"{next(mark)} {_inline(item)}" for item in block["list"]))
        else:
            parts.append(_inline(block["p"]))
    return "\n\n".join(parts)


def _inline(parts: Iterable[Inline]) -> str:
    return "".join(
        f"{part['t']} ({part['href']})" if part.get("href", "").startswith("https:") else str(part["t"])
        for part in parts
    )
