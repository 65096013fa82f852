"""Makes the two Python environments, .venv and .venv-brain, from their locks. Standard library only.

Run by whatever ``python3`` there is: ``python3 bot/install.py [--dev]``. What is up to date is left alone; what an
earlier run did not finish is made anew. ``--dev`` adds what the tests need; once there, it stays. Ends with 0, or with
1 and one plain message that says what to do.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 8):  # noqa: UP036  (any python3 may run this file)
    sys.exit("Saywhy needs Python 3.11 or newer. This is Python {}.{}.".format(*sys.version_info[:2]))
if os.name != "posix":
    sys.exit("Saywhy runs on Linux and macOS. On Windows, use it inside the Windows Subsystem for Linux.")

import argparse
import contextlib
import fcntl
from typing import Iterator, Sequence

if not __package__:  # run as a file: the project's folder is not on the path yet
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bot.setup import browser, environments
from bot.setup.steps import ROOT, Problem


@contextlib.contextmanager
def only_one(folder: str) -> Iterator[None]:
    """Wait until no other set-up works in ``folder``, and keep others out meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  Another set-up is at work here. Waiting for it.", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Make the two Python environments from their locks.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    dev = parser.parse_args(arguments).dev
    try:
        with only_one(ROOT):
            environments.ensure(environments.APP, dev)
            environments.ensure(environments.BRAIN, dev)
            if dev:
                browser.ensure()
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run takes it up again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
