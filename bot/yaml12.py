"""YAML 1.2 read fast: libyaml's parser with the few words and numbers of the 1.2 core schema, and dates.

The other library reads a policy nineteen times as slowly (3.4 s against 0.18 s of processor time for all policies and
services), and that was most of a start. ``no`` is a word here, ``09:30`` a text and ``012`` no octal number.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = [
    "MappingNode",
    "MarkedYAMLError",
    "Node",
    "ScalarNode",
    "SequenceNode",
    "YAMLError",
    "anchored",
    "compose",
    "load",
]

# A wheel without libyaml reads the same, slowly.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # not those of YAML 1.1

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A name that stands twice is a fault: one of them would be lost."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.value in seen:
                raise MarkedYAMLError(problem=f"'{key.value}' stands here twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, ScalarNode) else None)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


def _int(loader: Any, node: ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _int)


def compose(text: str) -> Node | None:
    """The nodes of the one document in the text, with their lines; None when there is none.

    Raises:
        YAMLError: it is not YAML; a MarkedYAMLError knows the line.
    """
    node: Node | None = yaml.compose(text, Loader=_Loader)
    return node


def anchored(text: str) -> frozenset[int]:
    """Where in the text a node with an anchor begins; an alias of it is composed as that same node."""
    events = (event for event in yaml.parse(text, _Parser) if getattr(event, "anchor", None))
    return frozenset(event.start_mark.index for event in events if event.start_mark)


def load(text: str) -> Any:
    """The content of the one document in the text.

    Raises:
        YAMLError: it is not YAML, or a name stands twice; a MarkedYAMLError knows the line.
        ValueError: a date that no calendar has.
    """
    return yaml.load(text, Loader=_Loader)
