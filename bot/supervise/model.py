"""The trained model: which file it is, and how it is made when it is missing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.ambient import Ambient
from bot.settings import ROOT, Settings
from bot.supervise.console import Console, short
from bot.supervise.log import Log
from bot.supervise.process import Failure, Process
from bot.supervise.programs import BRAIN_PYTHON, brain_environment

#: What a model is made from: when one of these files changes, so does the model.
INPUTS = (
    "config.yml",
    "domain.yml",
    "data/nlu/**/*.yml",
    "data/services/*.yml",
    "data/stories/**/*.yml",
    "data/answers/*.md",
    "bot/brain/*.py",
    "bot/brain/tuned.npz",
    "bot/brain/requirements*.txt",
)
KEEP = 3
#: A link in the folder of models to the one that Rasa takes when it starts again.
SERVING = "serving"

_OF_AN_ANSWER = (b"id:", b"area:")

_COMPONENT = re.compile(r"Starting to train component '(\w+)'")


def fingerprint(root: Path = ROOT) -> str:
    """16 hexadecimal digits that stand for the names and the contents of all inputs."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in INPUTS for path in root.glob(pattern)}):
        content = hashlib.sha256(_content(path)).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    """What the model takes from the file. Of a written answer it knows the area, not the words."""
    content = path.read_bytes()
    if path.suffix != ".md":
        return content
    return b"\n".join(line for line in content.split(b"\n---", 1)[0].splitlines() if line.startswith(_OF_AN_ANSWER))


def model_path(settings: Settings, root: Path = ROOT) -> Path:
    """Where the model of the present inputs is, or will be."""
    return settings.data_dir / "models" / f"{fingerprint(root)}.tar.gz"


def serving_path(settings: Settings) -> Path:
    """The link to the model that serves."""
    return settings.data_dir / "models" / SERVING


def serve_from_now(settings: Settings, model: Path) -> Path:
    """Let Rasa take this model when it starts or starts again. Gives the link, which is changed in one step."""
    link = serving_path(settings)
    made = link.with_name(f"{SERVING}-{Ambient().new_id()}")
    made.symlink_to(model.name)
    made.replace(link)
    return link


def served(settings: Settings) -> Path | None:
    """The model that serves; None when nothing was ever started here."""
    link = serving_path(settings)
    return link.resolve() if link.exists() else None


def train_command(out: Path) -> list[str]:
    """The command that trains a model into ``out``."""
    return [str(BRAIN_PYTHON), "-m", "bot.brain", "train", "--out", str(out)]


async def ensure_model(
    settings: Settings,
    console: Console,
    hurry: asyncio.Event,
    *,
    command: Callable[[Path], Sequence[str]] = train_command,
    root: Path = ROOT,
) -> Path:
    """The model of the present inputs, trained when there is none yet. The newest ``KEEP`` models are kept.

    Raises:
        Failure: the training failed. No model file is left behind.
    """
    model = model_path(settings, root)
    if model.exists():
        os.utime(model)  # the newest ones are kept
        console.fact("Model", "up to date")
        return model
    model.parent.mkdir(parents=True, exist_ok=True)
    made = model.with_name(f"new-{Ambient().new_id()}-{model.name}")  # in containers process ids are not unique
    with _training_in(model.parent):
        try:
            await _train(command(made), settings, console, hurry, root)
            if not made.exists():
                raise Failure(f"The training ended without a model. Its log: {short(_log(settings).path)}")
            made.rename(model)
        finally:
            made.unlink(missing_ok=True)
    kept = served(settings)
    for old in sorted(model.parent.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)[KEEP:]:
        if old.resolve() != kept:
            old.unlink(missing_ok=True)
            old.with_name(old.name.replace(".tar.gz", ".measured.json")).unlink(missing_ok=True)
    return model


@contextlib.contextmanager
def _training_in(models: Path) -> Iterator[None]:
    """Take away what killed trainings left, which would count among the models that are kept; then hold the folder.

    Trainings share a lock on it, of which the kernel lets go when a process ends, however it ends. While another one
    holds it, all is left to the next training. Process ids would not do: in a container they come again.
    """
    handle = os.open(models, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # held by another, or a network's disk that locks no folder
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in models.glob("new-*.tar.gz"):
                left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


async def _train(
    command: Sequence[str], settings: Settings, console: Console, hurry: asyncio.Event, root: Path
) -> None:
    log = _log(settings)
    environ = brain_environment(settings) | {"RASA_CACHE_DIRECTORY": str(settings.data_dir / "brain" / "cache")}
    with console.progress("Model") as show:
        process = await Process.start(command, environ, root, log)
        try:
            while not await process.wait(1.0):
                components = _COMPONENT.findall("\n".join(log.tail(200)))
                show(f"training {components[-1]}" if components else "training")
        finally:
            await process.end(5.0, hurry)
        if process.code:
            told = f"The training of the model {process.how()}. The end of {short(log.path)}:"
            raise Failure(told, log.tail(15))
        show("trained")


def _log(settings: Settings) -> Log:
    return Log(settings.data_dir / "logs" / "train.log")
