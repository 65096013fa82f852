"""The worked example of docs/write-a-policy.md is a whole policy: its files are taken from the page and decided by."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.policy.check import check
from bot.policy.read import ROOT, load_or_fail
from tests.policy.test_commands import run

PAGE = (ROOT.parent / "docs" / "write-a-policy.md").read_text()
FILES = dict(re.findall(r"`(policies/[\w./-]+\.yaml)`[^`]*:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL))
FIRST_DAY = "2027-03-01"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shipped shared files and the example, as the page has it."""
    folder = tmp_path / "policies"
    shutil.copytree(ROOT, folder, ignore=lambda _, names: [one for one in names if "-" in one and "." not in one])
    (folder / "compost-bin").mkdir()
    for name, text in FILES.items():
        path = tmp_path / name
        path.write_text((path.read_text() if path.name == "sources.yaml" else "") + text)
    return folder


def test_the_page_has_every_file_whole() -> None:
    assert set(FILES) == {
        "policies/sources.yaml",
        "policies/compost-bin/2027.1.yaml",
        "policies/compost-bin/text.en.yaml",
        "policies/compost-bin/golden.yaml",
    }


def test_the_worked_example_passes_the_checks(root: Path) -> None:
    assert [str(one) for one in check(date(2026, 11, 23), root, "compost-bin")] == []
    policy = load_or_fail(root).policy("compost-bin")
    assert [one.id for one in policy.latest.requirements] == ["CB-1", "CB-2", "CB-3", "CB-4", "CB-5"]
    assert len(policy.golden) == 9


def test_the_worked_example_decides_as_the_page_says(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    says = re.search(r"```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert facts
    assert says
    (tmp_path / "facts.json").write_text(facts[1])
    call = ["decide", "compost-bin", "--facts", str(tmp_path / "facts.json"), "--root", str(root)]
    assert run(*call, "--on", FIRST_DAY) == 0
    assert capsys.readouterr().out.startswith(says[1])
    assert run(*call, "--on", "2027-02-28") == 2, "nobody is decided about before the first day"


def test_the_worked_example_can_be_locked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("policy", "lock", "compost-bin", "--root", str(root), "--on", "2026-11-23") == 0
    assert "Locked: compost-bin 2027.1, in force from 1 March 2027." in capsys.readouterr().out


def test_what_the_page_says_of_the_parking_fine_is_so() -> None:
    block = re.search(r"`parking-fine`.*?```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block
    assert block[1] in (ROOT / "parking-fine" / "2026.1.yaml").read_text()
    assert "start: the date on the Notice to Owner" in (ROOT / "parking-fine" / "text.en.yaml").read_text()
