"""The second process of a training, which makes the sentence vectors."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TRAINING = """
import time
from bot.brain.__main__ import vectors_ahead
with vectors_ahead():
    time.sleep(600)
"""


def held(lock: Path) -> bool:
    """Whether a process holds the lock."""
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_until(wanted: bool, lock: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while held(lock) is not wanted:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_training_and_holds_up_no_later_one(number: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(tmp_path)}
    training = subprocess.Popen([sys.executable, "-c", TRAINING], env=environment)
    lock = tmp_path / "vectors.lock"
    try:
        wait_until(True, lock, 240)
    finally:
        training.send_signal(number)
        training.wait()
    wait_until(False, lock, 60)
    assert not (tmp_path / "vectors.npz").exists()  # it was ended: to make them all takes longer
