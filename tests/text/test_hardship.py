"""Hardship is told apart from danger: clause by clause, and nothing that stands around it is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.text.crisis import danger
from bot.text.hardship import clauses, softened
from bot.text.named_effects import named

_OURS = YAML(typ="safe").load((Path(__file__).parent / "crisis.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("the kids are cold", "the kids"),
        ("My two kids are so cold at night because of the damp.", "My two kids."),
        ("my children are hungry and cold", "my children"),
        ("i can\u2019t feed my kids", "my kids"),
        ("My husband has left and I can't pay", "My husband and I can't pay"),
        ("my partner has gone and left me with the council tax debt", "my partner"),
        ("we have no heating, and the kids are freezing", ", and the kids"),
        ("the bailiffs are threatening to take my car", ""),
        ("how do I pay it, i can't keep up with it", "how do I pay it, "),
        ("i'm scared of the bailiffs", ""),
        ("the kids are cold and i dont know what to do", "the kids and "),
    ],
)
def test_a_clause_of_hardship_leaves_the_person_in_it(text: str, rest: str) -> None:
    assert softened(text) == rest
    assert danger(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "the kids are left alone without food",
        "he locks the kids out in the cold",
        "my husband has left the kids alone in the house",
        "my husband has left bruises on the kids",
        "my husband left me for dead",
        "the kids are cold and alone",
        "the kids are hungry, dirty and covered in bruises",
        "the kids next door are cold and hungry",
        "my baby is cold",
        "he turns the heating off to punish the kids",
        "they are going to take my kids",
        "i dont know what to do",
        "what if i have no money",
    ],
)
def test_what_says_more_than_hardship_is_left_as_it_is(text: str) -> None:
    assert clauses(text) == []
    assert softened(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "my kids are cold and I want to kill myself",
        "the kids are cold and he has locked us out",
        "my husband has left and now the kids are left alone in the house",
        "The kids are hungry. They are left alone all day.",
        "we have no heating and my dad is unconscious",
    ],
)
def test_danger_beside_hardship_is_still_suspected(text: str) -> None:
    assert clauses(text)
    assert danger(text)


def test_no_words_of_danger_of_ours_are_hardship() -> None:
    assert [text for texts in _OURS["danger"].values() for text in texts if clauses(text)] == []


def test_a_long_message_costs_little() -> None:
    started = time.perf_counter()
    for text in (", and" * 400, "the kids are so very " * 95, "i am so worried " * 125):
        clauses(text)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the kids are cold", "The kids are cold."),
        ("my husband has left, what now", "Your husband has left."),
        ("my wife walked out last week", "Your wife has left."),
        ("I can't keep up with the council tax", "You cannot pay that at the moment."),
    ],
)
def test_it_can_be_said_back(text: str, told: str) -> None:
    assert [effect.sentence for effect in named(text)] == [told]


@pytest.mark.parametrize(
    "text", ["my husband left his phone on the bus", "the kids club is cold", "my wife has left hospital"]
)
def test_what_was_not_said_is_not_said_back(text: str) -> None:
    assert named(text) == []
