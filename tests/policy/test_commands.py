"""The commands, as they are typed."""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path

import pytest

from bot.policy.check import check
from bot.policy.commands import add_parsers
from bot.policy.decide import apply
from bot.policy.diff import changed_answers, said
from bot.policy.expression import Kind, compile_expression
from bot.policy.model import Library
from bot.policy.read import ROOT
from bot.policy.reading import Reader
from bot.policy.select import Selected
from bot.policy.show import show
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


def test_decide_names_every_fact_that_cannot_be(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"in_zone": "yes", "permits_held": "two", "vehicle_hight": 1.5, "colour": "red", "kept_here": True,
             "vehicle_height": 99, "proof_date": "2027-05-01"}  # fmt: skip
    facts.write_text(json.dumps(wrong))
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2026-11-23") == 2
    told = capsys.readouterr().err.splitlines()
    assert told[:3] == [
        "'in_zone' cannot be 'yes'. It can be: true or false.",
        "'permits_held' must be a whole number between 0 and 10, not 'two'.",
        "'vehicle_hight' is not a fact that can be given to resident-permit. Perhaps 'vehicle_height' is meant.",
    ]
    assert "'colour'" in told[3]
    assert "The facts are: in_zone, " in told[3]
    assert "'vehicle_height' must lie between" in told[4]
    assert told[5:] == ["'proof_date' must lie in the past, not on 2027-05-01."]
    facts.write_text('{"homes": 138, "homes_agree": 179, "closed_before": "twice"}')
    assert run("decide", "street-party", "--facts", str(facts), "--on", "2026-11-23") == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[1] == "'homes_agree' cannot be above 'homes'."


def test_decide_refuses_a_day_without_rules(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts.write_text("{}")
    assert run("decide", "resident-permit", "--facts", str(facts), "--on", "2020-01-01") == 2
    assert "No version of resident-permit was in force" in capsys.readouterr().err
    assert run("decide", "resident-permit", "--facts", str(facts.parent / "none.json")) == 2


def shown(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert run("policy", *args, "--on", "2026-11-23") == 0
    return capsys.readouterr().out


def test_show_reads_like_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "show", "resident-permit")
    for line in (
        "From 1 April 2026 to 31 December 2026.",
        "RP-3 Permits for each home",
        "It must be that the number of permits your household has is fewer than 2 permits.",
        "It must be that the height of the vehicle is at most 2.25 m.",
        "Only where your home is in a resident parking zone, and the vehicle is registered at your address:",
        "The household can change this.",
        "Staff may leave this rule out.",
        "Someone cares for a person at this address.",
        "Within 28 days of the day of the decision (the day after is the first), until 11:59pm on the last day.",
        "Within 12 months of the answer of our review team",
        "Offered where your home is in a resident parking zone, and your home was not built as car-free",
        "£180 where the number of permits your household has is 1 permit or more.",
    ):
        assert line in out, line
    newer = shown(capsys, "show", "resident-permit", "--version", "2027.1")
    assert "Version 2026.1 still decides where the day on which it was asked for is before 1 January 2027." in newer
    assert run("policy", "show", "resident-permit", "--version", "1999.1") == 2


def test_show_reads_what_is_particular_to_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Otherwise we expect a no." in shown(capsys, "show", "house-extension")
    assert "A person decides. The computer says neither yes nor no." in shown(capsys, "show", "assisted-bins")
    fine = shown(capsys, "show", "parking-fine")
    assert "Within 28 days of the date on the Notice to Owner" in fine
    assert "A day is printed only where the paper that you have is 'A Notice to Owner'." in fine
    assert "Only where the reason is 'I had a valid ticket', 'I had a valid permit' or 'I had sold the car':" in fine
    kerb = shown(capsys, "show", "dropped-kerb")
    assert "Someone else can change this. It can become 'I rent and the owner agrees'." in kerb
    assert "or the like: it can bring in a person" in shown(capsys, "show", "school-transport")
    assert "the hour when the party ends is 22:00 or earlier" in shown(capsys, "show", "street-party")
    assert "That does not count where the number of missed collections is at least 3 collections, and you told us" in (
        shown(capsys, "show", "garden-waste-refund"))  # fmt: skip


CODE = re.compile(r"\b(?:True|False|never|applicant)\b|[a-z]_[a-z]|[<>=]=|\bP\d+[DMWY]\b|\{")
"""What only somebody who programs would write."""
HELD = "the number of permits your household has"


def test_every_version_of_every_policy_is_shown_in_words(library: Library) -> None:
    count = 0
    for policy in library.policies.values():
        for version in policy.versions:
            text = show(library, policy, version, policy.words["en"])
            found = [line for line in text.split("\n") if CODE.search(line) and "never leads" not in line]
            assert found == [], policy.id
            for one in version.requirements:
                assert one.id in text
            for ground in version.discretion.grounds if version.discretion else ():
                assert f"{policy.words['en'].text['grounds'][ground]}." in text
            count += 1
    assert count == 17


@pytest.mark.parametrize(
    ("rule", "says"),
    [("not (in_zone and kept_here)",
      "either your home is not in a resident parking zone, or the vehicle is not registered at your address"),
     ("in_zone or permits_held >= 2",
      f"either your home is in a resident parking zone, or {HELD} is at least 2 permits"),
     ("1 < permits_held <= max_permits",
      f"{HELD} is more than 1 permit, and {HELD} is at most 2 permits"),
     ("not (vehicle_height + 0.25 <= max_height)", "the height of the vehicle is more than 2 m"),
     ("proof_date >= '2026-04-01'", "the date of your proof of address is Wednesday 1 April 2026 or later"),
     ("permits_held not in [1, 3]", f"{HELD} is not 1 permit or 3 permits")],
)  # fmt: skip
def test_a_condition_in_words(library: Library, rule: str, says: str) -> None:
    policy = library.policy("resident-permit")
    version = policy.versions[0]
    kinds = {fact.id: Kind(fact.type, fact.choices, fact.unit) for fact in version.facts.values()}
    kinds |= {one.id: Kind("fixed", (), one.unit, one.value) for one in version.parameters.values()}
    assert Reader(version, policy.words["en"]).condition(compile_expression(rule, kinds)) == says


def test_diff_says_for_whom_it_changes(capsys: pytest.CaptureFixture[str], library: Library) -> None:
    assert run("policy", "diff", "resident-permit", "2026.1", "2027.1") == 0
    out = capsys.readouterr().out
    assert "Before: It must be that the number of permits your household has is fewer than 2 permits." in out
    assert "After:  It must be that the number of permits your household has is fewer than 3 permits." in out
    assert "After:  £320 where the number of permits your household has is 2 permits or more." in out
    assert "Before: No. (Permits for each home)\n    After:  Yes. Fee: £320." in out
    assert "The number of permits your household has is 2 permits." in out
    assert [line for line in out.split("\n") if CODE.search(line)] == []
    assert run("policy", "diff", "resident-permit", "2026.1", "2026.1") == 0
    assert "Nothing, for every case that was tried." in capsys.readouterr().out
    policy = library.policy("resident-permit")
    old, new = policy.versions
    for case, before, after in changed_answers(old, new, new.effective_from):
        assert apply(Selected(old, "", TODAY), case, new.effective_from, new.effective_from).outcome == before.outcome
        assert said(before, policy.words["en"]) != said(after, policy.words["en"])


def write_all(root: Path) -> None:
    """As if the author had written every place that is marked."""
    for path in (*(root / "new-thing").glob("*.yaml"), root / "sources.yaml"):
        text = re.sub("id: 0, name: .*}", "id: 535, name: Composters}", path.read_text())
        path.write_text(text.replace("FILL IN: ", "").replace("FILL-IN", "things"))


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
