"""Rasa's files of examples, read the short way: Rasa parses each four times, in Python alone, and checks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, List, Optional, Tuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_EXAMPLE = re.compile(r"- *([^\s\[\]{}`][^\[\]{}]*)")  # nothing in it but the text


def plain(path: Path) -> Optional[List[Tuple[str, str]]]:
    """The text and the intent, or full topic, of each example; None when the file holds anything else, or a fault.

    Such a file is for Rasa to read, which says what is wrong with it.
    """
    try:
        read: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        entries = [(entry["intent"], entry["examples"], len(entry)) for entry in read["nlu"]]
    except (YAMLError, UnicodeDecodeError, TypeError, KeyError):
        return None
    found: List[Tuple[str, str]] = []
    for intent, examples, keys in entries:
        if keys != 2 or not isinstance(intent, str) or not isinstance(examples, str):
            return None
        for line in filter(None, map(str.strip, examples.splitlines())):
            example = _EXAMPLE.fullmatch(line)
            if not example:
                return None
            found.append((example[1], intent))
    return found
