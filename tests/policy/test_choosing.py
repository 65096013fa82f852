"""The choice that ordinary words name, and what names none."""

from __future__ import annotations

import pytest

from bot.policy import choosing
from bot.policy.parse import unknown_choice, wordy_choice
from tests.policies import LIBRARY


@pytest.mark.parametrize(
    ("policy", "fact", "text", "choice"),
    [
        ("bulky-waste", "kind", "please take my old sofa", "furniture"),
        ("bulky-waste", "kind", "Sofas", "furniture"),
        ("bulky-waste", "kind", "two mattresses", "furniture"),
        ("bulky-waste", "kind", "my washing machine", "appliance"),
        ("bulky-waste", "kind", "a sofa and a fridge", None),
        ("bulky-waste", "kind", "not a sofa", None),
        ("bulky-waste", "kind", "a sofa or maybe a bed", None),
        ("bulky-waste", "kind", "my old thing", None),
        ("park-request", "wanted", "a bench", "trees_benches"),
        ("park-request", "wanted", "some swings for the kids", "play_area"),
        ("house-extension", "home_kind", "a semi-detached house", "semi"),
        ("house-extension", "home_kind", "it is detached", "detached"),
        ("missed-bin", "tagged", "there was no sticker", "none"),
        ("dropped-kerb", "owner", "we have not asked", "rent_without"),
    ],
)
def test_exactly_one_choice_is_named_or_none(policy: str, fact: str, text: str, choice: str | None) -> None:
    found = LIBRARY.policy(policy)
    assert wordy_choice(found.versions[0].facts[fact], text, found.words["en"]) == choice


def test_every_choice_is_named_by_what_stands_for_it() -> None:
    seen = 0
    for policy in LIBRARY.policies.values():
        words = policy.words["en"]
        for fact in policy.latest.facts.values():
            own = words.text["facts"].get(fact.id, {})
            for choice, listed in own.get("also", {}).items():
                for one in listed:
                    seen += 1
                    assert choosing.named(fact, f"it was {one}", own) == choice, (policy.id, fact.id, one)
    assert seen > 150


def test_not_knowing_is_a_choice_where_there_is_one() -> None:
    parks, waste = LIBRARY.policy("park-request"), LIBRARY.policy("bulky-waste")
    assert unknown_choice(parks.latest.facts["land"], parks.words["en"]) == "not_known"
    assert unknown_choice(waste.latest.facts["kind"], waste.words["en"]) is None
