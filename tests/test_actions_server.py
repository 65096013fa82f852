"""The action server as a process, as Rasa meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.settings import ROOT
from tests.supervise.running import free_port


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("actions") / "log"


@pytest.fixture(scope="module")
def server(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running action server."""
    environ = os.environ | {"SAYWHY_ACTIONS_PORT": str(port), "SAYWHY_DATA_DIR": str(log.parent / "var")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "actions"], cwd=ROOT, env=environ, stdout=output, stderr=output
        )
    until = time.monotonic() + 180
    while not _healthy(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.mark.usefixtures("server")
def test_it_has_the_actions_that_the_domain_names(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/actions", timeout=60) as response:
        names = {action["name"] for action in json.load(response)}
    assert {"action_answer", "action_person", "action_clarify"} <= names


@pytest.mark.usefixtures("server")
def test_an_unknown_action_is_refused(port: int) -> None:
    body = json.dumps({"next_action": "action_none", "tracker": {"sender_id": "x"}, "domain": {}}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/webhook", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=60)
    assert error.value.code == 404


def test_it_listens_on_loopback_alone(server: subprocess.Popen[bytes], port: int) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(server.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [tuple(address) for address in listening] == [("127.0.0.1", port)]


def test_it_is_one_process_and_ends_when_told(server: subprocess.Popen[bytes], log: Path) -> None:
    assert psutil.Process(server.pid).children(recursive=True) == []
    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0
    assert "Traceback" not in log.read_text()
