"""Short messages that name a thing and not what about it: the real Rasa is asked what could be meant."""

from __future__ import annotations

import pytest

from actions.topics import area_of, library, policies
from bot.ambient import Ambient
from bot.knowledge import directory
from tests.dialogue.conftest import ListeningBrain

CARE = {"social-care", "health"}
ROADS = {"parking-roads-transport"}
TAX = {"council-tax", "payments"}

#: Each message, and the areas of which at least two choices have to be, the first among them.
VAGUE: dict[str, set[str]] = {
    "my licence": {"licensing"},
    "a licence please": {"licensing", "housing"},
    "certificate": {"births-deaths-marriages", "planning-building"},
    "i need a certificate": {"births-deaths-marriages", "planning-building"},
    "the bill": {*TAX, "social-care", "business-rates"},
    "permit": {*ROADS, "children-families"},
    "about my permit": {*ROADS, "children-families"},
    "support": {*CARE, "children-families", "benefits", "business", "housing"},
    "grant": {"business", "regeneration", "museums-arts"},
    "it's about a grant": {"business", "regeneration", "museums-arts"},
    "register": {"elections", "births-deaths-marriages"},
    "my house": {"housing", "council-tax", "planning-building"},
    "parking": ROADS,
    "the council tax": TAX,
    "tax": TAX,
    "bins": {"bins-recycling", "business"},
    "school": {"schools"},
    "a complaint": {"complaints", "schools"},
    "housing": {"housing", "social-care", "benefits"},
    "the road": ROADS,
    "my street": {*ROADS, "environment-pollution", "licensing"},
    "trees": {"parks", "planning-building", "bins-recycling"},
    "planning": {"planning-building"},
    "a fine": {*ROADS, "schools", "libraries"},
    "business": {"business", "business-rates"},
    "library": {"libraries"},
    "care": CARE,
    "rent": {"payments", "housing", "benefits"},
    "dog": {"environment-pollution"},
    "marriage": {"births-deaths-marriages"},
    "food": {"bins-recycling", "health", "business"},
}
NAMES_NOTHING = [
    "it is not working", "nothing happened", "the letter", "i sent it already", "something is wrong",
    "i need some information", "can somebody tell me", "it happened again", "when will i hear", "still waiting",
    "my mum",
]  # fmt: skip


def area(payload: str) -> str | None:
    intent, _, key = payload.removeprefix("/").partition("/")
    if intent == "answer":
        return library.look()[key].area
    return area_of(policies().policy(key)) if intent == "policy" else directory.load()[int(key)].area


async def said(listening: ListeningBrain, text: str) -> dict[str, object]:
    fresh = Ambient().new_id()
    reply = await listening.ask(f"{fresh}:0", fresh, {"text": text}, {"today": "2026-11-23"})
    return dict(reply.replies[0]["custom"])


@pytest.mark.parametrize("text", VAGUE)
async def test_what_could_be_meant_is_offered(listening: ListeningBrain, text: str) -> None:
    reply = await said(listening, text)
    assert reply["id"] == "unclear", reply
    buttons = reply["buttons"]
    assert isinstance(buttons, list)
    areas = [area(one["payload"]) for one in buttons[:-1]]
    assert 2 <= len(areas) <= 3
    assert areas[0] in VAGUE[text], buttons
    assert sum(one in VAGUE[text] for one in areas) >= 2, buttons


@pytest.mark.parametrize("text", NAMES_NOTHING)
async def test_what_names_nothing_is_told_so(listening: ListeningBrain, text: str) -> None:
    assert (await said(listening, text))["id"] == "unknown"
