"""A second gateway on the same SQLite file, with real processes: it refuses, and may start once the first has died."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import replace
from pathlib import Path

import aiohttp

from bot.settings import ROOT, Settings, environment
from tests.live import free_ports

_PATIENCE = 240


async def _start(own: Settings) -> Process:
    command = [sys.executable, "-m", "bot", "gateway"]
    environ = {**os.environ, **environment(own)}
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stdout=PIPE, stderr=PIPE)


async def _until_ready(own: Settings) -> None:
    async with asyncio.timeout(_PATIENCE), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{own.port}/v1/council") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def test_a_second_gateway_on_one_sqlite_file_refuses_until_the_first_is_dead(tmp_path: Path) -> None:
    ports = free_ports(2)
    one, two = (replace(Settings(data_dir=tmp_path), port=port) for port in ports)
    first = await _start(one)
    try:
        await _until_ready(one)
        second = await _start(two)
        _, said = await asyncio.wait_for(second.communicate(), _PATIENCE)
        assert second.returncode == 2
        told = said.decode().strip().splitlines()[-1]
        assert told.startswith("Another gateway already uses the database")
        assert "SAYWHY_DATA_DIR" in told
        await _until_ready(one)  # nothing has happened to the first
        first.send_signal(signal.SIGKILL)
        await first.wait()
        third = await _start(two)
        try:
            await _until_ready(two)
        finally:
            third.terminate()
            await third.communicate()
    finally:
        if first.returncode is None:
            first.kill()
            await first.communicate()
