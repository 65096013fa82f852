"""Where the browser for tests comes from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from playwright import async_api, sync_api

# Against hanging only: several parts of the tests run at a time, and playwright's own five seconds were too few.
for _interface in (async_api, sync_api):
    _interface.expect.set_options(timeout=60_000)

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: How links lie over several lines: of the function's root, how often a link goes on in the next line, and the pieces
#: before those breaks that cut a word.
BROKEN_LINKS = r"""
(root) => {
  const found = { breaks: 0, cut: [] };
  for (const link of root.querySelectorAll('a[href]')) {
    const places = [];
    const walker = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (let at = 0; at < walker.currentNode.length; at += 1) {
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + 1);
        const box = range.getClientRects()[0];
        if (box && box.width) places.push([range.toString(), box]);
        else if (places.length) places.at(-1)[0] += range.toString();  // a space at the end of a line
      }
    }
    let line = '';
    places.forEach(([letter, box], index) => {
      if (index && box.top >= places[index - 1][1].bottom - 2) {
        found.breaks += 1;
        if (!/[\s\/.-]$/.test(line) && !/\s/.test(letter)) found.cut.push(`${line}|${letter}`);
        line = '';
      }
      line += letter;
    });
  }
  return found;
}
"""
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
