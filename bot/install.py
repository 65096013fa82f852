"""Makes the two Python environments, .venv and .venv-brain, from their locks. Standard library only.

Run by whatever ``python3`` there is: ``python3 bot/install.py [--dev]``. What is up to date is left alone; what an
earlier run did not finish is made anew. ``--dev`` adds what the tests need; once there, it stays. Ends with 0, or with 1
and one plain message that says what to do.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 8):  # noqa: UP036  (any python3 may run this file)
    sys.exit("Saywhy needs Python 3.11 or newer. This is Python {}.{}.".format(*sys.version_info[:2]))
if os.name != "posix":
    sys.exit("Saywhy runs on Linux and macOS. On Windows, use it inside the Windows Subsystem for Linux.")

import argparse
import contextlib
import dataclasses
import fcntl
import glob
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from typing import Callable, Iterator, Mapping, Sequence, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
Version = Tuple[int, ...]

APP_LOCKS = ("requirements.txt",)
APP_DEV_LOCKS = ("requirements-dev.txt",)
BRAIN_LOCKS = ("bot/brain/requirements.txt", "bot/brain/requirements-model.txt")
BRAIN_DEV_LOCKS = ("bot/brain/requirements-dev.txt",)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

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

NO_BROWSER = f"""The tests need a browser, and none was found.
Install Chromium or Google Chrome, so that one of these runs in a shell: {", ".join(BROWSERS)}"""


class Problem(Exception):
    """Set-up cannot go on. The message is for a person and says what to do."""


@dataclasses.dataclass(frozen=True)
class Python:
    """An interpreter that was run and answered."""

    path: str
    version: Version


@dataclasses.dataclass(frozen=True)
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


# --- running commands and showing steps


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` without what would turn the commands to another environment or stop bytecode from being written."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")
    return {name: value for name, value in environ.items() if name not in unwanted}


@contextlib.contextmanager
def step(title: str) -> Iterator[Callable[[], None]]:
    """Show ``title``, and at the end how long it took. Yields a function that refreshes the time on a terminal."""
    start, live = time.monotonic(), sys.stdout.isatty()

    def show(end: str) -> None:
        print("{}  {:<52}{:>7.1f} s".format("\r" if live else "", title, time.monotonic() - start), end=end, flush=True)

    if live:
        show("")
    else:
        print(f"  {title} ...", flush=True)
    try:
        yield lambda: show("") if live else None
    except BaseException:
        print(flush=True)
        raise
    show("\n")


def run(command: Sequence[str], tick: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Run ``command`` to its end and give its exit code and its output. ``tick`` is called about once a second."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=clean_environ(os.environ)
            )
        except OSError as error:
            return 127, str(error)
        try:
            while True:
                try:
                    code = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        except BaseException:
            process.kill()
            process.wait()
            raise
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def must(command: Sequence[str], tick: Callable[[], None], failed: str) -> None:
    """Run ``command``.

    Raises:
        Problem: it failed; the message is ``failed`` and the end of its output.
    """
    code, output = run(command, tick)
    if code:
        raise Problem("{}\n{}".format(failed, "\n".join("    " + line for line in output.strip().splitlines()[-20:])))


# --- finding interpreters and uv


def probe(path: str) -> Python | None:
    """The interpreter at ``path``, or None when it does not run (a pyenv shim may exist and fail) or lacks a part."""
    code = "import ssl, sqlite3, ctypes, bz2, zlib, sys; print(*sys.version_info[:3]); print(sys.executable)"
    try:
        done = subprocess.run(
            [path, "-I", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        )
        version, executable = done.stdout.decode().splitlines()
        return Python(executable, tuple(int(part) for part in version.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """Paths that may be Python interpreters, the likeliest first: the running one, those on PATH, pyenv's."""
    yield sys.executable
    for name in ("python3.13", "python3.12", "python3.11", "python3.10", "python3"):
        for folder in environ.get("PATH", "").split(os.pathsep):
            found = shutil.which(name, path=folder) if folder else None
            if found:
                yield found
    root = environ.get("PYENV_ROOT") or os.path.join(environ.get("HOME", ""), ".pyenv")
    versions = glob.glob(os.path.join(glob.escape(root), "versions", "3.*", "bin", "python3"))
    yield from sorted(versions, key=lambda path: [int(part) for part in re.findall(r"\d+", path)], reverse=True)


def find_python(accepts: Callable[[Version], bool], environ: Mapping[str, str]) -> Python | None:
    """The first interpreter that runs and whose version is accepted, or None."""
    tried = set()
    for path in candidates(environ):
        if path not in tried:
            tried.add(path)
            python = probe(path)
            if python and accepts(python.version):
                return python
    return None


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


# --- making environments


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
        raise Problem(environment.missing)
    if code and "ensurepip" in output:
        raise Problem(f"Python {name} has no venv. On Debian and Ubuntu: apt-get install python3-venv")
    if code:
        raise Problem(f"{environment.folder} could not be made:\n    {output.strip()[-2000:]}")


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
    with step(f"{environment.folder}: packages") as tick:
        sync = [uv, "pip", "sync", "--python", environment.python, "--require-hashes", "--compile-bytecode"]
        failed = f"The packages of {environment.folder} could not be installed:"
        must([*sync, *locks_of(environment, dev)], tick, failed)
    made = probe(environment.python)
    if made is None:
        raise Problem(f"{environment.folder} was made but its Python does not run.")
    with open(environment.stamp, "w", encoding="utf-8") as file:
        json.dump(wanted_stamp(environment, made.version, dev), file)


# --- the browser for tests


def find_browser(environ: Mapping[str, str]) -> str | None:
    """The path of a browser that the tests can drive: one on PATH or one that playwright installed, else None."""
    for name in BROWSERS:
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found:
            return found
    home = environ.get("HOME", "")
    caches = (home + "/.cache/ms-playwright", home + "/Library/Caches/ms-playwright")
    for folder in (environ.get("PLAYWRIGHT_BROWSERS_PATH", ""), *caches):
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
            found_here = sorted(glob.glob(os.path.join(glob.escape(folder), pattern))) if folder else []
            if found_here:
                return found_here[-1]
    return None


def ensure_browser() -> None:
    """Check that there is a browser. As root on Debian or Ubuntu one is installed.

    Raises:
        Problem: there is none.
    """
    if find_browser(os.environ):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step("Chromium, for the tests") as tick:
            must(["apt-get", "update"], tick, NO_BROWSER)
            must(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "chromium"], tick, NO_BROWSER)
    if not find_browser(os.environ):
        raise Problem(NO_BROWSER)


# --- the command


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Wait until no other set-up works in this folder."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  Another set-up is at work here. Waiting for it.", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Make the two Python environments from their locks.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    dev = parser.parse_args(arguments).dev
    try:
        with only_one():
            ensure(APP, dev)
            ensure(BRAIN, dev)
            if dev:
                ensure_browser()
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run takes it up again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
