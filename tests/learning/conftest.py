"""A small folder of answers and examples that editors may change."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.learning import trial
from bot.learning.worker import Worker
from bot.settings import ROOT
from bot.store import Store, staff
from bot.store.staff import Account, Role
from bot.supervise.model import fingerprint, serve_from_now
from bot.turn.context import Services
from tests.fakes import FakeBrain

EXAMPLES = """version: "3.1"

nlu:
- intent: answer/allotments
  examples: |
    - how do i rent an allotment
    - plot of land to grow veg
    - waiting list for allotments
    - allotment rent
    - share a plot with a friend
    - give up my allotment
    - is there water on the plots
    - shed on an allotment

- intent: answer/grass-cutting
  examples: |
    - when is the grass cut
"""


def add_files(root: Path) -> Path:
    """A council with two answers."""
    (root / "data" / "answers").mkdir(parents=True)
    for name in ("allotments", "missed-bin"):
        shutil.copy2(ROOT / "data" / "answers" / f"{name}.md", root / "data" / "answers")
    examples = root / "data" / "nlu" / "answers" / "parks.yml"
    examples.parent.mkdir(parents=True)
    examples.write_text(EXAMPLES, encoding="utf-8")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return add_files(tmp_path / "council")


@pytest.fixture
def services(services: Services, root: Path) -> Services:
    """As everywhere, but with a folder that may be changed, and a model that serves."""
    models = services.settings.data_dir / "models"
    models.mkdir(parents=True)
    (models / "former.tar.gz").write_bytes(b"former")
    (models / "next.tar.gz").write_bytes(b"next")
    serve_from_now(services.settings, models / "former.tar.gz")
    return replace(services, root=root)


@pytest.fixture
def worker(services: Services, brain: FakeBrain) -> Worker:
    """The worker, which does nothing by itself here: tests call it."""
    return Worker(services.store, services.settings, brain, services.root)


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch, services: Services) -> trial.Result:
    """Trials end at once, and with this."""
    result = trial.Result([], fingerprint(services.root), "next.tar.gz", {"before": {}, "after": {}})

    async def run(*_: object) -> trial.Result:
        return replace(result, base=fingerprint(services.root))

    monkeypatch.setattr(trial, "run", run)
    return result


async def account(store: Store, name: str, role: Role = Role.EDITOR) -> Account:
    """Somebody who works here."""
    async with store.write() as tx:
        await staff.add(tx, username=name, name=name.title(), role=role, password_hash="none")
        found = await staff.by_username(tx.connection, name)
    assert found is not None
    return found
