"""``python -m bot.brain.evaluate.timing``: how long the training takes, and understanding one message, on one core.

    --train     train on all examples first, in a process of its own: once from nothing, once with the sentence vectors
                kept, as after a change

Prints a line for each component and for the whole of Rasa's reading of a message: median and 95th percentile in
milliseconds, and processor time beside it, which other programs on the machine disturb less. The messages are the
held-out questions, one at a time, the first few left out.

One machine is at times twice as fast as at others. So the sentence encoder as packaged is timed in the same run; where
the limits were set it needed ``PACKAGED_MS``. Each figure is printed as measured and as it would be there, and the exit
code is 1 when the latter misses its limit.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from bot.brain.__main__ import quieten

LIMIT_MS, LIMIT_SECONDS = 15.0, 60.0
PACKAGED_MS = 7.2  # a sentence by the encoder as packaged, one core, where the limits were set
WARM = 20  # messages before the clock counts
COUNT = 300

Times = Dict[str, List[Tuple[float, float]]]  # wall and processor seconds, by component


def train(out: Path) -> float:
    """Seconds from start to end of ``python -m bot.brain train``. What it keeps for the next is beside ``out``."""
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(out.parent / "kept")}
    began = time.perf_counter()
    command = [sys.executable, "-m", "bot.brain", "train", "--out", str(out)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def slowness(texts: Sequence[str]) -> float:
    """How many times as long the machine takes now as where the limits were set."""
    import onnxruntime

    from bot.brain import encoder

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(encoder.find(encoder.NETWORK)), options)
    inputs = [encoder.feed(session, *encoder.padded([each.ids])) for each in encoder.word_pieces().encode_batch(texts)]
    taken = []
    with one_core():
        for given in inputs:
            began = time.perf_counter()
            session.run(None, given)
            taken.append(time.perf_counter() - began)
    median = 1000 * statistics.median(taken[WARM:])
    print(
        f"{'packaged encoder':<22} p50 {median:6.2f} ms, {PACKAGED_MS} where the limits were set: now everything takes "
        f"{median / PACKAGED_MS:.2f} times as long",
        flush=True,
    )
    return median / PACKAGED_MS


@contextmanager
def one_core() -> Iterator[None]:
    """Keep to one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def timed(times: Times, name: str, process: Callable[..., Any]) -> Callable[..., Any]:
    """``process`` of a component, whose calls are noted."""

    def noting(*given: Any, **named: Any) -> Any:
        wall, processor = time.perf_counter(), time.process_time()
        result = process(*given, **named)
        times.setdefault(name, []).append((time.perf_counter() - wall, time.process_time() - processor))
        return result

    return noting


def measure(model: Path, texts: Sequence[str]) -> Times:
    """How long each text takes, by component and as a whole, in seconds; texts are read one after the other."""
    from rasa.core.agent import Agent
    from threadpoolctl import threadpool_limits

    from bot.brain import speedups

    speedups.install()  # as the server does
    agent = Agent.load(str(model))
    times: Times = {}
    for node in agent.processor.graph_runner._instantiated_nodes.values():
        if node._component_class.__module__.startswith(("bot.brain", "rasa.nlu")):
            node._fn = timed(times, node._component_class.__name__, node._fn)

    async def read() -> None:
        for text in texts:
            wall, processor = time.perf_counter(), time.process_time()
            await agent.parse_message(text)
            times.setdefault("a message", []).append((time.perf_counter() - wall, time.process_time() - processor))

    with threadpool_limits(1):
        asyncio.run(read())
    return {name: seconds[WARM:] for name, seconds in times.items()}


def shown(name: str, seconds: Sequence[Tuple[float, float]]) -> str:
    """One line: median and 95th percentile in milliseconds, and the processor's median."""
    wall = sorted(1000 * each for each, _ in seconds)
    processor = 1000 * statistics.median(each for _, each in seconds)
    late = wall[int(0.95 * len(wall))]
    return f"{name:<22} p50 {statistics.median(wall):6.2f} ms   p95 {late:6.2f} ms   processor p50 {processor:6.2f} ms"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.brain.evaluate.timing", description="How long it takes.")
    parser.add_argument("--train", action="store_true", help="train a model for it")
    parser.add_argument("--model", type=Path, help="the model to measure, when none is trained")
    given = parser.parse_args(arguments)
    if given.train == bool(given.model):
        parser.error("Give exactly one of --train and --model.")
    quieten()
    from bot.brain.evaluate import data

    texts = [each.text for each in data.held_out()[: WARM + COUNT]]
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        model = given.model
        slow = slowness(texts)
        if given.train:
            model = Path(folder) / "measured.tar.gz"
            for name in ("training", "training again"):
                seconds, before = train(model), slow
                slow = slowness(texts)
                there = seconds / ((before + slow) / 2)
                missed = missed or there > LIMIT_SECONDS
                print(f"{name:<22} {seconds:.1f} s, {os.cpu_count()} cores; {there:.1f} s there", flush=True)
        with one_core():
            times = measure(model, texts)
        slow = (slow + slowness(texts)) / 2
    for name, found in times.items():
        print(shown(name, found))
    middle = 1000 * statistics.median(wall for wall, _ in times["a message"])
    print(f"{'a message':<22} {middle:.1f} ms; {middle / slow:.1f} ms there")
    print(f"limits: training {LIMIT_SECONDS:.0f} s, a message {LIMIT_MS:.0f} ms, there")
    return int(missed or middle / slow > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
