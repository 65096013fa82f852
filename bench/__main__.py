"""``python -m bench``: every measurement, on programs of its own that run for as long as it takes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bench import policy, telegram, turns, understanding
from tests.live import own_settings, saywhy


def main() -> int:
    """Run them one after the other and print their figures.

    Gives 1 when a decision, a training or the understanding of a message took longer than it may.
    """
    status = policy.main() | understanding.measure()
    with tempfile.TemporaryDirectory() as folder:
        own = own_settings(Path(folder))
        began = time.perf_counter()
        with saywhy(own):
            print(f"ready after  {time.perf_counter() - began:.1f} s (model trained before)")
            asyncio.run(turns.measure(own))
    asyncio.run(telegram.measure(telegram.Load(chats=100, every=10, seconds=20), real=False))
    return status


if __name__ == "__main__":
    sys.exit(main())
