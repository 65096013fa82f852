"""The two Python environments, and how they are made from their locks."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

from bot.setup.pythons import Version, find_python, probe
from bot.setup.steps import ROOT, Problem, last_lines, must, run, step

APP_LOCKS = ("requirements.txt",)
APP_DEV_LOCKS = ("requirements-dev.txt",)
BRAIN_LOCKS = ("bot/brain/requirements.txt", "bot/brain/requirements-model.txt")
BRAIN_DEV_LOCKS = ("bot/brain/requirements-dev.txt",)

NO_PYTHON = """Saywhy needs Python 3.11 or newer, and found none.
Install it in one of these ways, then run the same command again:
  - from your system's packages, for instance: apt-get install python3 python3-venv
  - with pyenv: pyenv install 3.12
  - with uv: uv python install 3.12"""

NO_PYTHON_310 = """Rasa needs Python 3.10, and it was not found.
Install it in one of these ways, then run the same command again:
  - with pyenv: pyenv install 3.10
  - with uv (it downloads a ready-built one): uv python install 3.10
  - from your system's packages, so that 'python3.10' runs in a shell"""


@dataclass(frozen=True)
class Environment:
    """One of the two environments: where it is, which Python it wants, what goes into it."""

    folder: str
    locks: Sequence[str]
    dev_locks: Sequence[str]
    accepts: Callable[[Version], bool]
    fetch: str  # the version that uv is asked for when no interpreter is found
    missing: str  # what to say when uv has none either

    @property
    def path(self) -> str:
        return os.path.join(ROOT, self.folder)

    @property
    def python(self) -> str:
        return os.path.join(self.path, "bin", "python")

    @property
    def stamp(self) -> str:
        return os.path.join(self.path, "saywhy-stamp.json")


APP = Environment(".venv", APP_LOCKS, APP_DEV_LOCKS, lambda v: v[:2] >= (3, 11), "3.12", NO_PYTHON)
BRAIN = Environment(".venv-brain", BRAIN_LOCKS, BRAIN_DEV_LOCKS, lambda v: v[:2] == (3, 10), "3.10", NO_PYTHON_310)


def find_uv(environ: Mapping[str, str]) -> str | None:
    """A uv that runs: the project's own, else one on PATH, else None."""
    for path in (os.path.join(APP.path, "bin", "uv"), shutil.which("uv", path=environ.get("PATH", ""))):
        if path and run([path, "--version"])[0] == 0:
            return path
    return None


def uv_requirement() -> str:
    """The part of the lock that pins uv, with its hashes."""
    with open(os.path.join(ROOT, APP_LOCKS[0]), encoding="utf-8") as lock:
        found = re.search(r"^uv==.*\n(?:[ ].*\n)*", lock.read(), re.MULTILINE)
    if not found:
        raise Problem(f"{APP_LOCKS[0]} does not pin uv. 'make lock' makes it anew.")
    return found.group()


def install_uv() -> str:
    """Put the locked uv into the environment of the application with pip, and give its path."""
    with step("uv, with pip") as tick, tempfile.TemporaryDirectory() as folder:
        requirement = os.path.join(folder, "uv.txt")
        with open(requirement, "w", encoding="utf-8") as file:
            file.write(uv_requirement())
        pip = [APP.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        must([*pip, "--require-hashes", "-r", requirement], tick, "uv could not be installed:")
    return os.path.join(APP.path, "bin", "uv")


def wanted_stamp(environment: Environment, version: Version, dev: bool) -> dict[str, object]:
    """What the finished environment is recorded as. Two equal stamps mean that there is nothing to do."""
    digest = hashlib.sha256()
    for lock in locks_of(environment, dev):
        with open(os.path.join(ROOT, lock), "rb") as file:
            digest.update(file.read())
    python = ".".join(str(part) for part in version)
    return {"python": python, "locks": digest.hexdigest(), "dev": dev, "path": environment.path}


def locks_of(environment: Environment, dev: bool) -> list[str]:
    return [*environment.locks, *(environment.dev_locks if dev else ())]


def read_stamp(environment: Environment) -> dict[str, object]:
    try:
        with open(environment.stamp, encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def remove(path: str) -> None:
    if os.path.islink(path):
        os.unlink(path)
    elif os.path.isdir(path):
        shutil.rmtree(path)


def create(environment: Environment, uv: str | None) -> None:
    """Make the environment, empty, in place of whatever is there.

    Raises:
        Problem: there is no fitting interpreter, or it cannot make environments.
    """
    python = find_python(environment.accepts, os.environ)
    if uv and uv.startswith(environment.path + os.sep):
        uv = shutil.which("uv")  # the environment that is about to go holds this one
    if uv:
        command = [uv, "venv", "--python", python.path if python else environment.fetch, environment.path]
    elif python:
        command = [python.path, "-m", "venv", environment.path]
    else:
        raise Problem(environment.missing)
    name = ".".join(map(str, python.version)) if python else f"{environment.fetch}, from uv"
    remove(environment.path)
    with step(f"{environment.folder}: Python {name}") as tick:
        code, output = run(command, tick)
    if code and python is None:
        raise Problem(f"{environment.missing}\nuv could not fetch one:\n{last_lines(output, 4)}")
    if code and "ensurepip" in output:
        raise Problem(f"Python {name} has no venv. On Debian and Ubuntu: apt-get install python3-venv")
    if code:
        raise Problem(f"{environment.folder} could not be made:\n{last_lines(output)}")


def ensure(environment: Environment, dev: bool) -> None:
    """Bring one environment up to date with its locks. Keeps test packages that it already has.

    Raises:
        Problem: no interpreter, or a package could not be installed. The environment is then unfinished and the next
            run makes it anew.
    """
    stamp = read_stamp(environment)
    dev = dev or stamp.get("dev") is True
    python = probe(environment.python) if stamp else None
    if python and environment.accepts(python.version):
        wanted = wanted_stamp(environment, python.version, dev)
        if stamp == wanted:
            return
        remake = stamp.get("python") != wanted["python"] or stamp.get("path") != wanted["path"]
    else:
        remake = True
    if remake:
        create(environment, find_uv(os.environ))
    else:
        os.unlink(environment.stamp)  # unfinished from here on
    uv = find_uv(os.environ) or install_uv()
    os.environ.setdefault("UV_SYSTEM_CERTS", "true")  # a council's own mirror has the council's own certificate
    with step(f"{environment.folder}: packages") as tick:
        sync = [uv, "pip", "sync", "--python", environment.python, "--require-hashes", "--compile-bytecode"]
        failed = f"The packages of {environment.folder} could not be installed:"
        must([*sync, *locks_of(environment, dev)], tick, failed)
    made = probe(environment.python)
    if made is None:
        raise Problem(f"{environment.folder} was made but its Python does not run.")
    with open(environment.stamp, "w", encoding="utf-8") as file:
        json.dump(wanted_stamp(environment, made.version, dev), file)
