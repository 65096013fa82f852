"""What ``python -m bot ask`` prints of an answer."""

from __future__ import annotations

from typing import Any

from bot.ask import answer, shown, told
from tests.fakes import FakeBrain

FOUND: dict[str, Any] = {
    "question": "my bin was missed",
    "kind": "answer",
    "id": "missed-bin",
    "area": "bins-recycling",
    "areas": ["bins-recycling"],
    "confidence": 0.91,
    "text": "Report it.",
    "buttons": ["Check my case", "Talk to a person"],
}


def test_the_buttons_are_shown_below_the_text() -> None:
    assert shown(FOUND).endswith("  Report it.\n  [Check my case] [Talk to a person]\n")
    assert shown({**FOUND, "buttons": []}).endswith("  Report it.\n")


def test_programs_are_told_what_they_were_told_before() -> None:
    assert told(FOUND) == {name: FOUND[name] for name in FOUND if name != "buttons"}


async def test_the_buttons_of_the_replies_are_read(brain: FakeBrain) -> None:
    async def script(_: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"text": "Yes?", "custom": {"kind": "answer", "buttons": [{"title": "Carry on", "payload": "/help"}]}}]

    brain.script = script
    found = await answer(brain, "my bin was missed")  # type: ignore[arg-type]
    assert found["buttons"] == ["Carry on"]
