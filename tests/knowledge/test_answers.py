from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.knowledge import answers, examples
from bot.knowledge.answers import Library
from bot.knowledge.areas import AREAS
from bot.text.blocks import plain
from tests.policies import LIBRARY

GOOD = """---
id: a-bin
service: {id: 524, name: Household waste collection}
area: bins-recycling
title: A bin
owner: Waste
source: {title: Bins, url: "https://www.northmere.example/bins"}
reviewed: 2026-09-14
review_by: 2027-03-14
---
Put it out by **7am**. See [the calendar](https://www.northmere.example/bins).

## What to do
1. One
2. Two

## Cost
Free.

## How long it takes
Two days.

## Have ready
- Your postcode
"""


def write(folder: Path, text: str, name: str = "a-bin.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    answer, problems = answers.read(write(tmp_path, GOOD))
    assert problems == []
    assert answer
    assert (answer.service_id, answer.area, answer.reviewed) == (524, "bins-recycling", date(2026, 9, 14))
    assert answer.summary == [
        {
            "p": [
                {"t": "Put it out by "},
                {"t": "7am", "strong": True},
                {"t": ". See "},
                {"t": "the calendar", "href": "https://www.northmere.example/bins"},
                {"t": "."},
            ]
        }
    ]
    assert plain(answer.more) == (
        "What to do\n\n1. One\n2. Two\n\nCost\n\nFree."
        "\n\nHow long it takes\n\nTwo days.\n\nHave ready\n\n- Your postcode"
    )
    assert not answer.source(date(2027, 3, 14))["overdue"]
    assert answer.source(date(2027, 3, 15))["overdue"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("owner: Waste\n", "", 2, "'owner' is missing"),
        ("area: bins-recycling", "area: bins", 4, "no area 'bins'"),
        ("2026-09-14", "2026-13-14", 8, "not a date"),
        ("2026-09-14", "soon", 8, "must be a date"),
        ("2027-03-14", "2026-03-14", 9, "later than 'reviewed'"),
        ("id: a-bin", "id: other", 2, "file's name"),
        ("id: 524", "id: many", 3, "whole number"),
        (", name: Household waste collection", "", 3, "must have 'name'"),
        ('https://www.northmere.example/bins"}', 'http://x"}', 7, "https://"),
        ("title: A bin", "title: A bin\nmood: sunny", 6, "no field 'mood'"),
        ("title: A bin", "title: A bin\ntitle: Two bins", 6, "stands here twice"),
        ("owner: Waste", "owner: [Waste", 7, "not YAML"),
        ("1. One", "![picture](x.png)", 14, "cannot have this"),
        ("1. One", "<b>One</b>", 14, "cannot have this"),
        ("the calendar](https://www.northmere.example/bins)", "x](javascript:alert(1))", None, None),
        ("Put it out by **7am**.", "## Heading first\n\n", 11, "begin with the answer"),
        ("Put it out by **7am**.", "word " * 81, 11, "words"),
        ("---\nid", "id", 1, "front matter"),
        ("## What to do\n1. One\n2. Two\n", "", 11, "the section '## What to do' is missing"),
        ("## Cost\nFree.\n", "", 11, "the section '## Cost' is missing"),
        ("Cost", "Costs", 11, "the section '## Cost' is missing"),
        ("## How long it takes\nTwo days.\n", "", 11, "the section '## How long it takes' is missing"),
        ("## Have ready\n- Your postcode\n", "", 11, "the section '## Have ready' is missing"),
        ("Two days.", "", 11, "the section '## How long it takes' is empty"),
        ("- Your postcode", "-", 11, "the section '## Have ready' is empty"),
        ("Two days.", "Two days.\n## cost\n£2.", 11, "the section '## Cost' stands here 2 times"),
    ],
)
def test_a_bad_file_is_refused_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int | None, message: str | None
) -> None:
    assert old in GOOD
    answer, problems = answers.read(write(tmp_path, GOOD.replace(old, new, 1)))
    if message is None:  # Markdown does not take it for a link at all, so that it stays text
        assert answer
        assert all("href" not in part for part in answer.summary[0]["p"])
        return
    assert answer is None
    assert [problem for problem in problems if message in str(problem)], problems
    assert {problem.line for problem in problems if message in problem.message} == {line}
    assert f"a-bin.md:{line}: " in str(problems[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [(GOOD.replace("A bin", "A bîn").encode("latin-1"), "UTF-8"), (GOOD.replace("A bin", "A\x07bin").encode(), "YAML")],
)
def test_a_file_in_another_encoding_is_a_problem_and_stops_no_other(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a-bin.md").write_bytes(content)
    write(tmp_path, GOOD.replace("a-bin", "b-bin"), "b-bin.md")
    assert [*Library(tmp_path).look()] == ["b-bin"]
    [problem] = answers.read_all(tmp_path)[1]
    assert message in str(problem)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a-bin.md").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert answers.read_all(tmp_path)[1] == []


def test_a_change_on_disk_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    library = Library(tmp_path)
    assert library.look()["a-bin"].title == "A bin"
    path.write_text(GOOD.replace("A bin", "The bin"), encoding="utf-8")
    assert library.look()["a-bin"].title == "The bin"
    path.write_text("broken", encoding="utf-8")
    assert library.look() == {}
    path.unlink()
    assert library.look() == {}


def test_the_councils_own_answers_are_good_and_cover_the_areas() -> None:
    found, problems = answers.read_all()
    assert problems == []
    assert len(found) >= 172
    assert len({answer.area for answer in found.values()}) >= 15
    assert len(AREAS) == 28
    assert list(examples.problems(found)) == []


def test_examples_are_held_against_the_answers(tmp_path: Path) -> None:
    lines = "".join(f"    - question number {n}\n" for n in range(8))
    few = "  - intent: answer/lonely\n    examples: |\n    - only one\n".replace("    - only", "      - only")
    (tmp_path / "a.yml").write_text(
        'version: "3.1"\nnlu:\n  - intent: answer/a-bin\n    examples: |\n' + lines.replace("    -", "      -") + few,
        encoding="utf-8",
    )
    (tmp_path / "b.yml").write_text(
        'version: "3.1"\nnlu:\n  - intent: greet\n    examples: |\n      - Question number 3\n', encoding="utf-8"
    )
    found = [str(problem) for problem in examples.problems({"a-bin", "forgotten"}, tmp_path)]
    assert any("a.yml:15: there is no answer data/answers/lonely.md" in problem for problem in found), found
    assert any("b.yml:5: 'Question number 3' stands under answer/a-bin as well (a.yml:8)" in p for p in found), found
    assert any("'forgotten' has 0 example questions" in problem for problem in found)


def test_every_policy_has_example_questions() -> None:
    found, _problems = answers.read_all()
    ids = LIBRARY.policies
    assert len(ids) == 16
    assert list(examples.problems(found, policy_ids=ids)) == []


def test_a_policy_without_examples_and_examples_without_a_policy_are_named(tmp_path: Path) -> None:
    lines = "".join(f"    - can I have one {n}\n" for n in range(examples.FEWEST))
    (tmp_path / "some.yml").write_text(
        f"nlu:\n- intent: policy/compost-bin\n  examples: |\n{lines}- intent: policy/typo\n  examples: |\n    - hm\n"
    )
    found = [str(problem) for problem in examples.problems((), tmp_path, {"compost-bin", "new-one"})]
    assert len(found) == 2
    assert f"some.yml:{6 + examples.FEWEST}" in found[0]
    assert "there is no policy policies/typo" in found[0]
    assert "the policy 'new-one' has 0 example questions; 8 are the fewest. Add them under" in found[1]
