"""Runs several programs as one: together up, together down."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp

from bot.supervise.console import Console
from bot.supervise.keeper import Keeper, NeverReady, Probe, Program, Timing
from bot.supervise.process import Failure

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked for the end, with Ctrl-C or a signal."""


class Stop:
    """The wish to stop. The first signal asks for it; a second one asks for haste."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self.asked = asyncio.Event()
        self.hurry = asyncio.Event()
        self.asked_at = 0.0
        self._console = console
        self._clock = clock

    def ask(self) -> None:
        """Take one signal."""
        if self.asked.is_set():
            self.hurry.set()
            return
        self.asked_at = self._clock()
        self._console.say("\nStopping. Ctrl-C once more ends everything at once.")
        self.asked.set()

    async def watch(self) -> None:
        """Wait for the wish, then raise ``Stopped``."""
        await self.asked.wait()
        raise Stopped


async def until_stopped(
    work: Callable[[Stop], Awaitable[None]], console: Console, clock: Callable[[], float] = time.monotonic
) -> int:
    """Run ``work`` until it ends, fails, or is cancelled by a signal.

    Gives the exit code: 0 when it ended or was stopped, 1 when it raised a ``Failure``, which is shown.
    """
    stop, loop, code = Stop(console, clock), asyncio.get_running_loop(), 0
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.ask)
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(stop.watch())
            await work(stop)
            watch.cancel()
    except* Stopped:
        pass
    except* Failure as failures:
        code = 1
        for failure in failures.exceptions:
            console.say(f"\n{failure}")
            console.lines(failure.lines if isinstance(failure, Failure) else ())
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    if stop.asked.is_set():
        console.say(f"Everything has stopped, {clock() - stop.asked_at:.1f} s.")
    return code


async def supervise(
    programs: Sequence[Program],
    stop: Stop,
    *,
    logs: Path,
    console: Console,
    when_ready: Callable[[], Awaitable[None]],
    timing: Timing | None = None,
) -> None:
    """Start ``programs``, all at once and in their order, and keep them running until cancelled; all have then ended.

    ``when_ready`` runs once, when every one has become ready.

    Raises:
        NeverReady: one did not become ready at its first start. All have then ended.
    """
    failed: NeverReady | None = None
    try:
        async with http_probe() as probe, asyncio.TaskGroup() as group:
            keepers = [Keeper(program, logs, probe, console, stop.hurry, timing or Timing()) for program in programs]
            for keeper in keepers:
                group.create_task(keeper.keep())
            for keeper in keepers:
                await keeper.ready.wait()
            await when_ready()
    except* NeverReady as failures:
        failed = next(error for error in failures.exceptions if isinstance(error, NeverReady))
    if failed:
        raise failed


@contextlib.asynccontextmanager
async def http_probe() -> AsyncIterator[Probe]:
    """A probe that asks a program's address; ready is status 200 within two seconds, anything else is not ready."""
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def probe(program: Program) -> bool:
            try:
                async with session.get(program.url, headers=program.headers) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False

        yield probe
