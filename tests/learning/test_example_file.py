"""Examples are added and taken out line by line; the rest of the file stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.learning import example_file
from bot.settings import ROOT
from tests.learning.conftest import EXAMPLES

FILES = sorted((ROOT / "data" / "nlu" / "answers").glob("*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("intent", ["first", "last", "answer/is-new"])
def test_adding_and_taking_out_again_gives_the_file_as_it_was(path: Path, intent: str) -> None:
    text = path.read_text(encoding="utf-8")
    there = [name for name, _ in example_file.scan(text)]
    intent = {"first": there[0], "last": there[-1]}.get(intent, intent)
    new = ["can i keep hens 1", "hens: are they 'allowed' # or | not"]
    changed = example_file.change(text, intent, new, [])
    assert changed is not None
    entries = YAML(typ="safe").load(changed)["nlu"]
    listed = next(entry["examples"] for entry in entries if entry["intent"] == intent)
    assert all(f"- {one}\n" in listed for one in new)
    assert example_file.change(changed, intent, [], new) == text


def test_what_is_there_is_not_added_again() -> None:
    assert example_file.change(EXAMPLES, "answer/allotments", ["Allotment RENT"], []) == EXAMPLES


def test_a_new_file_goes_again_with_its_last_example() -> None:
    made = example_file.change(None, "answer/hens", ["hens"], [])
    assert made is not None
    assert YAML(typ="safe").load(made)["nlu"] == [{"intent": "answer/hens", "examples": "- hens\n"}]
    assert example_file.change(made, "answer/hens", [], ["hens"]) is None


def test_examples_stand_where_those_of_the_answer_stand() -> None:
    assert example_file.home(ROOT, "answer/missed-bin", "housing").name == "bins-recycling.yml"
    assert example_file.home(ROOT, "answer/hens", "parks").as_posix() == "data/nlu/answers/parks.yml"


@given(st.text(max_size=400))
def test_any_wording_becomes_one_line_that_the_file_can_hold(wording: str) -> None:
    tidy = example_file.tidy(wording)
    assert len(tidy) <= example_file.LONGEST
    assert len(tidy.splitlines()) <= 1
    assert not set("[]{}") & set(tidy)
    assert example_file.tidy(tidy) == tidy
