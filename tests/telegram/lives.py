"""A gateway that dies by SIGKILL at a named point and is started again, as often as told.

``python -m tests.telegram.lives FOLDER`` reads one line at a time: the name of a point at which the next life ends, or
'live' for one that goes on. Each life is a process of its own, forked from one that has everything imported, so that a
hundred of them take seconds. It prints 'died <point>' after each.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import council, settings
from bot.ambient import Ambient
from bot.channels.telegram import pace, points, sender, service, webhook
from bot.policy.read import load_or_fail
from bot.store import Store
from bot.turn.brain import BrainReply
from bot.turn.context import Services
from bot.web.app import create_app


class Echo:
    """Plays Rasa, which answers the same message id alike in every life."""

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        """See ``bot.turn.brain.Brain``."""
        return BrainReply([{"text": f"You said: {content['text']}"}], {}, {})

    async def forget(self, conversation: str) -> None:
        """See ``bot.turn.brain.Brain``."""


async def live(folder: Path, port: int, given: dict[str, str]) -> None:
    """One life, until it is killed."""
    own = replace(settings.load({}), data_dir=folder, port=port, **given)  # type: ignore[arg-type]
    store = Store(own.store_url, Ambient())
    await store.open()
    services = Services(store, Echo(), council.load(), own, policies=_LIBRARY)
    runner = web.AppRunner(create_app(services), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def main(folder: Path) -> None:
    """Fork a life for each line of the input."""
    told = json.loads(sys.stdin.readline())
    pace.PER_CHAT = timedelta(milliseconds=1)
    for line in sys.stdin:
        point = line.strip()
        child = os.fork()
        if not child:
            if point != "live":
                points.hook = lambda name, point=point: os.kill(os.getpid(), signal.SIGKILL) if name == point else None
            asyncio.run(live(folder, told["port"], told["settings"]))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        print("died" if os.waitstatus_to_exitcode(status) == -signal.SIGKILL else "broke", point, flush=True)


_LIBRARY = load_or_fail()
#: Imported before the fork, so that no life does it.
_READY = (sender, service, webhook)

if __name__ == "__main__":
    main(Path(sys.argv[1]))
