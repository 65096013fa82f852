"""The log file of one process."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 10_000_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Log:
    """A file that a process appends to. Beyond ``most`` bytes its text moves to ``<name>.1``, of which there is one."""

    def __init__(self, path: Path, most: int = MOST_BYTES) -> None:
        self.path = path
        self._most = most
        self._start = 0

    def open(self) -> BinaryIO:
        """Open the file for a new run of the process; ``tail`` begins here."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.rotate()
        file = self.path.open("ab", buffering=0)
        self._start = file.tell()
        return file

    def rotate(self) -> None:
        """Move the text away when there is too much of it. The file stays the same one, as a process holds it open."""
        if self.path.exists() and self.path.stat().st_size > self._most:
            shutil.copyfile(self.path, self.path.with_name(self.path.name + ".1"))
            with self.path.open("r+b") as file:
                file.truncate(0)
            self._start = 0

    def tail(self, lines: int, longest: int = 300) -> list[str]:
        """The last lines of this run, without colours and empty ones, each cut to ``longest`` characters.

        No file: no lines.
        """
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(self._start, size - 64_000))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        texts = [_COLOUR.sub("", line).rstrip()[:longest] for line in text.splitlines()]
        return [text for text in texts if text][-lines:]
