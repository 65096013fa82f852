"""The real programs for tests: Rasa with the trained model, the action server, and all three under the supervisor."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from bot import settings
from bot.settings import ROOT, Settings, environment
from bot.supervise.keeper import Program
from bot.supervise.model import model_path
from bot.supervise.programs import programs

#: How long a program may take until it is ready on a busy machine, in seconds.
_PATIENCE = 400.0


#: Where no system takes ports from for connections: one of those could be taken before a program listens on it.
_PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no port is free")


def own_settings(data_dir: Path) -> Settings:
    """Settings with ports and a data folder of their own, and the project's trained model in it."""
    gateway, brain, actions = free_ports(3)
    own = replace(settings.load({}), data_dir=data_dir, port=gateway, brain_port=brain, actions_port=actions)
    own = replace(own, action_deadline=60.0)  # an action that a busy machine holds up would excuse itself
    shared = settings.load({})
    train = subprocess.run(
        [sys.executable, "-m", "bot", "train"], cwd=ROOT, capture_output=True, text=True, env=_clean()
    )
    assert train.returncode == 0, train.stdout + train.stderr
    target = model_path(own)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(model_path(shared), target)
    return own


@contextmanager
def brain_and_actions(own: Settings, rasa_looks_at: int | None = None) -> Iterator[None]:
    """Rasa and the action server, ready, for as long as the block runs.

    ``rasa_looks_at`` is another port at which Rasa looks for its actions.
    """
    other = replace(own, actions_port=rasa_looks_at or own.actions_port)
    two = [one for one in programs(own, model_path(own)) if one.name == "actions"]
    two += [one for one in programs(other, model_path(own)) if one.name == "rasa"]
    logs = own.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    running = []
    try:
        for program in two:
            with (logs / f"{program.name}.log").open("w", encoding="utf-8") as log:
                running.append(
                    subprocess.Popen(program.command, env=dict(program.environ), cwd=ROOT, stdout=log, stderr=log)
                )
        for program, process in zip(two, running, strict=True):
            _wait_until_ready(program, process, logs / f"{program.name}.log")
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
            process.wait()


class Saywhy:
    """All of Saywhy, started by its own command."""

    def __init__(self, own: Settings, process: subprocess.Popen[str], output: Path) -> None:
        self.settings, self.process, self._output = own, process, output

    @property
    def url(self) -> str:
        return self.settings.base_url

    def printed(self) -> str:
        """What it has shown on the console so far."""
        return self._output.read_text(encoding="utf-8")

    def pid(self, name: str) -> int:
        """The process id of 'rasa', 'actions' or 'gateway', found by its command line."""
        import psutil

        marks = {"rasa": "bot.brain", "actions": "actions", "gateway": "gateway"}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                words = child.cmdline()
                if words[1:3] != ["-I", "-S"] and marks[name] in words:
                    return int(child.pid)
        raise LookupError(f"{name} does not run")

    def kill(self, name: str) -> None:
        """End one of the programs as a crash would."""
        os.kill(self.pid(name), signal.SIGKILL)

    def password(self) -> str:
        """The password of the account 'demo'."""
        return (self.settings.data_dir / "secrets" / "demo-password").read_text(encoding="utf-8").strip()

    def wait_until_ready(self, name: str) -> None:
        """Wait for one of the programs."""
        [program] = [each for each in programs(self.settings, model_path(self.settings)) if each.name == name]
        _wait_until_ready(program, self.process, self._output)


@contextmanager
def saywhy(own: Settings) -> Iterator[Saywhy]:
    """``python -m bot run``, ready; stopped by Ctrl-C at the end, after which no process is left."""
    import psutil

    output = own.data_dir / "console.txt"
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=_clean() | environment(own) | {"SAYWHY_RETRY_FOR": "120"},
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    started = Saywhy(own, process, output)
    try:
        until = time.monotonic() + _PATIENCE
        while "Saywhy is ready" not in started.printed():
            assert process.poll() is None, started.printed()
            assert time.monotonic() < until, started.printed()
            time.sleep(0.2)
        yield started
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(120)
        process.kill()
        _gone, left = psutil.wait_procs(children, timeout=60)
        assert not left, f"left behind: {left}"


def _clean() -> dict[str, str]:
    """This process's environment without settings, so that a developer's own do not leak into tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(settings.PREFIX)}


def _wait_until_ready(program: Program, process: subprocess.Popen[str] | subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    request = urllib.request.Request(program.url, headers=dict(program.headers))
    while True:
        with (
            suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(request, timeout=30) as response,
        ):
            if response.status == 200:
                return
        assert process.poll() is None, f"{program.title} has ended:\n{log.read_text()}"
        assert time.monotonic() < until, f"{program.title} is not ready:\n{log.read_text()}"
        time.sleep(0.2)
