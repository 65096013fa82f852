"""What is being published just now, in a file beside the models, so that a start after a crash finds no half of it.

The model is made from the files. Files that are half written would be trained anew at the next start, and serve until
the publication goes on; so the start brings the files to one of their two ends first (``finish``).
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.learning import change
from bot.learning.change import Conflict, FileChange
from bot.settings import ROOT, Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A publication on its way, or on its way back: what the files shall be, and the model that served before it."""

    draft: str
    files: list[FileChange]
    former: str | None


def note(settings: Settings, entry: Entry) -> None:
    """Write it down, whole or not at all. It replaces the one before: only one is published at a time."""
    content: dict[str, Any] = {"draft": entry.draft, "files": change.as_json(entry.files), "former": entry.former}
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read(settings: Settings) -> Entry | None:
    """What is written down; None when nothing is, or when it cannot be read."""
    try:
        content = json.loads(_path(settings).read_text(encoding="utf-8"))
        return Entry(content["draft"], change.from_json(content["files"]), content["former"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.exception("%s cannot be read.", _path(settings))
        return None


def clear(settings: Settings) -> None:
    """Nothing is being published any more."""
    _path(settings).unlink(missing_ok=True)


def finish(settings: Settings, root: Path = ROOT) -> None:
    """Before the model is looked for: bring the files to where they were going.

    Files that somebody has changed by hand since stay, and the others are as they were before; the worker tells the
    editor.
    """
    if entry := read(settings):
        with suppress(Conflict, OSError):
            change.write(root, entry.files)


def _path(settings: Settings) -> Path:
    return settings.data_dir / "models" / "publishing.json"
