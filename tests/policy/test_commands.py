"""The commands, as they are typed."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import pytest

from bot.policy.check import check
from bot.policy.commands import add_parsers
from bot.policy.read import ROOT
from tests.policy.conftest import TODAY

GOOD = {"in_zone": True, "car_free_home": False, "kept_here": True, "permits_held": 2, "vehicle_height": 1.5,
        "vehicle_length": 4.4, "proof_date": {"value": "2026-10-01", "source": "citizen"}}  # fmt: skip


def run(*args: str) -> int:
    parser = argparse.ArgumentParser()
    add_parsers(parser.add_subparsers())
    parsed = parser.parse_args(args)
    status: int = parsed.function(None, parsed)
    return status


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(GOOD))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    shutil.copytree(ROOT, folder, ignore=lambda _, names: [one for one in names if "-" in one and "." not in one])
    return folder


def test_decide_prints_the_notice(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2026-11-23") == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "This is a 'what if'. Nothing has been decided or kept.\n\nWe cannot give you a resident parking"
    )
    assert "Your reference is" not in out
    assert "N-" not in out
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2027-01-04", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["outcome"], record["version"]) == ("grant", "2027.1")


def test_decide_asks_when_a_fact_is_missing(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts.write_text(
        json.dumps({name: value for name, value in GOOD.items() if name != "vehicle_height"} | {"permits_held": 0})
    )
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2026-11-23") == 3
    out = capsys.readouterr().out
    assert "'vehicle_height' is needed. How high is the vehicle, in metres?" in out
    assert "A vehicle over 2.25 m blocks the view at corners." in out
    assert "Northmere Resident Parking Rules 2026, rule 3.1" in out


@pytest.mark.parametrize(
    ("policy", "text", "says"),
    [("resident-permit", '{"permits_held": 99}', "must lie between 0 and 10"),
     ("resident-permit", "[1]", "JSON object"),
     ("resident-permit", "{", "not JSON"), ("resident-permits", "{}", "There is no policy")],
)  # fmt: skip
def test_decide_says_what_is_wrong(
    facts: Path, capsys: pytest.CaptureFixture[str], policy: str, text: str, says: str
) -> None:
    facts.write_text(text)
    assert run("decide", policy, "--facts", str(facts), "--on", "2026-11-23") == 2
    assert says in capsys.readouterr().err


def test_decide_refuses_a_day_without_rules(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts.write_text("{}")
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2020-01-01") == 2
    assert "No version of resident-permit was in force" in capsys.readouterr().err
    assert run("decide", "resident-permit", "--facts", str(facts.parent / "none.json")) == 2


def test_show_reads_like_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("policy", "show", "resident-permit", "--on", "2026-11-23") == 0
    out = capsys.readouterr().out
    assert "In force from 1 April 2026 to 31 December 2026" in out
    assert "RP-3 Permits for each home: permits_held < max_permits; else no." in out
    assert "max_height = 2.25 m" in out
    assert run("policy", "show", "resident-permit", "--version", "1999.1") == 2


def test_diff_says_for_whom_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("policy", "diff", "resident-permit", "2026.1", "2027.1") == 0
    out = capsys.readouterr().out
    assert "parameter max_permits changes: 2 permit becomes 3 permit" in out
    assert "table fee changes" in out
    assert "refuse (RP-3) becomes grant (fee 320), for example with" in out
    assert "permits_held: 2" in out
    assert run("policy", "diff", "resident-permit", "2026.1", "2026.1") == 0
    assert "the same for every case" in capsys.readouterr().out


def write_all(root: Path) -> None:
    """As if the author had written every place that is marked."""
    for path in (*(root / "new-thing").glob("*.yaml"), root / "sources.yaml"):
        path.write_text(path.read_text().replace("FILL IN: ", "").replace("FILL-IN", "things"))


def test_a_new_policy_wants_only_its_marked_places_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on = ("--root", str(root), "--on", "2026-11-23")
    assert run("policy", "new", "new-thing", *on) == 0
    assert "It starts on 2027-03-01" in capsys.readouterr().out
    problems = check(TODAY, root, "new-thing")
    assert {one.code for one in problems} == {"fill-in"}
    assert {one.file for one in problems} == {
        "policies/new-thing/2027.1.yaml",
        "policies/new-thing/text.en.yaml",
        "policies/sources.yaml",
    }
    marked = sum(
        path.read_text().count("FILL") for path in (*(root / "new-thing").glob("*.yaml"), root / "sources.yaml")
    )
    assert len(problems) == marked - 1, "one error for each, but for the sentence that explains them"
    assert run("policy", "lock", "new-thing", *on) == 1
    assert capsys.readouterr().out.endswith("Nothing was locked.\n")
    write_all(root)
    assert run("policy", "check", "new-thing", *on) == 0
    assert capsys.readouterr().out == "1 policy, 0 errors, 0 warnings\n"
    golden = (root / "new-thing" / "golden.yaml").read_text()
    assert all(f"things: {value}" in golden for value in (3, 4, 5))
    assert run("policy", "new", "new-thing", "--root", str(root)) == 2
    assert run("policy", "new", "../up", "--root", str(root)) == 2


def test_a_new_policy_can_be_changed_until_it_is_locked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on = ("--root", str(root), "--on", "2026-11-23")
    run("policy", "new", "new-thing", *on)
    write_all(root)
    rules = root / "new-thing" / "2027.1.yaml"
    rules.write_text(rules.read_text().replace("on_fail: refuse", "on_fail: refuse   # as the council decided", 1))
    assert run("policy", "check", "new-thing", *on) == 0
    capsys.readouterr()
    assert run("policy", "lock", *on) == 0
    assert "Not locked: new-thing 2027.1. It starts on 1 March 2027" in capsys.readouterr().out
    assert run("policy", "lock", "new-thing", *on) == 0
    assert "Locked: new-thing 2027.1, in force from 1 March 2027." in capsys.readouterr().out
    assert run("policy", "check", "new-thing", *on) == 0
    capsys.readouterr()
    for path, says in (
        (rules, "under lock and was changed"),
        (root / "new-thing" / "text.en.yaml", "words of version"),
    ):
        before = path.read_text()
        path.write_text(before.replace("new thing.", "newer thing.").replace("as the council", "as nobody"))
        assert run("policy", "check", "new-thing", *on) == 1
        assert says in capsys.readouterr().out
        path.write_text(before)


def test_check_ends_badly_when_something_is_wrong(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("policy", "new", "new-thing", "--root", str(root), "--on", "2026-11-23")
    path = root / "new-thing" / "2027.1.yaml"
    path.write_text(path.read_text().replace("must: lives_here", "must: lives_her"))
    assert run("policy", "check", "--root", str(root), "--on", "2026-11-23") == 1
    assert "Did you mean 'lives_here'?" in capsys.readouterr().out
    assert run("policy", "show", "new-thing", "--root", str(root)) == 1


def test_golden_tests_for_every_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("policy", "tests", "dropped-kerb", "--on", "2026-11-23") == 0
    out = capsys.readouterr().out
    for value in ("4.79", "4.8", "4.81", "2.69", "2.7", "2.71", "9.9", "10", "10.1"):
        assert f": {value}," in out or f": {value}}}" in out
    assert out.count("- name: ") > 10
    assert check(TODAY, only="dropped-kerb") == []
