"""A program that publishes, for tests that kill it: the worker as in the gateway, killed at the step that is named.

``python -m tests.learning.publisher`` reads one line at a time: the data folder, the council's folder and the step as
JSON, the step being one of ``STEPS``, or ``none`` to work to the end. Each is a process of its own, forked from one
that has everything imported, and its exit status is printed. Nothing in the product knows of this: what the worker
calls is wrapped here.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot import settings
from bot.ambient import Ambient
from bot.learning import change, journal
from bot.learning import worker as working
from bot.learning.worker import Worker
from bot.store import Store, drafts, publications
from tests.fakes import FakeBrain

#: In their order.
STEPS = (
    *("noted: before", "noted: after", "first file: half", "first file: after", "second file: after"),
    *("link: after", "model: after", "record: half", "record: after"),
)
#: On the way back, since Rasa refuses the model.
BACK = ("refused: first file back", "refused: second file back", "refused: told")


def die() -> None:
    """End as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def go_on() -> None:
    """Nothing happens here."""


def wrap(owner: Any, name: str, *, before: Callable[[], None] = go_on, after: Callable[[], None] = go_on) -> None:
    """Do something more around a function."""
    inner = getattr(owner, name)

    def plain(*given: Any, **named: Any) -> Any:
        before()
        result = inner(*given, **named)
        after()
        return result

    async def waiting(*given: Any, **named: Any) -> Any:
        before()
        result = await inner(*given, **named)
        after()
        return result

    setattr(owner, name, waiting if asyncio.iscoroutinefunction(inner) else plain)


def on(number: int) -> Callable[[], None]:
    """Die at the call of that number, from 1."""
    calls = itertools.count(1)
    return lambda: die() if next(calls) == number else None


def arm(step: str, brain: FakeBrain) -> None:
    """Have the program killed at that step."""
    points: dict[str, Callable[[], None]] = {
        "noted: before": lambda: wrap(journal, "note", before=die),
        "noted: after": lambda: wrap(journal, "note", after=die),
        "first file: half": lambda: wrap(os, "fsync", after=on(2)),  # the first is the journal's
        "first file: after": lambda: wrap(change, "_put", after=on(1)),
        "second file: after": lambda: wrap(change, "_put", after=on(2)),
        "link: after": lambda: wrap(working, "serve_from_now", after=die),
        "model: after": lambda: wrap(brain, "serve", after=die),
        "record: half": lambda: wrap(publications, "add", after=die),
        "record: after": lambda: wrap(journal, "clear", before=die),
        "refused: first file back": lambda: wrap(change, "_put", after=on(3)),
        "refused: second file back": lambda: wrap(change, "_put", after=on(4)),
        "refused: told": lambda: wrap(journal, "clear", before=die),
    }
    if step in points:
        points[step]()


async def publish(data_dir: Path, root: Path, step: str) -> None:
    """Work at what there is to do until there is nothing more, or until killed."""
    own = replace(settings.load({}), data_dir=data_dir)
    brain = FakeBrain()
    if step in BACK:
        brain.down = "model"
    arm(step, brain)
    store = Store(own.store_url, Ambient())
    store.claim()
    await store.open()
    worker = Worker(store, own, brain, root)
    await worker.start()
    for _ in range(12_000):
        async with store.read() as connection:
            if not await drafts.in_states(connection, "publishing"):
                break
        await asyncio.sleep(0.01)
    await worker.stop()
    await store.close()


def main() -> None:
    """Fork a publisher for each line of the input."""
    for line in sys.stdin:
        data_dir, root, step = json.loads(line)
        child = os.fork()
        if not child:
            asyncio.run(publish(Path(data_dir), Path(root), step))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
