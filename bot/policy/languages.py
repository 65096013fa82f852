"""Words in more than one language: each in its own file, complete, or not used at all.

English is the language in which everything is there. Another one has to have every key that English has, so that no
notice is half in one language and half in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.yamlfile import Document, Path

BASIS = "en"


def compare(english: Document, other: Document) -> None:
    """Note in ``other`` every key that English has and it has not, and every one that English does not know."""
    if english.data is not None and other.data is not None:
        _compare(english.data, other.data, (), english, other)


def _compare(wanted: Any, found: Any, path: Path, english: Document, other: Document) -> None:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key in wanted:
            if key not in found:
                name = ": ".join(str(part) for part in (*path, key))
                line = english.line(*path, key)
                other.error(path, "language-missing", f"'{name}' is missing in this language.",
                            f"Write it: {english.file}:{line} has it in English.")  # fmt: skip
            else:
                _compare(wanted[key], found[key], (*path, key), english, other)
        for key in found:
            if key not in wanted:
                other.error((*path, key), "language-extra", f"'{key}' is not in {english.file}.",
                            "Correct the name, or add it in English first.")  # fmt: skip
    elif (
        isinstance(wanted, Mapping) or isinstance(found, Mapping) or isinstance(wanted, list) != isinstance(found, list)
    ):
        other.error(path, "language-kind", f"'{path[-1]}' is of another kind than in English.",
                    f"Write it as {english.file}:{english.line(*path)} does.")  # fmt: skip
    elif isinstance(wanted, list) and path[-1:] in (("months",), ("weekdays",)) and len(wanted) != len(found):
        other.error(
            path, "language-kind", f"'{path[-1]}' has {len(found)} names, not {len(wanted)}.", "Write them all."
        )
