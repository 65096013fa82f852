"""YAML 1.2 with the traps closed: duplicate keys, `no` as a word, octal-looking and underscored numbers are refused.

Numbers with a point become ``Decimal`` so that 2.25 is 2.25. Dates stay text; the model gives them their type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot import yaml12
from bot.policy.problem import Problem
from bot.yaml12 import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError

Path = tuple[str | int, ...]
_KINDS = ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in _KINDS)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_TRAPS = (
    (re.compile(r"(?i)yes|no|on|off|y|n"), "word-as-bool", "is read as a word here, and as true or false elsewhere.",
     "Write true or false, or put quotation marks around it."),
    (re.compile(r"True|TRUE|False|FALSE|Null|NULL|~"), "odd-constant", "is not how this file writes a constant.",
     "Write true, false or null in small letters."),
    (re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?|0[oxb][0-9a-fA-F]+"), "octal-looking", "looks like an octal number.",
     "Write the number without the leading zero, or put quotation marks around it."),
    (re.compile(r"[-+]?([0-9]+_[0-9_.]+|\.[0-9]+|[0-9]+\.|[0-9.]+[eE][-+]?[0-9]+|\.inf|\.nan)"), "odd-number",
     "is not a plain number.", "Write it like 1000 or 0.5."),
)  # fmt: skip


@dataclass
class Document:
    """One file's content, the line of every value in it, and what was wrong on the way."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    anchors: frozenset[int] = frozenset()
    """Where in the text a value with an anchor begins."""

    def line(self, *path: str | int) -> int:
        """The line of the value at ``path``, or of its nearest parent that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: Path, code: str, message: str, fix: str, level: str = "error") -> None:
        """Note a problem at the value at ``path``."""
        self.problems.append(Problem(self.file, self.line(*path), level, code, message, fix))


def parse(text: str, file: str) -> Document:
    """Read one YAML document. Never raises on bad content: the document then carries the problems and no data."""
    document = Document(file)
    try:
        node = yaml12.compose(text)
        document.anchors = yaml12.anchored(text) if "&" in text else frozenset()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(
            Problem(file, line, "error", "yaml", f"This is not YAML: {error.problem}.", "Check spaces and quotes here.")
        )
        return document
    except (YAMLError, ValueError, RecursionError) as error:
        document.problems.append(Problem(file, 1, "error", "yaml", f"This is not YAML: {error}.", "Check the file."))
        return document
    try:
        document.data = None if node is None else _build(node, (), document)
    except RecursionError:
        document.problems.append(
            Problem(file, 1, "error", "yaml", "Lists stand in lists too deeply to be read.", "Check the brackets.")
        )
    return document


def _build(node: Node, path: Path, document: Document) -> Any:
    document.lines[path] = node.start_mark.line + 1
    if node.start_mark.index in document.anchors or str(node.tag) not in _TAGS:
        document.error(path, "yaml-feature", "Anchors and tags are not used in policy files.", "Write the value out.")
        return None  # not followed: an anchor can lead back to itself
    if isinstance(node, MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, SequenceNode):
        return [_build(child, (*path, index), document) for index, child in enumerate(node.value)]
    assert isinstance(node, ScalarNode)
    return _scalar(node, path, document)


def _mapping(node: MappingNode, path: Path, document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            document.problems.append(
                Problem(document.file, line, "error", "yaml-feature", "A name must be a word.", "Write a plain name.")
            )
            continue
        key = key_node.value
        if key in result:
            document.problems.append(
                Problem(
                    document.file, line, "error", "duplicate-key", f"'{key}' stands here twice.", "Keep one of them."
                )
            )
        result[key] = _build(value_node, (*path, key), document)
        document.lines[(*path, key)] = line
    return result


def _scalar(node: ScalarNode, path: Path, document: Document) -> Any:
    text: str = node.value
    if node.style:
        return text
    if text in ("", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    for pattern, code, message, fix in _TRAPS:
        if pattern.fullmatch(text):
            document.error(path, code, f"{text!r} {message}", fix)
    return text
