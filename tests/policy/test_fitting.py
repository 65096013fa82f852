"""A yes with words behind it that go with another question is none to this one."""

from __future__ import annotations

import pytest

from bot.policy.fitting import fits
from tests.policies import LIBRARY


def goes_with(text: str, fact: str, policy: str = "resident-permit") -> bool:
    found = LIBRARY.policy(policy)
    return fits(text, fact, found.words["en"].text["facts"], found.latest.asked)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("yes please", "in_zone"),
        ("yes I do", "in_zone"),
        ("yes it is", "in_zone"),
        ("yes, of course it is", "in_zone"),
        ("yeah it's registered here", "kept_here"),
        ("yes its kept at home", "kept_here"),
        ("yes and it's not a car-free home", "in_zone"),
        ("Yes, we live in a zone", "in_zone"),
        ("no, she lives alone", "in_zone"),
        ("yes, my son has autism", "in_zone"),
        ("yes we have a dog", "in_zone"),
        ("yep the bins are blue", "car_free_home"),
    ],
)
def test_words_that_go_with_the_question(text: str, fact: str) -> None:
    assert goes_with(text, fact)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("yes its kept at home", "in_zone"),
        ("yes it is registered at my address", "in_zone"),
        ("yeah I have a blue van", "car_free_home"),
    ],
)
def test_words_that_go_with_another_one(text: str, fact: str) -> None:
    assert not goes_with(text, fact)
