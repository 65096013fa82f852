"""How long the model takes to train from nothing, and to understand a message on one core, component by component.

    python -m bench.understanding [--model FILE]

The measurement itself runs in Rasa's environment: ``bot/brain/evaluate/timing.py`` says what it prints.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from bot.supervise.programs import BRAIN_PYTHON


def measure(arguments: Sequence[str] = ("--train",)) -> int:
    """Measure and print; 1 when training takes more than 60 s or a message more than 15 ms (median) where these limits
    were set: the sentence encoder as packaged, timed in the same run, says how fast this machine is beside that one.
    """
    print("understanding, one message at a time on one core", flush=True)
    return subprocess.run([str(BRAIN_PYTHON), "-m", "bot.brain.evaluate.timing", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1:] or ("--train",)))
