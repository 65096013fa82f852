"""One process, its group and its launcher."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bot.supervise.log import Log
from bot.supervise.process import LAUNCH, Process


async def started(code: str, folder: Path) -> Process:
    log = Log(folder / "log")
    return await Process.start([sys.executable, "-c", code], {"ONLY": "this"}, folder, log)


async def test_it_gets_only_the_environment_it_is_given(tmp_path: Path) -> None:
    process = await started("import os; print(sorted(os.environ.keys() - {'LC_CTYPE'}), os.getcwd())", tmp_path)
    assert await process.wait(120)
    assert (tmp_path / "log").read_text() == f"['ONLY'] {tmp_path}\n"
    assert process.code == 0


async def test_it_leads_a_group_of_its_own(tmp_path: Path) -> None:
    process = await started("import os; print(os.getpgid(0) == os.getpid())", tmp_path)
    assert await process.wait(120)
    assert (tmp_path / "log").read_text() == "True\n"


async def test_waiting_has_a_limit(tmp_path: Path) -> None:
    process = await started("import time; time.sleep(600)", tmp_path)
    assert not await process.wait(0.05)
    assert process.code is None
    await process.end(120, asyncio.Event())
    assert process.code == -15
    assert process.why() == "was killed by SIGTERM"


async def test_a_command_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    process = await Process.start(["/no/such/program"], {}, tmp_path, log)
    assert await process.wait(120)
    assert process.code == 1
    told = "/no/such/program could not be started: No such file or directory."
    assert process.why() == f'ended with exit code 1 (last line: "{told}")'


def test_it_does_not_start_when_its_parent_is_already_gone() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", LAUNCH, str(os.getppid()), sys.executable, "-c", "print('started')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
