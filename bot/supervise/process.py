"""One operating-system process in a group of its own, its end, and why it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.supervise.log import Log

LAUNCH = str(Path(__file__).with_name("launch.py"))


class Failure(Exception):
    """Something expected that ends the run. ``str`` is for a person; ``lines`` are the end of a log, or none."""

    def __init__(self, message: str, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.lines = lines


class Process:
    """A running process. It and whatever it starts form one process group."""

    def __init__(self, process: asyncio.subprocess.Process, log: Log) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, command: Sequence[str], environ: Mapping[str, str], folder: Path, log: Log) -> Process:
        """Start ``command`` with exactly ``environ``, in ``folder``; what it prints goes to ``log``."""
        with log.open() as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", LAUNCH, str(os.getpid())),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environ,
                cwd=folder,
                start_new_session=True,
            )
        return cls(process, log)

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most ``seconds``. True when it has ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    async def end(self, grace: float, hurry: asyncio.Event) -> None:
        """End the whole group: politely, and after ``grace`` seconds, or as soon as ``hurry`` is set, by force."""
        if self._process.returncode is None:
            self._signal(signal.SIGTERM)
            waits = {asyncio.ensure_future(self._process.wait()), asyncio.ensure_future(hurry.wait())}
            _, rest = await asyncio.wait(waits, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            for wait in rest:
                wait.cancel()
        self._signal(signal.SIGKILL)  # also what the process itself left behind
        await self._process.wait()

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs; below 0 the signal that killed it."""
        return self._process.returncode

    def why(self) -> str:
        """How it ended, with the last line that it printed, for a person."""
        last = self._log.tail(1, longest=160)
        return f'{self.how()} (last line: "{last[0]}")' if last else self.how()

    def how(self) -> str:
        """How it ended, for a person."""
        code = self._process.returncode or 0
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
