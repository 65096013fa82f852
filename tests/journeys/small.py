"""A copy of the project with a few answers and services: a council small enough to train in seconds, to be changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot import settings
from bot.settings import ROOT

ANSWERS = (
    *("missed-bin", "bin-day", "new-bin", "recycling-centre", "register-birth", "pothole", "resident-permit"),
    *("pay-council-tax", "join-library", "swimming"),
)
#: A service besides those that answers and policies name: allotments.
SERVICE = "510"
#: Questions of each kind that are measured: enough to see a difference.
_QUESTIONS = 60
#: Examples of each topic that is no answer.
_EXAMPLES = 12

_FOLDERS = ("bot", "actions", "policies", "data")
_FILES = ("config.yml", "domain.yml", "credentials.yml", "endpoints.yml", "pyproject.toml")


def small_project(folder: Path) -> Path:
    """Make the copy; its environments are this project's own. Gives its folder."""
    root = folder / "council"
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy2(ROOT / name, root / name)
    for name in (".venv", ".venv-brain"):
        (root / name).symlink_to(ROOT / name)
    for path in (root / "data" / "answers").glob("*.md"):
        if path.stem not in ANSWERS:
            path.unlink()
    assert len(list((root / "data" / "answers").glob("*.md"))) == len(ANSWERS)
    for path in (root / "data" / "nlu" / "answers").glob("*.yml"):
        _cut(path, "- intent: answer/", ANSWERS)
    for name in ("crisis.yml", "look_alikes.yml"):  # they speak of answers that are not here
        (root / "data" / "nlu" / name).unlink()
    for path in (root / "data" / "nlu").glob("*.yml"):
        _thin(path)
    needed = _services(root)
    for path in (root / "data" / "services").glob("*.yml"):
        _cut(path, "- id: ", needed)
    (root / "tests" / "questions").mkdir(parents=True)
    for path in (ROOT / "tests" / "questions").glob("*.yaml"):
        entries = re.split(r"^(?=- )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        kept = [one for one in entries[1:] if _is_about(path.stem, one, needed)][:_QUESTIONS]
        (root / "tests" / "questions" / path.name).write_text(entries[0] + "".join(kept), encoding="utf-8")
    vectors = Path("brain") / "cache" / "vectors.npz"
    if (known := settings.load({}).data_dir / vectors).exists():  # so that no text is encoded twice
        (root / "var" / vectors).parent.mkdir(parents=True)
        shutil.copy2(known, root / "var" / vectors)
    return root


def _services(root: Path) -> tuple[str, ...]:
    """The numbers of the services that answers and policies name."""
    texts = [path.read_text(encoding="utf-8") for path in (root / "data" / "answers").glob("*.md")]
    texts += [path.read_text(encoding="utf-8") for path in (root / "policies").glob("*/*.yaml")]
    return (
        SERVICE,
        *{found for text in texts for found in re.findall(r"^service: *\{ *id: *(\d+)", text, re.MULTILINE)},
    )


def _cut(path: Path, start: str, kept: tuple[str, ...]) -> None:
    """Leave only those entries of a list whose first line names one of these."""
    entries = re.split(rf"^(?={re.escape(start)})", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [one for one in entries[1:] if one.removeprefix(start).split("\n", 1)[0].strip() in kept]
    if named:
        path.write_text(entries[0] + "".join(named), encoding="utf-8")
    else:
        path.unlink()


def _thin(path: Path) -> None:
    """Leave the first few examples of each topic."""
    kept, count = [], 0
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        count = count + 1 if line.startswith("    - ") else 0
        if count <= _EXAMPLES:
            kept.append(line)
    path.write_text("".join(kept), encoding="utf-8")


def _is_about(kind: str, entry: str, services: tuple[str, ...]) -> bool:
    if kind == "held_out":
        return any(re.search(rf"\bid: *{answer}\b", entry) for answer in ANSWERS)
    if kind == "services":
        found = re.search(r"\bid: *(\d+)", entry)
        return bool(found and found[1] in services)
    return kind == "out_of_scope"
