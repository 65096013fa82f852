"""Rasa without its command line: what ``python -m bot`` starts in Rasa's environment.

    python -m bot.brain train --out FILE.tar.gz      train on config.yml, domain.yml and data/, write the model there
    python -m bot.brain run --model FILE.tar.gz --port N      answer the gateway on 127.0.0.1:N

Run it in the project's folder. ``run`` reads SAYWHY_BRAIN_SECRET (the gateway's secret), SAYWHY_ACTIONS_PORT (port of
the action server) and SAYWHY_TRACKER_URL (the tracker's database). Both start sooner than ``rasa`` and print what
matters; ``rasa train``, ``rasa run`` and ``rasa data validate`` do the same work and stay usable.

Exit codes: 0 done, 1 failed (the last line says why), 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Iterator, List, Optional

import tqdm

from bot.brain import without_tensorflow

# Before Rasa is imported: nothing is reported to its makers, and TensorFlow keeps its notices to itself.
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

CONFIG, DOMAIN, DATA = "config.yml", "domain.yml", "data"
CREDENTIALS, ENDPOINTS = "credentials.yml", "endpoints.yml"
SUFFIX = ".tar.gz"


def train(out: Path) -> None:
    """Train a model into ``out``. Raises RasaException when the files cannot be used."""
    from rasa.model_training import train as rasa_train
    from rasa.shared.exceptions import RasaException

    from bot.brain import speedups

    gc.disable()  # it would look through all examples again and again, and there is next to nothing to collect
    whole = speedups.install_for_training()  # They keep no steps, so there are none to look for.
    began = time.monotonic()
    result = rasa_train(DOMAIN, CONFIG, [DATA], output=str(out.parent), fixed_model_name=out.name, force_training=whole)
    if result.code != 0 or not out.is_file():
        raise RasaException("Rasa trained no model.")
    print(f"Trained in {time.monotonic() - began:.0f} s: {out}", flush=True)


def run(model: Path, port: int) -> None:
    """Serve the gateway until told to stop. Raises RasaException when the model or the tracker cannot be used."""
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.shared.exceptions import RasaException

    if not model.is_file():
        raise RasaException(f"There is no model at {model}.")
    serve_application(
        str(model.resolve()),  # it may be a link, and names of models end in .tar.gz
        interface="127.0.0.1",
        port=port,
        credentials=CREDENTIALS,
        endpoints=AvailableEndpoints.read_endpoints(ENDPOINTS),
        enable_api=False,
    )


def main(arguments: Optional[List[str]] = None) -> int:
    """Read the command line and do it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.brain", description="Rasa without its command line.")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train a model")
    training.add_argument("--out", type=Path, required=True, help=f"the file to write, ending in {SUFFIX}")
    running = commands.add_parser("run", help="answer the gateway")
    running.add_argument("--model", type=Path, required=True, help="the trained model")
    running.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    given = parser.parse_args(arguments)
    if given.command == "train" and not given.out.name.endswith(SUFFIX):
        parser.error(f"--out must end in {SUFFIX}.")
    if given.command == "train":
        without_tensorflow.install(Path(CONFIG))
    else:
        without_tensorflow.install_for(given.model)
    with vectors_ahead() if given.command == "train" else nullcontext():
        quieten()
        from rasa.shared.exceptions import RasaException

        try:
            if given.command == "train":
                train(given.out)
            else:
                run(given.model, given.port)
        except RasaException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return 1
        return 0


@contextmanager
def vectors_ahead() -> Iterator[None]:
    """The examples' vectors are made meanwhile, in another process. It is silent: the training meets what it met."""
    command, silent = [sys.executable, "-m", "bot.brain.ahead"], subprocess.DEVNULL
    beside = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=silent, stderr=silent)
    try:
        yield
    finally:
        beside.kill()
        beside.wait()


def quieten() -> None:
    """Rasa's own logging, without its old libraries' warnings about each other and without progress bars in a file."""
    os.environ.setdefault("LOG_LEVEL", "INFO")
    draw = tqdm.std.tqdm.__init__
    tqdm.std.tqdm.__init__ = lambda bar, *args, **kwargs: draw(bar, *args, **{**kwargs, "disable": None})
    # Recorded, not filtered: Sanic sets filters of its own when it is imported.
    with warnings.catch_warnings(record=True):
        import rasa.core.run
        import rasa.core.training  # noqa: F401
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.io import configure_colored_logging
    from rasa.utils.log_utils import configure_structlog

    level = logging.getLevelName(os.environ["LOG_LEVEL"])
    configure_logging_and_warnings(level)
    configure_colored_logging(os.environ["LOG_LEVEL"])
    configure_structlog(level)
    warnings.filterwarnings("ignore", category=DeprecationWarning)


if __name__ == "__main__":
    sys.exit(main())
