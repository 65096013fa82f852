"""``kill -9`` of the program that publishes, at each step of a publication, of its undo, and of the way back.

The program is real and so is the kill; only Rasa is played. Afterwards, as after a restart of the machine: the old
state whole or the new one whole, the record as it was, and the editor can go on.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.learning import change, editors, journal, trial
from bot.learning.change import FileChange
from bot.learning.worker import Worker
from bot.settings import ROOT
from bot.store import drafts, publications
from bot.store.drafts import Draft
from bot.store.staff import Account
from bot.supervise.model import fingerprint, model_path, serve_from_now, served
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.learning.conftest import account
from tests.learning.publisher import BACK, STEPS
from tests.learning.test_editors import files, publication_of, write

#: By these the files are on disk as they shall be, so the start alone makes the new state.
WRITTEN = STEPS[STEPS.index("noted: after") :]


@pytest.fixture
def models(services: Services, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models that have the names of their files, as real ones; a trial makes one, and ends at once."""
    folder = services.settings.data_dir / "models"
    for old in folder.iterdir():
        old.unlink()
    model_path(services.settings, services.root).write_bytes(b"a model")
    serve_from_now(services.settings, model_path(services.settings, services.root))

    async def run(_settings: object, name: str, changes: list[FileChange], *_: Any) -> trial.Result:
        copy = services.settings.data_dir / "copies" / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(services.root, copy)
        change.write(copy, changes)
        made = folder / f"{fingerprint(copy)}.tar.gz"
        made.write_bytes(b"a model")
        return trial.Result([], fingerprint(services.root), made.name, {"before": {}, "after": {}})

    monkeypatch.setattr(trial, "run", run)
    return folder


Killed = Callable[[str], Awaitable[None]]


@pytest.fixture(scope="module")
def publishers() -> Iterator[subprocess.Popen[str]]:
    """The program from which those that are killed are forked: to import everything takes far longer than to die."""
    command = [sys.executable, "-m", "tests.learning.publisher"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture
def killed(services: Services, publishers: subprocess.Popen[str]) -> Killed:
    """Publishes what is to be published in a program of its own, which is killed at the step that is named."""

    async def kill(step: str) -> None:
        assert publishers.stdin
        assert publishers.stdout
        print(
            json.dumps([str(services.settings.data_dir), str(services.root), step]), file=publishers.stdin, flush=True
        )
        ended = await asyncio.to_thread(publishers.stdout.readline)
        assert ended == f"{-signal.SIGKILL}\n", f"it was not killed at '{step}'"

    return kill


def start(services: Services) -> None:
    """What ``bot run`` does before Rasa starts. The model of the files must be there: a half state has none."""
    journal.finish(services.settings, services.root)
    model = model_path(services.settings, services.root)
    assert model.exists(), "the files are neither as before nor as after"
    serve_from_now(services.settings, model)


async def goes_on(services: Services, brain: FakeBrain, draft_id: str) -> Draft:
    """The worker of the gateway that started, until it has done what there is to do."""
    worker = Worker(services.store, services.settings, brain, services.root)
    await worker.start()
    await worker.work()
    await worker.stop()
    assert journal.read(services.settings) is None
    assert list(services.root.rglob("*.new")) == []
    return await editors.read(services.store, draft_id)


async def tried(services: Services, worker: Worker, draft_id: str) -> Draft:
    await worker.work()
    found = await editors.read(services.store, draft_id)
    assert found.state == "tried"
    return found


async def sent(services: Services, who: Account, draft: Draft) -> None:
    assert await editors.send(services.store, who, draft, accepted=True, root=services.root) == "publishing"


async def numbers(services: Services) -> Sequence[int]:
    async with services.store.read() as connection:
        return [one.number for one in await publications.everything(connection)]


def serving(services: Services) -> str:
    found = served(services.settings)
    assert found is not None
    return found.name


@pytest.mark.parametrize("step", STEPS)
async def test_killed_while_publishing_and_while_undoing(
    services: Services, worker: Worker, brain: FakeBrain, models: Path, killed: Killed, step: str
) -> None:
    edie, before, former = await account(services.store, "edie"), files(services.root), serving(services)
    draft = await tried(services, worker, (await write(services, edie)).id)
    assert draft.trial is not None
    await sent(services, edie, draft)
    await killed(step)
    start(services)
    assert serving(services) == (draft.trial["model"] if step in WRITTEN else former)
    assert (await goes_on(services, brain, draft.id)).state == "published"
    after = files(services.root)
    assert after.keys() - before.keys() == {"data/answers/keep-hens-at-home.md"}
    assert "answer/keep-hens-at-home" in after["data/nlu/answers/parks.yml"]
    assert (serving(services), await numbers(services)) == (draft.trial["model"], [1])

    one = await publication_of(services.store, draft.id)
    undo_id = await editors.begin_undo(services.store, edie, services.policies, one, root=services.root)
    await sent(services, edie, await tried(services, worker, undo_id))
    await killed(step)
    start(services)
    assert files(services.root) == (before if step in WRITTEN else after)
    assert (await goes_on(services, brain, undo_id)).state == "published"
    assert files(services.root) == before
    assert (serving(services), await numbers(services)) == (former, [2, 1])
    assert (await publication_of(services.store, draft.id)).undone_by == 2


@pytest.mark.parametrize("step", BACK)
async def test_killed_while_a_refused_publication_is_taken_back(
    services: Services, worker: Worker, brain: FakeBrain, models: Path, killed: Killed, step: str
) -> None:
    edie, before, former = await account(services.store, "edie"), files(services.root), serving(services)
    draft = await tried(services, worker, (await write(services, edie)).id)
    await sent(services, edie, draft)
    await killed(step)
    start(services)
    assert (files(services.root), serving(services)) == (before, former)
    brain.down = "model"
    back = await goes_on(services, brain, draft.id)
    assert (files(services.root), serving(services), await numbers(services)) == (before, former, [])
    assert back.trial is not None
    assert back.trial["problems"] == ["The assistant could not take up the new model. Nothing was changed."]

    brain.down = None  # and the editor goes on
    await editors.try_again(services.store, back)
    await sent(services, edie, await tried(services, worker, draft.id))
    await worker.work()
    assert await numbers(services) == [1]


async def test_refused_after_a_crash_the_former_model_serves(
    services: Services, worker: Worker, brain: FakeBrain, models: Path, killed: Killed
) -> None:
    """The link leads to the new model already when the second try finds that it cannot be used."""
    edie, former = await account(services.store, "edie"), serving(services)
    draft = await tried(services, worker, (await write(services, edie)).id)
    await sent(services, edie, draft)
    await killed("link: after")
    start(services)
    assert serving(services) != former
    brain.down = "model"
    assert (await goes_on(services, brain, draft.id)).state == "tried"
    assert serving(services) == former == model_path(services.settings, services.root).name


async def test_a_model_that_is_not_kept_any_more_changes_nothing(
    services: Services, worker: Worker, models: Path
) -> None:
    edie, before = await account(services.store, "edie"), files(services.root)
    draft = await tried(services, worker, (await write(services, edie)).id)
    assert draft.trial is not None
    await sent(services, edie, draft)
    (models / draft.trial["model"]).unlink()
    await worker.work()
    found = await editors.read(services.store, draft.id)
    assert files(services.root) == before
    assert found.trial is not None
    assert found.trial["problems"] == [
        "The model of this trial is not kept any more. Try it again. Nothing was changed."
    ]


async def test_files_changed_by_hand_meanwhile_end_in_words_and_not_in_a_loop(
    services: Services, worker: Worker, brain: FakeBrain, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edie, former = await account(services.store, "edie"), serving(services)
    draft = await tried(services, worker, (await write(services, edie)).id)
    await sent(services, edie, draft)
    path = services.root / "data" / "answers" / "keep-hens-at-home.md"

    async def refuse(_: Path) -> bool:
        path.write_text("by hand", encoding="utf-8")
        return await FakeBrain.serve(brain, _)

    brain.down = "model"
    monkeypatch.setattr(brain, "serve", refuse)
    await worker.work()
    found = await editors.read(services.store, draft.id)
    assert (found.state, serving(services), path.read_text(encoding="utf-8")) == ("tried", former, "by hand")
    assert found.trial is not None
    assert "could not be put back" in found.trial["problems"][0]


async def test_a_rasa_that_is_just_starting_is_told_when_it_is_there(
    services: Services, worker: Worker, brain: FakeBrain, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have read the link to the former model a moment ago."""
    edie, knocks = await account(services.store, "edie"), []

    async def not_yet(model: Path) -> bool:
        knocks.append(model)
        return len(knocks) > 1

    monkeypatch.setattr(brain, "serve", not_yet)
    draft = await tried(services, worker, (await write(services, edie)).id)
    await sent(services, edie, draft)
    await worker.work()
    assert len(knocks) == 2
    assert (await editors.read(services.store, draft.id)).state == "published"


async def test_a_record_that_is_there_needs_no_journal(services: Services, worker: Worker, models: Path) -> None:
    edie = await account(services.store, "edie")
    draft = await tried(services, worker, (await write(services, edie)).id)
    async with services.store.write() as tx:
        await drafts.change(tx, draft, state="published")
    journal.note(services.settings, journal.Entry(draft.id, [], None))
    await worker.start()
    await worker.stop()
    assert journal.read(services.settings) is None
