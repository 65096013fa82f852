"""Blocks and inlines, the structure of every message, and their plain-text form."""

from __future__ import annotations

import re
from typing import Any

Block = dict[str, Any]
Inline = dict[str, Any]
_LINK = re.compile(r"\[([^\]]+)\]\((https:[^)]+|tel:[^)]+)\)")


def inlines(text: str) -> list[Inline]:
    """Plain text with [links](https://...) as inlines."""
    found: list[Inline] = []
    end = 0
    for match in _LINK.finditer(text):
        if match.start() > end:
            found.append({"t": text[end : match.start()]})
        found.append({"t": match.group(1), "href": match.group(2)})
        end = match.end()
    if end < len(text):
        found.append({"t": text[end:]})
    return found


def paragraph(text: str) -> Block:
    return {"p": inlines(text)}


def bullets(items: list[list[Inline]]) -> Block:
    return {"list": items, "ordered": False}


def phone_link(phone: str) -> Inline:
    return {"t": phone, "href": "tel:+44" + phone.replace(" ", "").removeprefix("0")}


def with_phone(template: str, phone: str) -> list[Inline]:
    before, _, after = template.partition("{phone}")
    return [{"t": before}, phone_link(phone), {"t": after}] if after or "{phone}" in template else [{"t": template}]


def upper_first(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def plain(blocks: tuple[Block, ...]) -> str:
    """Blocks as plain text: links written out, lists with dashes, nothing left away."""
    lines = []
    for block in blocks:
        if "heading" in block:
            lines.append(block["heading"])
        elif "p" in block:
            lines.append(_flat(block["p"]))
        else:
            lines.append("\n".join(f"- {_flat(item)}" for item in block["list"]))
    return "\n\n".join(lines)


def _flat(items: list[Inline]) -> str:
    return "".join(_flat_one(one) for one in items)


def _flat_one(one: Inline) -> str:
    href, text = one.get("href", ""), str(one["t"])
    return f"{text} ({href})" if href.startswith("https:") and href.removeprefix("https://") != text else text


def body(blocks: tuple[Block, ...]) -> str:
    """The running text without links, for the readability lint: citations and addresses are not ours to simplify."""
    lines = []
    for block in blocks:
        for items in [block["p"]] if "p" in block else block.get("list", []):
            lines.append("".join(" it" if "href" in one else one["t"] for one in items))
    return "\n".join(lines)
