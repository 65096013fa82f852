"""Running commands, showing each step with its time, and telling a person what is missing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from typing import Callable, Iterator, Mapping, Sequence

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Problem(Exception):
    """Set-up cannot go on. The message is for a person and says what to do."""


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` without what would turn the commands to another environment or stop bytecode from being written."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")
    return {name: value for name, value in environ.items() if name not in unwanted}


@contextlib.contextmanager
def step(title: str) -> Iterator[Callable[[], None]]:
    """Show ``title``, and at the end how long it took. Yields a function that refreshes the time on a terminal."""
    start, live = time.monotonic(), sys.stdout.isatty()

    def show(end: str) -> None:
        print("{}  {:<52}{:>7.1f} s".format("\r" if live else "", title, time.monotonic() - start), end=end, flush=True)

    if live:
        show("")
    else:
        print(f"  {title} ...", flush=True)
    try:
        yield lambda: show("") if live else None
    except BaseException:
        print(flush=True)
        raise
    show("\n")


def run(command: Sequence[str], tick: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Run ``command`` to its end and give its exit code and its output. ``tick`` is called about once a second."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=clean_environ(os.environ)
            )
        except OSError as error:
            return 127, str(error)
        try:
            while True:
                try:
                    code = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        except BaseException:
            process.kill()
            process.wait()
            raise
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def must(command: Sequence[str], tick: Callable[[], None], failed: str) -> None:
    """Run ``command``.

    Raises:
        Problem: it failed; the message is ``failed`` and the end of its output.
    """
    code, output = run(command, tick)
    if code:
        raise Problem(f"{failed}\n{last_lines(output)}")


def last_lines(output: str, most: int = 20) -> str:
    return "\n".join("    " + line for line in output.strip().splitlines()[-most:])
