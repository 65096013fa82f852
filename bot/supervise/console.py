"""What the supervisor shows on the console."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

QUIET = 30
"""Seconds after which a step that goes on is told again where there is no terminal."""


class Console:
    """Prints steps and sentences. When the console has gone away, it drops them: that is no reason to stop."""

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stdout
        self._clock = clock
        self._open_line = False

    def say(self, text: str = "") -> None:
        """Show a line."""
        self._write(("\n" if self._open_line else "") + text + "\n")
        self._open_line = False

    def fact(self, name: str, text: str) -> None:
        """Show a line with a name before it, in columns."""
        self.say(f"  {name:<16} {text}")

    def lines(self, texts: Sequence[str]) -> None:
        """Show lines of another program, indented."""
        for text in texts:
            self.say("    " + text)

    @contextlib.contextmanager
    def progress(self, name: str) -> Iterator[Callable[[str], None]]:
        """Yields a function that shows what is being done now and for how long. On a terminal it is one living line."""
        start, shown, told = self._clock(), "", 0.0

        def show(text: str) -> None:
            nonlocal shown, told
            seconds = self._clock() - start
            if self._out.isatty():
                self._write(f"\r  {name:<16} {f'{text}, {seconds:.0f} s':<60}")
                self._open_line = True
            elif text != shown or seconds - told >= QUIET:
                self.fact(name, f"{text}, {seconds:.0f} s")
                told = seconds
            shown = text

        yield show
        if self._open_line:
            self._write("\r" + " " * 80 + "\r")
            self._open_line = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._out.write(text)
            self._out.flush()


def short(path: Path) -> str:
    """The path as a person would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
