"""Supervises stand-ins: ``python -m tests.supervise.fake_run FOLDER TIMING PROGRAM...`` (the last two as JSON).

The clock is ahead by as many seconds as the file ``FOLDER/passed`` says.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

from bot.supervise import checks, supervisor
from bot.supervise.console import Console
from bot.supervise.keeper import Keeper, Program, Timing
from bot.supervise.process import Failure
from bot.supervise.supervisor import Stop, supervise, until_stopped

CHILD = str(Path(__file__).with_name("child.py"))


def main() -> int:
    folder, timing = Path(sys.argv[1]), Timing(**json.loads(sys.argv[2]))

    def clock() -> float:
        passed = folder / "passed"
        return time.monotonic() + (float(passed.read_text()) if passed.exists() else 0.0)

    console = Console()
    programs = []
    for text in sys.argv[3:]:
        given = json.loads(text)
        programs.append(
            Program(
                name=given["name"],
                title=given["name"].title(),
                command=[sys.executable, *given.get("code", [CHILD, str(given["port"])]), *given.get("options", [])],
                environ=os.environ,
                folder=folder,
                url=f"http://127.0.0.1:{given['port']}/",
                ready_within=given.get("within", 120),
            )
        )

    async def welcome() -> None:
        console.say("All are ready.")

    async def work(stop: Stop) -> None:
        await supervise(programs, stop, logs=folder / "logs", console=console, when_ready=welcome, timing=timing)

    try:
        checks.make_folder(folder)
        with checks.only_one(folder), patch.object(supervisor, "Keeper", partial(Keeper, clock=clock)):
            return asyncio.run(until_stopped(work, console))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
