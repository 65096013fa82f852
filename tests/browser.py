"""Where the browser for tests comes from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowserError(RuntimeError):
    """No Chromium could be found. The message says what to install."""


def executable(playwright: Any) -> str:
    """Path of a Chromium: one on PATH, else the one that playwright has installed.

    Raises:
        NoBrowserError: there is neither. Tests fail then; they are not skipped.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    own = str(playwright.chromium.executable_path)
    if Path(own).is_file():
        return own
    raise NoBrowserError(
        f"No browser for the tests: none of {', '.join(NAMES)} is on PATH. "
        "Install Chromium, or run: .venv/bin/python -m playwright install chromium"
    )


def launch(playwright: Any) -> Any:
    """Start a headless Chromium with a fresh profile.

    Takes either of playwright's interfaces: with the asynchronous one the result must be awaited.

    Raises:
        NoBrowserError: as ``executable``.
    """
    return playwright.chromium.launch(executable_path=executable(playwright), headless=True, args=list(FLAGS))
