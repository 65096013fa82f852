"""Keeps one program running: start, wait until ready, start again when it dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.supervise.console import Console, short
from bot.supervise.log import Log
from bot.supervise.process import Failure, Process


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program to keep running. ``environ`` is all that it gets; ``url`` answers 200 when it is ready."""

    name: str
    title: str
    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    ready_within: float


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How the keeper waits, in seconds, and how often a program may die before it was ever ready."""

    poll: float = 0.1
    first_pause: float = 0.5
    longest_pause: float = 10.0
    stable_after: float = 60.0
    grace: float = 10.0
    rotate_every: float = 30.0
    deaths: int = 3


class NeverReady(Failure):
    """A program did not become ready at its first start."""


Probe = Callable[[Program], Awaitable[bool]]


class Keeper:
    """Keeps one program running. ``ready``: it has been ready once; ``hurry`` makes every end a short one."""

    def __init__(
        self,
        program: Program,
        logs: Path,
        probe: Probe,
        console: Console,
        hurry: asyncio.Event,
        timing: Timing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.program = program
        self.ready = asyncio.Event()
        self._log = Log(logs / f"{program.name}.log")
        self._probe = probe
        self._console = console
        self._hurry = hurry
        self._timing = timing
        self._clock = clock

    async def keep(self) -> None:
        """Run the program until cancelled; the process has then ended.

        Raises:
            NeverReady: the first start failed. Later failures are told on the console and tried again for ever.
        """
        pause, deaths = self._timing.first_pause, 0
        while True:
            started = self._clock()
            process = await self._start()
            try:
                late = await self._run(process, started)
            finally:
                await process.end(self._timing.grace, self._hurry)
            why = f"was not ready after {self.program.ready_within:.0f} s" if late else process.why()
            deaths += 1
            if not self.ready.is_set() and (late or deaths >= self._timing.deaths):
                lines = self._log.tail(15)
                end = f" The end of {short(self._log.path)}:" if lines else ""
                raise NeverReady(f"{self.program.title} {why}.{end}", lines)
            if self._clock() - started > self._timing.stable_after:
                pause = self._timing.first_pause
            self._console.say(
                f"{self.program.title} {why}. It starts again in {pause:g} s. Log: {short(self._log.path)}"
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._timing.longest_pause)

    async def _start(self) -> Process:
        program = self.program
        return await Process.start(program.command, program.environ, program.folder, self._log)

    async def _run(self, process: Process, started: float) -> bool:
        """See one process from its start to its end. True when it was given up because it did not become ready."""
        while not await self._probe(self.program):
            if await process.wait(self._timing.poll):
                return False
            if self._clock() - started > self.program.ready_within:
                return True
        again = " again" if self.ready.is_set() else ""
        self._console.fact(self.program.title, f"ready{again} after {self._clock() - started:.1f} s")
        self.ready.set()
        while not await process.wait(self._timing.rotate_every):
            self._log.rotate()
        return False
