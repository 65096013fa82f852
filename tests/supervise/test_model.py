"""The trained model: named by its inputs, made once, swapped in whole."""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.supervise.console import Console
from bot.supervise.model import KEEP, ensure_model, fingerprint, serve_from_now
from bot.supervise.process import Failure

FILES = (
    "config.yml",
    "domain.yml",
    "data/nlu/talk.yml",
    "data/nlu/answers/bins.yml",
    "data/stories/rules.yml",
    "bot/brain/encoder.py",
    "bot/brain/tuned.npz",
    "bot/brain/requirements.txt",
    "bot/brain/requirements-model.txt",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def works(out: Path) -> Sequence[str]:
    return [sys.executable, "-c", f"open({str(out)!r}, 'w').write('a model')"]


def fails(out: Path) -> Sequence[str]:
    code = f"open({str(out)!r}, 'w').write('half'); print('Rasa'); raise SystemExit('The domain is not valid.')"
    return [sys.executable, "-c", code]


async def made(project: Path, command: Callable[[Path], Sequence[str]] = works) -> tuple[Path, str]:
    out = io.StringIO()
    settings = Settings(data_dir=project.parent / "var")
    path = await ensure_model(settings, Console(out), asyncio.Event(), command=command, root=project)
    return path, out.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_every_input_counts(project: Path, name: str) -> None:
    before = fingerprint(project)
    (project / name).write_text("changed")
    assert fingerprint(project) != before


def test_new_and_renamed_inputs_count_and_others_do_not(project: Path) -> None:
    seen = {fingerprint(project)}
    (project / "data/nlu/new.yml").write_text("x")
    seen.add(fingerprint(project))
    (project / "data/nlu/new.yml").rename(project / "data/nlu/newer.yml")
    seen.add(fingerprint(project))
    assert len(seen) == 3
    (project / "README.md").write_text("x")
    (project / "bot/brain/__pycache__").mkdir()
    (project / "bot/brain/__pycache__/encoder.pyc").write_text("x")
    assert fingerprint(project) in seen


async def test_a_model_is_trained_once(project: Path) -> None:
    path, said = await made(project)
    assert path.read_text() == "a model"
    assert path.name == f"{fingerprint(project)}.tar.gz"
    assert "trained, " in said
    again, said = await made(project, fails)  # would fail if it ran
    assert again == path
    assert said == "  Model            up to date\n"


async def test_the_last_three_models_are_kept(project: Path) -> None:
    paths = []
    for number in range(KEEP + 2):
        (project / "config.yml").write_text(str(number))
        path, _ = await made(project)
        os.utime(path, (number, number))
        paths.append(path)
    assert sorted(paths[-KEEP:]) == sorted(paths[0].parent.iterdir())


async def test_a_failed_training_is_told_and_leaves_no_model(project: Path) -> None:
    with pytest.raises(Failure) as failure:
        await made(project, fails)
    told = str(failure.value)
    assert re.fullmatch(r"The training of the model ended with exit code 1\. The end of .*train\.log:", told)
    assert set(failure.value.lines) == {"Rasa", "The domain is not valid."}
    assert list((project.parent / "var/models").iterdir()) == []
    assert "The domain is not valid." in (project.parent / "var/logs/train.log").read_text()


async def test_a_training_that_makes_nothing_is_a_failure(project: Path) -> None:
    with pytest.raises(Failure, match="ended without a model"):
        await made(project, lambda out: [sys.executable, "-c", ""])


async def test_an_interrupted_training_leaves_nothing(project: Path) -> None:
    def sleeps(out: Path) -> Sequence[str]:
        return [sys.executable, "-c", f"open({str(out)!r}, 'w').write('half'); import time; time.sleep(600)"]

    models = project.parent / "var/models"
    task = asyncio.create_task(made(project, sleeps))
    async with asyncio.timeout(120):
        while not list(models.glob("new-*")):
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("name", [f"new-{os.getppid()}-x.tar.gz", "new-half-x.tar.gz", "new-.tar.gz"])
async def test_what_a_killed_training_left_is_taken_away(project: Path, name: str) -> None:
    left = project.parent / "var" / "models" / name
    left.parent.mkdir(parents=True)
    left.write_text("half a model")
    await made(project)
    assert not left.exists()


async def test_what_another_training_is_writing_stays(project: Path) -> None:
    models = project.parent / "var" / "models"

    def waits(out: Path) -> Sequence[str]:
        code = f"import pathlib, time; out = pathlib.Path({str(out)!r}); out.write_text('half')\n"
        return [sys.executable, "-c", code + "while not out.with_name('go').exists(): time.sleep(0.02)"]

    first = asyncio.create_task(made(project, waits))
    async with asyncio.timeout(120):
        while not list(models.glob("new-*")):
            await asyncio.sleep(0.02)
    [in_work] = models.glob("new-*")
    (project / "config.yml").write_text("changed")
    await made(project)
    assert in_work.exists()
    (models / "go").touch()
    path, _ = await first
    assert path.read_text() == "half"


async def test_two_trainings_of_the_same_inputs_do_not_share_a_file(project: Path) -> None:
    """As in two containers on one volume, where process ids are the same."""
    models = project.parent / "var" / "models"

    def waits(out: Path) -> Sequence[str]:
        code = f"import pathlib, time; out = pathlib.Path({str(out)!r}); out.write_text('half')\n"
        code += "while not out.with_name('go').exists(): time.sleep(0.02)\n"
        return [sys.executable, "-c", code + "out.write_text(out.read_text() + ' and half')"]

    first = asyncio.create_task(made(project, waits))
    async with asyncio.timeout(120):
        while not list(models.glob("new-*")):
            await asyncio.sleep(0.02)
    await made(project)
    (models / "go").touch()
    path, _ = await first
    assert path.read_text() == "half and half"
    assert list(models.glob("new-*")) == []


def test_a_link_that_another_is_making_is_left_to_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=project.parent / "var")
    models = project.parent / "var" / "models"
    models.mkdir(parents=True)
    both = [models / f"{name}.tar.gz" for name in "ab"]
    link = Path.symlink_to

    def meanwhile(self: Path, target: str) -> None:
        monkeypatch.setattr(Path, "symlink_to", link)
        link(self, target)
        serve_from_now(settings, both[1])

    monkeypatch.setattr(Path, "symlink_to", meanwhile)
    made_link = serve_from_now(settings, both[0])
    assert made_link.readlink() == Path("a.tar.gz")
    assert list(models.iterdir()) == [made_link]
