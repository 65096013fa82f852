"""The set-up script, with stand-ins for interpreters and for uv."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.install import only_one
from bot.settings import ROOT
from bot.setup import browser, environments, pythons, steps
from bot.setup.environments import Environment
from bot.setup.steps import Problem


def executable(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def interpreter(path: Path, version: str) -> str:
    """A program that answers the question that ``probe`` asks as a Python of that version does."""
    return executable(path, f"echo '{version.replace('.', ' ')}'; echo '{path}'")


def shim(path: Path) -> str:
    """A pyenv shim without a Python behind it."""
    return executable(path, "echo 'pyenv: command not found' >&2; exit 127")


@pytest.fixture
def python38(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The set-up runs on a Python that is too old for everything."""
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path / "old" / "python3", "3.8.1"))


def find(environment: Environment, tmp_path: Path) -> str | None:
    environ = {"PATH": f"{tmp_path / 'bin'}:{tmp_path / 'other'}", "HOME": str(tmp_path / "home")}
    found = pythons.find_python(environment.accepts, environ)
    return str(Path(found.path).relative_to(tmp_path)) if found else None


def test_the_running_python_is_taken_when_it_fits() -> None:
    found = pythons.find_python(environments.APP.accepts, {})
    assert found == pythons.Python(sys.executable, tuple(sys.version_info[:3]))


@pytest.mark.usefixtures("python38")
def test_a_shim_that_fails_is_passed_over(tmp_path: Path) -> None:
    shim(tmp_path / "bin" / "python3.10")
    assert find(environments.BRAIN, tmp_path) is None
    interpreter(tmp_path / "other" / "python3.10", "3.10.4")
    assert find(environments.BRAIN, tmp_path) == "other/python3.10"


@pytest.mark.usefixtures("python38")
def test_a_name_is_not_believed(tmp_path: Path) -> None:
    interpreter(tmp_path / "bin" / "python3.10", "3.9.1")
    interpreter(tmp_path / "bin" / "python3.11", "3.10.2")
    assert find(environments.BRAIN, tmp_path) == "bin/python3.11"
    assert find(environments.APP, tmp_path) is None


@pytest.mark.usefixtures("python38")
def test_pyenv_is_searched_the_newest_first(tmp_path: Path) -> None:
    for version in ("3.9.18", "3.10.2", "3.10.13", "3.11.7", "3.13.0"):
        interpreter(tmp_path / "home" / ".pyenv" / "versions" / version / "bin" / "python3", version)
    assert find(environments.BRAIN, tmp_path) == "home/.pyenv/versions/3.10.13/bin/python3"
    assert find(environments.APP, tmp_path) == "home/.pyenv/versions/3.13.0/bin/python3"


@pytest.mark.usefixtures("python38")
def test_path_goes_before_pyenv(tmp_path: Path) -> None:
    interpreter(tmp_path / "home" / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3", "3.13.0")
    interpreter(tmp_path / "bin" / "python3.12", "3.12.1")
    assert find(environments.APP, tmp_path) == "bin/python3.12"


@pytest.mark.parametrize("answer", ["exit 1", "echo nonsense", "echo 3 10", "true"])
def test_a_program_that_is_no_python_is_none(tmp_path: Path, answer: str) -> None:
    assert pythons.probe(executable(tmp_path / "python3.10", answer)) is None
    assert pythons.probe(str(tmp_path / "missing")) is None


def test_uv_is_pinned_with_hashes_and_nothing_else() -> None:
    requirement = environments.uv_requirement()
    assert re.match(r"uv==\d", requirement)
    assert "--hash=sha256:" in requirement
    assert len(re.findall(r"^\w\S*==", requirement, re.MULTILINE)) == 1


def test_the_locks_have_hashes_and_name_no_registry() -> None:
    locks = [
        *environments.APP_LOCKS,
        *environments.APP_DEV_LOCKS,
        *environments.BRAIN_LOCKS,
        *environments.BRAIN_DEV_LOCKS,
    ]
    assert len(locks) == 5
    for lock in locks:
        text = (ROOT / lock).read_text()
        assert len(re.findall(r"^\w\S*==", text, re.MULTILINE)) > 0
        assert len(re.findall(r"^\w\S*==.*\\\n +--hash=sha256:", text, re.MULTILINE)) == len(
            re.findall(r"^\w", text, re.MULTILINE)
        )
        assert "://" not in text


# --- making environments: a real interpreter, a uv that writes down how it was called

FAKE_UV = """echo "$@" >> "{calls}"
case "$1" in
  venv) shift 3; exec "{python}" -m venv --without-pip "$1" ;;
  pip) exit "$(cat "{status}")" ;;
esac"""


class Yard:
    """A project folder with two environments to make, both for the Python that runs the tests."""

    def __init__(self, root: Path) -> None:
        self.root, self.calls, self.status = root, root / "calls", root / "status"
        self.status.write_text("0")
        for lock in ("a.txt", "dev.txt"):
            (root / lock).write_text(lock)
        python = sys.version_info[:2]
        self.environment = Environment(".venv", ["a.txt"], ["dev.txt"], lambda v: v[:2] == python, "3", "none")
        executable(root / "bin" / "uv", FAKE_UV.format(calls=self.calls, python=sys.executable, status=self.status))

    def ensure(self, dev: bool = False) -> list[str]:
        """Run the set-up; give the uv commands that it took."""
        self.calls.write_text("")
        environments.ensure(self.environment, dev)
        return [" ".join(line.split()[:2]) for line in self.calls.read_text().splitlines() if "--version" not in line]

    def stamp(self) -> dict[str, object]:
        return dict(json.loads(Path(self.environment.stamp).read_text()))


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setattr(environments, "ROOT", str(tmp_path))
    monkeypatch.setattr(steps, "ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    yard = Yard(tmp_path)
    monkeypatch.setattr(environments, "APP", yard.environment)
    return yard


MADE = ["venv --python", "pip sync"]


def test_it_is_made_once(yard: Yard) -> None:
    assert yard.ensure() == MADE
    assert yard.ensure() == []
    sync = environments.locks_of(yard.environment, False)
    assert sync == ["a.txt"]


def test_a_changed_lock_brings_it_up_to_date_in_place(yard: Yard) -> None:
    yard.ensure()
    (yard.root / "a.txt").write_text("newer")
    assert yard.ensure() == ["pip sync"]
    assert yard.ensure() == []


def test_test_packages_are_added_and_stay(yard: Yard) -> None:
    yard.ensure()
    assert yard.ensure(dev=True) == ["pip sync"]
    assert yard.ensure(dev=False) == []
    (yard.root / "a.txt").write_text("newer")
    yard.ensure(dev=False)
    assert "a.txt dev.txt" in yard.calls.read_text()


def test_packages_are_checked_by_hash_and_compiled(yard: Yard) -> None:
    yard.ensure()
    sync = yard.calls.read_text().splitlines()[-1]
    assert "--require-hashes" in sync
    assert "--compile-bytecode" in sync


def test_a_half_made_one_is_made_anew(yard: Yard) -> None:
    yard.status.write_text("1")
    with pytest.raises(Problem, match=r"^The packages of \.venv could not be installed:"):
        yard.ensure()
    Path(yard.environment.path, "leftover").write_text("x")
    yard.status.write_text("0")
    assert yard.ensure() == MADE
    assert not Path(yard.environment.path, "leftover").exists()


def test_a_failed_update_is_made_anew(yard: Yard) -> None:
    yard.ensure()
    (yard.root / "a.txt").write_text("newer")
    yard.status.write_text("1")
    with pytest.raises(Problem):
        yard.ensure()
    yard.status.write_text("0")
    assert yard.ensure() == MADE


def test_one_whose_python_went_away_is_made_anew(yard: Yard) -> None:
    yard.ensure()
    Path(yard.environment.python).unlink()
    assert yard.ensure() == MADE


def test_one_that_was_moved_is_made_anew(yard: Yard) -> None:
    yard.ensure()
    stamp = yard.stamp() | {"path": "/elsewhere/.venv"}
    Path(yard.environment.stamp).write_text(json.dumps(stamp))
    assert yard.ensure() == MADE


def test_bytecode_is_written_whatever_the_shell_says() -> None:
    cleaned = steps.clean_environ({"PYTHONDONTWRITEBYTECODE": "1", "VIRTUAL_ENV": "/x", "HOME": "/h"})
    assert cleaned == {"HOME": "/h"}


def test_no_python_and_no_uv_names_three_ways(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_python", lambda *_: None)
    monkeypatch.setattr(environments, "find_uv", lambda *_: None)
    with pytest.raises(Problem) as problem:
        environments.create(environments.BRAIN, None)
    assert len(re.findall(r"^  - ", str(problem.value), re.MULTILINE)) == 3
    assert "Rasa needs Python 3.10" in str(problem.value)


def test_a_uv_that_cannot_fetch_one_names_three_ways_too(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_python", lambda *_: None)
    uv = executable(yard.root / "bin" / "uv", "echo 'No download found' >&2; exit 2")
    with pytest.raises(Problem, match=r"Rasa needs Python 3\.10"):
        environments.create(environments.BRAIN, uv)


# --- the browser, and old Pythons


def test_a_browser_on_path_or_from_playwright_is_found(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    assert browser.find(environ) is None
    own = executable(tmp_path / ".cache/ms-playwright/chromium-1200/chrome-linux/chrome", "")
    assert browser.find(environ) == own
    chrome = executable(tmp_path / "bin" / "google-chrome", "")
    assert browser.find(environ) == chrome


def test_no_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match=r"need a browser.*\n.*chromium, chromium-browser, google-chrome"):
        browser.ensure()


def test_another_set_up_is_waited_for(yard: Yard) -> None:
    code = f"from bot.install import only_one\nwith only_one({str(yard.root)!r}): print('in')"
    with only_one(str(yard.root)):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert other.stdout is not None
        assert "Another set-up is at work here" in other.stdout.readline()
    assert other.communicate(timeout=120)[0] == "in\n"
