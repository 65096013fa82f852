"""Rasa as a process of its own, the way the supervisor and a Rasa developer start it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from bot.brain import __main__ as entry
from tests.brain.doubles import SECRET, FakeActions, Gateway, free_port

PATIENCE = 400  # seconds
# What ``rasa`` does, with what a training is sped up by: without it most of a minute goes into copies and hashes.
VALIDATE = """
from pathlib import Path
from bot.brain import without_tensorflow
without_tensorflow.install(Path("config.yml"))
import rasa.__main__
from bot.brain import speedups
assert speedups.install_for_training()
rasa.__main__.main()
"""


async def test_it_starts_answers_and_stops(
    model: Path, actions: FakeActions, actions_port: int, tracker_url: str, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "SAYWHY_BRAIN_SECRET": SECRET,
        "SAYWHY_ACTIONS_PORT": str(actions_port),
        "SAYWHY_TRACKER_URL": tracker_url,
    }
    command = [sys.executable, "-m", "bot.brain", "run", "--model", str(model), "--port", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        async with aiohttp.ClientSession() as session:
            gateway = Gateway(session, f"http://127.0.0.1:{port}/webhooks/saywhy")
            assert (await ready(gateway, process))["status"] == "ready"
            status, body = await gateway.turn("m1", "the lorry left our rubbish")
            assert status == 200
            assert body["replies"][0]["custom"]["topics"][0]["name"] == "answer/missed-bin"
            for elsewhere in ("/", "/webhooks/rest/webhook", "/conversations/c1/tracker", "/model/parse"):
                async with session.post(f"http://127.0.0.1:{port}{elsewhere}", json={}) as answer:
                    assert answer.status in (404, 405)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    written = log.read_text(encoding="utf-8")
    assert "Rasa server is up and running" in written
    assert "Warning" not in written
    assert SECRET not in written
    assert "rubbish" not in written


async def ready(gateway: Gateway, process: subprocess.Popen[bytes]) -> dict[str, str]:
    for _ in range(PATIENCE * 10):
        assert process.poll() is None
        with suppress(aiohttp.ClientConnectionError):  # it does not listen yet
            status, body = await gateway.ready()
            if status == 200:
                return body
            assert (status, body) == (503, {"status": "not_ready"})  # it listens before the model is loaded
        await asyncio.sleep(0.1)
    raise AssertionError("It was not ready in time.")


def test_rasas_own_check_finds_nothing_to_complain_of() -> None:
    command = [sys.executable, "-c", VALIDATE, "data", "validate", "--fail-on-warnings"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "No story structure conflicts found" in done.stderr
    warned = [line for line in done.stderr.splitlines() if "UserWarning" in line]
    # Rasa 3 says the first whenever there is a slot; 'give' is what buttons say, never people; the others are found
    # without examples.
    unsaid = ("give", "gibberish", "other_language", "sum_up")
    expected = ("Slot auto-fill", *(f"The intent '{intent}' is listed" for intent in unsaid))
    assert [line for line in warned if not any(known in line for known in expected)] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--model", "none.tar.gz", "--port", "1"], "There is no model at none.tar.gz"),
        (["train", "--out", "model.zip"], "--out must end in .tar.gz"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = entry.main(arguments)
    except SystemExit as stop:
        code = int(str(stop.code))
    assert code in (1, 2)
    written = capsys.readouterr().err
    assert sentence in written
    assert "Traceback" not in written


def test_a_missing_secret_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAYWHY_ACTIONS_PORT", "1")
    monkeypatch.setenv("SAYWHY_TRACKER_URL", "sqlite://")
    monkeypatch.delenv("SAYWHY_BRAIN_SECRET", raising=False)
    assert entry.main(["run", "--model", str(model), "--port", "1"]) == 1
    assert "SAYWHY_BRAIN_SECRET" in capsys.readouterr().err


def test_a_training_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "domain.yml"
    broken.write_text('version: "3.1"\nintents: [greet]\nactions: [action_one, action_one]\n', encoding="utf-8")
    monkeypatch.setattr(entry, "DOMAIN", str(broken))
    monkeypatch.setattr(entry, "DATA", "tests/brain/answers.yml")
    assert entry.main(["train", "--out", str(tmp_path / "model.tar.gz")]) == 1
    assert "Duplicate actions in domain" in capsys.readouterr().err
    assert not (tmp_path / "model.tar.gz").exists()
