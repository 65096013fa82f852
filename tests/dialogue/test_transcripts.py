"""Runs the transcripts in ``transcripts/`` against the real Rasa and the real action server."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.store import Store, counting
from tests.dialogue.conftest import ListeningBrain
from tests.talk import Client, Talk, start_talk

FOLDER = Path(__file__).parent / "transcripts"
FIELDS = {
    "citizen",
    "press",
    "action",
    "answer",
    "kind",
    "mode",
    "says",
    "says_not",
    "counted",
    "first",
    "buttons",
    "offers",
    "slots",
    "asks_rasa",
    "heard",
}


def _transcripts() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        for transcript in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")):
            for line in transcript["talk"]:
                assert line.keys() <= FIELDS, f"{path.name}: unknown {line.keys() - FIELDS}"
            found.append(pytest.param(transcript["talk"], id=f"{path.stem}: {transcript['name']}"))
    return found


@pytest.mark.parametrize("lines", _transcripts())
async def test_transcript(
    lines: list[dict[str, Any]],
    client: Client,
    store: Store,
    listening: ListeningBrain,
) -> None:
    talk = await start_talk(client)
    for number, line in zip(itertools.count(1), lines, strict=False):
        await _one(talk, store, listening, line, f"line {number}: {line}")


async def _one(talk: Talk, store: Store, listening: ListeningBrain, line: dict[str, Any], where: str) -> None:
    before, asked = await talk.events(), listening.asked
    listening.last = None
    await talk.act(**_content(line, before))
    said = await talk.settled()
    new = [m for m in said if m["seq"] > _last_seq(before) and m["sender"] != "citizen"]
    about = [m.body["about"] for m in await talk.stored(store) if m.seq > _last_seq(before) and "about" in m.body]
    assert await talk.mode() == line.get("mode", "bot"), where
    assert (listening.asked > asked) is line.get("asks_rasa", True), where
    if "answer" in line:
        assert line["answer"] in [each["id"] for each in about], f"{where} gave {about} {new}"
    if line.get("kind") == "handoff":
        assert listening.last, where
        assert listening.last.replies[0]["custom"]["kind"] == "handoff", where
    elif "kind" in line:
        assert line["kind"] in [each["kind"] for each in about], f"{where} gave {about}"
    told = " ".join(m["text"] for m in new)
    for words in _each(line, "says"):
        assert words in told, f"{where} said {new}"
    if "counted" in line:
        async with store.read() as connection:
            assert (await counting.replies(connection)).get(line["counted"]) == 1, where
    for words in _each(line, "says_not"):
        assert words not in told, f"{where} said {new}"
    if "first" in line:
        assert new, where
        assert new[0]["text"].startswith(line["first"]), f"{where} began {new[0]['text']}"
    if "buttons" in line:
        assert [button["title"] for button in new[-1]["buttons"]] == line["buttons"], f"{where} offered {new[-1]}"
    for title in _each(line, "offers"):
        assert title in [button["title"] for button in new[-1]["buttons"]], f"{where} offered {new[-1]}"
    if "slots" in line:
        assert listening.last, where
        assert listening.last.slots == line["slots"], where
    if line.get("asks_rasa", True):
        assert new, f"{where}: nothing was said"


def _each(line: dict[str, Any], field: str) -> list[str]:
    """One text, or several in a list."""
    found = line.get(field, [])
    return [found] if isinstance(found, str) else found


def _content(line: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, str]:
    if "citizen" in line:
        return {"text": line["citizen"]}
    if "action" in line:
        return {"action": line["action"]}
    last = next(event["message"] for event in reversed(before) if event["kind"] == "message")
    [button] = [button for button in last["buttons"] if button["title"] == line["press"]]
    return {"button": button["id"]}


def _last_seq(events: list[dict[str, Any]]) -> int:
    return max((event["message"]["seq"] for event in events if event["kind"] == "message"), default=0)
