"""Runs ``fake_run`` as a process of its own, as a person would, and reads what it says."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from bot.settings import ROOT
from tests.live import free_ports

PATIENCE = 120.0


def free_port() -> int:
    """A port that nobody listens on."""
    [port] = free_ports(1)
    return port


def program(name: str, *options: str, **more: Any) -> dict[str, Any]:
    """The description of one stand-in."""
    return {"name": name, "port": free_port(), "options": list(options), **more}


class Running:
    """A running supervisor. Use as a context manager: at the end nothing of it is left, whatever the test did."""

    def __init__(self, folder: Path, programs: list[dict[str, Any]], **timing: float) -> None:
        times = {"first_pause": 0.1, "longest_pause": 0.4, **timing}
        command = [sys.executable, "-m", "tests.supervise.fake_run", str(folder), json.dumps(times)]
        self.process = subprocess.Popen(
            [*command, *(json.dumps(program) for program in programs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        self._folder = folder
        self.said = ""
        self._ever: set[psutil.Process] = set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.children(), psutil_of(self.process.pid), *self._ever]:
            if process is not None and process.is_running():
                process.kill()
        self.process.wait(PATIENCE)

    def hear(self, pattern: str, times: int = 1) -> str:
        """Wait until the supervisor has said ``pattern`` so many times; give all that it said."""
        until = time.monotonic() + PATIENCE
        while len(re.findall(pattern, self.said)) < times:
            assert time.monotonic() < until, f"It never said {pattern!r}, but: {self.said}"
            assert self.process.poll() is None or self._reader.is_alive() or re.search(pattern, self.said), self.said
            time.sleep(0.02)
        return self.said

    def children(self) -> list[psutil.Process]:
        """All processes below the supervisor now."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._ever.update(found)
        return found

    def child(self, name: str, programs: list[dict[str, Any]]) -> psutil.Process:
        """The process of the stand-in ``name``."""
        port = next(str(program["port"]) for program in programs if program["name"] == name)
        for process in self.children():
            with contextlib.suppress(psutil.Error):  # it may end while it is looked at
                if port in process.cmdline():
                    return process
        raise AssertionError(f"{name} does not run: {self.said}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def let_pass(self, seconds: float) -> None:
        """Move the supervisor's clock on."""
        passed = self._folder / "passed"
        whole = float(passed.read_text()) if passed.exists() else 0.0
        (self._folder / "passing").write_text(str(whole + seconds))
        (self._folder / "passing").replace(passed)

    def lives(self, name: str) -> int:
        """How often the stand-in ``name`` has started, by what it printed."""
        log = self._folder / "logs" / f"{name}.log"
        return log.read_text().count("the child is here") if log.exists() else 0

    def wait_for_life(self, name: str, number: int = 1) -> None:
        """Wait until the stand-in has started so many times and knows what it will do."""
        until = time.monotonic() + PATIENCE
        while self.lives(name) < number:
            assert time.monotonic() < until, self.said
            time.sleep(0.02)

    def ends(self) -> int:
        """Wait for its end; give the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line


def psutil_of(pid: int) -> psutil.Process | None:
    """The process with that id, or None when there is none."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def all_gone(processes: list[psutil.Process]) -> bool:
    """Wait until every one has ended. A zombie that only waits to be reaped has ended."""
    until = time.monotonic() + PATIENCE
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
