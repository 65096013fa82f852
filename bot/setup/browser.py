"""The browser that the tests drive."""

from __future__ import annotations

import glob
import os
import shutil
from typing import Mapping

from bot.setup.steps import Problem, must, step

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NO_BROWSER = f"""The tests need a browser, and none was found.
Install Chromium or Google Chrome, so that one of these runs in a shell: {", ".join(BROWSERS)}"""


def find(environ: Mapping[str, str]) -> str | None:
    """The path of a browser that the tests can drive: one on PATH or one that playwright installed, else None."""
    for name in BROWSERS:
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found:
            return found
    home = environ.get("HOME", "")
    caches = (home + "/.cache/ms-playwright", home + "/Library/Caches/ms-playwright")
    for folder in (environ.get("PLAYWRIGHT_BROWSERS_PATH", ""), *caches):
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
            found_here = sorted(glob.glob(os.path.join(glob.escape(folder), pattern))) if folder else []
            if found_here:
                return found_here[-1]
    return None


def ensure() -> None:
    """Check that there is a browser. As root on Debian or Ubuntu one is installed.

    Raises:
        Problem: there is none.
    """
    if find(os.environ):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step("Chromium, for the tests") as tick:
            must(["apt-get", "update"], tick, NO_BROWSER)
            must(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "chromium"], tick, NO_BROWSER)
    if not find(os.environ):
        raise Problem(NO_BROWSER)
