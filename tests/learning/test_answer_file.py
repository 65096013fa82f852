"""An answer's file as a form: the same file again, and what is wrong at the field where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.knowledge import answers
from bot.learning import answer_file
from bot.settings import ROOT

GOOD = {
    "service": "510 Allotments",
    "area": "parks",
    "title": "Hens: what's allowed",
    "owner": "Parks and Open Spaces",
    "source_title": "Keeping hens",
    "source_url": "https://www.northmere.example/hens",
    "reviewed": "2026-11-01",
    "review_by": "2027-11-01",
    "body": (
        "You can keep hens at home.\r\n\r\n## What to do\r\n1. Build a coop.\r\n\r\n## Cost\r\nIt costs nothing."
        "\r\n\r\n## How long it takes\r\nYou can start today.\r\n\r\n## Have ready\r\nNothing."
    ),
}


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "answers").glob("[a-d]*.md")), ids=lambda path: path.stem)
def test_a_written_answer_comes_back_from_its_form(path: Path, tmp_path: Path) -> None:
    made = tmp_path / path.name
    made.write_text(answer_file.compose(path.stem, answer_file.fields_of(path)), encoding="utf-8")
    assert answers.read(made) == answers.read(path)


def test_a_good_form_makes_an_answer() -> None:
    answer, wrong = answer_file.read("hens", GOOD)
    assert wrong == {}
    assert answer is not None
    assert (answer.title, answer.service_name, answer.id) == ("Hens: what's allowed", "Allotments", "hens")
    assert answer.more[2] == {"heading": "Cost"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        *((name, " ", "Fill this in") for name in answer_file.FIELDS),
        ("service", "allotments", "number of a service"),
        ("service", "99999 Nothing", "number of a service"),
        ("area", "farming", "There is no area"),
        ("source_url", "http://www.northmere.example", "must begin with https://"),
        ("reviewed", "yesterday", "must be a date"),
        ("reviewed", "2026-02-31", "must be a date"),
        ("review_by", "2026-10-01", "must be later than"),
        ("title", "x" * 201, "too long"),
        ("body", answer_file.SKELETON, "must begin with the answer itself"),
        ("body", "You can keep hens." + answer_file.SKELETON, "The section '## What to do' is empty"),
        ("body", "You can keep hens at home.", "The section '## Have ready' is missing"),
        ("body", "word " * 81, "80 are the most"),
        ("body", "See ![this](https://x.example/a.png).", "cannot have this here"),
        ("body", "Unfortunately you cannot keep hens.", "Unfortunately"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, value: str, says: str) -> None:
    answer, wrong = answer_file.read("hens", {**GOOD, field: value})
    assert answer is None
    assert set(wrong) == {field}
    assert says in " ".join(wrong[field])


@pytest.mark.parametrize(
    ("title", "made"), [("Keep hens at home", "keep-hens-at-home"), (" What's on?  ", "whats-on"), ("…", "")]
)
def test_a_title_makes_the_id(title: str, made: Any) -> None:
    assert answer_file.slug(title) == made
