"""Every broken file under broken/cases is refused with the right message, file and line; the sound one is not."""

from __future__ import annotations

import ast
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.policy import lock
from bot.policy.check import check
from bot.policy.model import Library
from bot.policy.problem import PolicyError
from bot.policy.read import ROOT, load, load_or_fail
from tests.policy.conftest import TODAY

HERE = Path(__file__).parent / "broken"
CASES = sorted((HERE / "cases").glob("*.yaml"))
ELSEWHERE = {
    "advice-worded-as-a-decision": ("permit/text.en.yaml", 3),
    "missing-route-words": ("permit/text.en.yaml", 1),
    "version-never-ends": ("permit/2027.1.yaml", 4),
    "golden-does-not-cover": ("permit/2026.1.yaml", 33),
    "golden-misses-a-threshold": ("permit/2026.1.yaml", 12),
    "edited-in-force": ("permit/2026.1.yaml", 1),
}
"""Where the problem shows when it is not in the broken file itself."""


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one sound policy and its lock, to be copied."""
    folder = tmp_path_factory.mktemp("sound") / "policies"
    shutil.copytree(HERE / "sound", folder)
    shutil.copy(ROOT / "words.en.yaml", folder)
    (folder / "LOCK").write_text(lock.updated(load(folder), TODAY))
    return folder


@pytest.fixture
def root(tmp_path: Path, sound: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "policies"))


def test_the_sound_policy_is_sound(root: Path) -> None:
    assert check(TODAY, root) == []
    assert len(load_or_fail(root).policies) == 1


def test_there_are_enough_broken_files() -> None:
    assert len(CASES) >= 25


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_broken_file_is_refused(root: Path, path: Path) -> None:
    text = path.read_text()
    header = re.match(r"# file: (\S+)\n# expect: (\w+) line (-?\d+) (\S+)\n# says: (.*)\n", text)
    assert header is not None
    file, level, line, code, says = header.groups()
    (root / file).write_text(text)
    if code != "lock":  # an edited version would be refused for that alone
        (root / "LOCK").unlink()
        (root / "LOCK").write_text(lock.updated(load(root), TODAY))
    problems = check(TODAY, root)
    where, number = ELSEWHERE.get(path.stem, (file, int(line)))
    found = [one for one in problems if one.code == code and one.level == level and says in f"{one.message} {one.fix}"]
    assert found, "\n".join(map(str, problems)) or "nothing was found"
    assert (f"policies/{where}", number) in {(one.file, one.line) for one in found}, found
    assert all(one.fix and one.message.endswith((".", "'", ")")) for one in found)
    assert str(found[0]).startswith(f"{found[0].file}:{found[0].line}: {level}: ")


def test_words_for_the_choices_of_a_fact(root: Path) -> None:
    rules, text = root / "permit/2026.1.yaml", root / "permit/text.en.yaml"
    fact = "  owner: {type: choice, choices: [own, rent], change: applicant, change_to: [rent]}\n  ill:"
    rules.write_text(rules.read_text().replace("  ill:", fact, 1).replace("must: not ill", "must: owner == 'own'"))
    words = "{label: whose it is, question: Whose is it?, why: We ask., options: {own: Mine}, to: {own: you own it}, "
    words += "also: {own: [mine, let], rent: [lets], lend: [loan]}}"
    text.write_text(text.read_text().replace("  ill:", f"  owner: {words}\n  ill:", 1))
    line = text.read_text().split("\n").index(f"  owner: {words}") + 1
    found = [(one.line, one.message) for one in check(TODAY, root) if one.file == "policies/permit/text.en.yaml"]
    for says in ("'facts: owner: options: rent' are missing", "'facts: owner: to: rent' are missing",
                 "'owner' never changes to 'own'", "'let' stands under 'own' and", "'lets' stands under 'rent' and",
                 "'owner' has no choice 'lend'"):  # fmt: skip
        assert [one for one, message in found if says in message] == [line], found


def codes_in_the_source() -> set[str]:
    """Every code that a load check can give, as the source of the checks has it."""
    found: set[str] = set()
    for path in (ROOT.parent / "bot" / "policy").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = {"error": 1, "Problem": 3}.get(name)
                if place is not None and len(node.args) > place + 1 and isinstance(node.args[place], ast.Constant):
                    found.add(str(ast.literal_eval(node.args[place])))
    return found


COMPUTED = {"word-as-bool", "octal-looking", "odd-number", "odd-constant", "table-gap", "table-overlap"}
"""Codes that the source looks up rather than names at the call."""
ELSEWHERE_TESTED = {"file": "test_missing_shared_files_are_named", "language-extra": "test_languages",
                    "also-twice": "test_words_for_the_choices_of_a_fact",
                    "language-kind": "test_languages"}  # fmt: skip


def test_every_load_check_has_a_broken_file() -> None:
    shown = {
        match[1] for path in CASES if (match := re.search(r"^# expect: \w+ line -?\d+ (\S+)$", path.read_text(), re.M))
    }
    wanted = (codes_in_the_source() | COMPUTED) - ELSEWHERE_TESTED.keys()
    assert len(wanted) > 40
    assert wanted - shown == set()
    assert shown - wanted == set()


def test_nothing_is_decided_on_files_with_errors(root: Path) -> None:
    (root / "permit/2026.1.yaml").write_text("policy: [")
    with pytest.raises(PolicyError, match=r"policies/permit/2026\.1\.yaml:"):
        load_or_fail(root)


def test_a_file_too_deep_to_read_is_told_and_not_fallen_over(root: Path) -> None:
    path = root / "permit/2026.1.yaml"
    path.write_text(path.read_text() + "\ndeep: " + "[" * 3000 + "]" * 3000 + "\n")
    assert any("too deeply" in one.message for one in check(TODAY, root) if one.code == "yaml")


def test_a_locked_version_that_vanished_is_found(root: Path) -> None:
    (root / "permit/2026.1.yaml").unlink()
    assert any(one.code == "lock" and "is gone" in one.message for one in check(TODAY, root))


def test_a_version_comes_under_lock_on_its_first_day(root: Path) -> None:
    assert [one for one in check(date(2026, 12, 31), root) if one.code == "lock"] == []
    assert {one.file for one in check(date(2027, 1, 1), root) if one.code == "lock"} == {
        "policies/permit/2027.1.yaml", "policies/permit/text.en.yaml",
    }  # fmt: skip
    (root / "LOCK").write_text(lock.updated(load(root), date(2027, 1, 1)))
    assert check(date(2027, 1, 1), root) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "where", "says"),
    [
        ("permit/text.en.yaml", "grant: ", "grant: Yes. ", "permit/text.en.yaml:1", "words of version 2026.1"),
        (
            "sources.yaml",
            "https://council.example/rules#1",
            "https://council.example/other",
            "sources.yaml:",
            "'rules#1'",
        ),
        ("calendars.yaml", "zone: Europe/London", "zone: Europe/Dublin", "calendars.yaml:1", "calendar of versions"),
        ("calendars.yaml", "2026-10-30: Moving", "2026-10-29: Moving", "calendars.yaml:1", "'2026-10-30' was part"),
    ],
)
def test_all_that_a_version_in_force_rests_on_is_under_lock(
    root: Path, file: str, before: str, after: str, where: str, says: str
) -> None:
    calendar = root / "calendars.yaml"
    calendar.write_text(calendar.read_text().rstrip() + "\nclosures:\n  2026-10-30: Moving\n")
    (root / "LOCK").unlink()
    (root / "LOCK").write_text(lock.updated(load(root), TODAY))
    assert lock.check(load(root), TODAY) == []
    text = (root / file).read_text()
    assert before in text
    (root / file).write_text(text.replace(before, after, 1))
    found = [str(one) for one in lock.check(load(root), TODAY)]
    assert len(found) == 1, found
    assert f"policies/{where}" in found[0]
    assert says in found[0]


def test_what_may_change_beside_a_version_in_force(root: Path) -> None:
    sources, text, calendar = root / "sources.yaml", root / "permit/text.en.yaml", root / "calendars.yaml"
    sources.write_text(sources.read_text().replace("checked: 2026-09-01", "checked: 2026-11-01"))
    calendar.write_text(calendar.read_text().rstrip() + "\nclosures:\n  2026-12-30: Announced today\n")
    assert lock.check(load(root), TODAY) == []
    text.write_text(text.read_text().replace("grant: ", "grant: Yes. ", 1))
    assert len(lock.check(load(root), TODAY)) == 1
    (root / "LOCK").write_text(lock.updated(load(root), TODAY))
    assert len(lock.check(load(root), TODAY)) == 1, "adding to LOCK takes no changed words"
    (root / "LOCK").write_text(lock.updated(load(root), TODAY, "permit"))
    assert lock.check(load(root), TODAY) == []


def test_missing_shared_files_are_named(root: Path) -> None:
    (root / "sources.yaml").unlink()
    problems = check(TODAY, root)
    assert any(one.file == "policies/sources.yaml" and "missing" in one.message for one in problems)


def test_the_shipped_policies_have_no_problem(library: Library) -> None:
    assert lock.check(library, TODAY) == []
    assert check(TODAY, only="missed-bin") == []
    assert len(library.policies) == 16
    assert {len(one.versions) for one in library.policies.values()} == {1, 2}
    assert [one.id for one in library.policies.values() if one.latest.mode == "advise"] == ["house-extension"]
    by_person = sorted(one.id for one in library.policies.values() if one.latest.decided_by == "person")
    assert by_person == ["assisted-bins", "blue-badge-review", "council-tax-hardship"]
