"""Trying a change apart from what serves: check it, train on it, and compare the two models.

Everything happens on a copy of the project's files in the data folder; nothing that serves is touched. The model is the
one that will serve when the change is published, so publishing trains nothing again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.learning import change
from bot.learning.change import FileChange
from bot.settings import PREFIX, ROOT, Settings
from bot.supervise.console import Console
from bot.supervise.model import ensure_model, fingerprint, model_path, served, train_command
from bot.supervise.process import LAUNCH, Failure
from bot.supervise.programs import BRAIN_PYTHON, brain_environment

#: What a copy of the project needs to be checked, trained on and measured.
_COPIED = ("bot", "actions", "policies", "data", "docs", "tests/questions")
_FILES = ("config.yml", "domain.yml", "credentials.yml", "endpoints.yml", "pyproject.toml")
_CHECK_WITHIN, _COMPARE_WITHIN = 120.0, 600.0
#: Below everything else on the machine: citizens are answered meanwhile.
_GENTLY = ("nice", "-n", "10")

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Result:
    """What came of a trial. With ``problems`` there is nothing else.

    ``base`` stands for the files that it was tried against; ``model`` is the name of the model's file. ``figures`` has
    ``before`` and ``after``; ``became_wrong`` the questions that were right before; ``wordings`` the likeliest topics
    of each new example.
    """

    problems: list[str] = field(default_factory=list)
    base: str = ""
    model: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    became_wrong: list[dict[str, str]] = field(default_factory=list)
    wordings: list[dict[str, Any]] = field(default_factory=list)


class _Told(Console):
    """Passes on what the training says of its progress."""

    def __init__(self) -> None:
        super().__init__()
        self.now = ""

    def say(self, text: str = "") -> None:
        """Nothing: there is no console."""

    @contextlib.contextmanager
    def progress(self, name: str) -> Iterator[Callable[[str], None]]:
        """Keep what is being done."""

        def show(text: str) -> None:
            self.now = text

        yield show


async def run(
    settings: Settings, name: str, changes: list[FileChange], wordings: Sequence[str], tell: Tell, root: Path = ROOT
) -> Result:
    """Try ``changes`` of the files in ``root``; ``wordings`` are looked at one by one. ``tell`` hears of each step.

    Raises:
        Failure: the training or the comparison failed; ``lines`` are the end of a log.
        Conflict: the files are not as the changes expect them.
    """
    scratch = settings.data_dir / "trials" / name
    base = await asyncio.to_thread(fingerprint, root)
    try:
        await tell("copying")
        await asyncio.to_thread(_copy, root, scratch)
        await asyncio.to_thread(change.write, scratch, changes)
        await tell("checking")
        if problems := await _check(settings, scratch):
            return Result(problems, base)
        before = served(settings) or model_path(settings, root)
        model = await _train(settings, scratch, tell)
        if model == before or not before.exists():
            return Result([], base, model.name)
        await tell("comparing")
        found = await _compare(settings, scratch, before, model, wordings)
        figures = {"before": found["before"], "after": found["after"]}
        return Result([], base, model.name, figures, found["became_wrong"], found["wordings"])
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, True)


def _copy(root: Path, scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".*", "images")
    for folder in _COPIED:
        if (root / folder).is_dir():
            shutil.copytree(root / folder, scratch / folder, ignore=ignored)
    for file in _FILES:
        if (root / file).is_file():
            shutil.copy2(root / file, scratch / file)


async def _check(settings: Settings, scratch: Path) -> list[str]:
    """What ``python -m bot check`` finds in the copy. A draft cannot change policies, and they take longest."""
    command = [*_GENTLY, sys.executable, "-m", "bot", "check", "--but", "policies"]
    given = brain_environment(settings).items()
    environ = {name: value for name, value in given if not name.startswith(PREFIX)}
    environ["PYTHONPATH"] = str(scratch)
    code, output, errors = await _run(command, scratch, environ, b"", _CHECK_WITHIN)
    if code == 0:
        return []
    found = [line.strip() for line in errors.splitlines() if line.startswith("  ")]
    return found or [f"The check failed: {(errors or output).strip()[-300:]}"]


async def _train(settings: Settings, scratch: Path, tell: Tell) -> Path:
    told = _Told()
    await tell("training")

    async def report() -> None:
        shown = ""
        while True:
            await asyncio.sleep(1)
            if told.now != shown:
                shown = told.now
                await tell(shown)

    reporting = asyncio.create_task(report())
    try:
        return await ensure_model(
            settings, told, asyncio.Event(), command=lambda out: [*_GENTLY, *train_command(out)], root=scratch
        )
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)


async def _compare(
    settings: Settings, scratch: Path, before: Path, after: Path, wordings: Sequence[str]
) -> dict[str, Any]:
    command = [*_GENTLY, str(BRAIN_PYTHON), "-m", "bot.brain.compare", "--before", str(before), "--after", str(after)]
    command += ["--kept", str(settings.data_dir / "models")]
    asked = json.dumps({"wordings": list(wordings)}).encode()
    environ = brain_environment(settings) | {"PYTHONPATH": str(scratch)}
    code, output, errors = await _run(command, scratch, environ, asked, _COMPARE_WITHIN)
    if code:
        raise Failure(f"The comparison ended with exit code {code}.", errors.splitlines()[-15:])
    found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return found


async def _run(
    command: Sequence[str], folder: Path, environ: dict[str, str], given: bytes, within: float
) -> tuple[int, str, str]:
    """Run a command to its end; a cancelled or late one is killed.

    Raises:
        Failure: it took too long.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", LAUNCH, str(os.getpid())),  # so that it ends with this process
        *command,
        cwd=folder,
        env=environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within):
            output, errors = await process.communicate(given)
    except TimeoutError:
        raise Failure(f"'{' '.join(command[-2:])}' took longer than {within:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")
