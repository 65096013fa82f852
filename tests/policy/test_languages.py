"""A second language: complete or refused, chosen by the conversation; English, saying so, where there is none.

The second language here is English with every text in brackets: what counts is which words are taken.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.desk import deciding
from bot.policy.model import Library
from bot.policy.problem import PolicyError
from bot.policy.read import ROOT, load, load_or_fail
from bot.store import Store, conversations, decisions
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.talk import Client
from tests.turn.test_effects import chain, do, kept, notices
from tests.turn.test_turn import Chat

POLICY = "resident-permit"


def bracketed(data: Any, key: str = "") -> Any:
    if isinstance(data, dict):
        return {name: bracketed(value, name) for name, value in data.items()}
    if isinstance(data, list):
        return [bracketed(value, key) for value in data]
    return f"[{data}]" if isinstance(data, str) and key not in ("link", "phone") else data


def write(path: Path, data: Any) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(data, file)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The council's own parking policy, with a second language beside English."""
    folder = tmp_path / "policies"
    folder.mkdir()
    shutil.copytree(ROOT / POLICY, folder / POLICY)
    for name in ("words.en.yaml", "sources.yaml", "calendars.yaml"):
        shutil.copy(ROOT / name, folder)
    english = load(folder)
    write(folder / "words.cy.yaml", bracketed(english.documents["policies/words.en.yaml"].data))
    write(folder / POLICY / "text.cy.yaml", bracketed(english.document(POLICY, "text.en.yaml").data))
    return folder


def change(path: Path, how: Callable[[Any], None]) -> None:
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    how(data)
    write(path, data)


def test_a_complete_language_is_loaded_from_its_own_files(root: Path) -> None:
    policy = load_or_fail(root).policy(POLICY)
    assert sorted(policy.words) == ["cy", "en"]
    assert policy.words["cy"].text["grant"].startswith("[You can have")


@pytest.mark.parametrize(
    ("file", "how", "says"),
    [
        (f"{POLICY}/text.cy.yaml", lambda data: data.pop("while_waiting"), "'while_waiting' is missing in this"),
        (
            f"{POLICY}/text.cy.yaml",
            lambda data: data["facts"]["in_zone"].pop("help"),
            "'facts: in_zone: help' is missing",
        ),
        (f"{POLICY}/text.cy.yaml", lambda data: data["requirements"].pop("RP-3"), "'requirements: RP-3' is missing"),
        ("words.cy.yaml", lambda data: data["notice"].pop("review"), "'notice: review' is missing"),
        ("words.cy.yaml", lambda data: data["months"].pop(), "'months' has 11 names, not 12"),
        ("words.cy.yaml", lambda data: data["notice"].update(revue="x"), "'revue' is not in policies/words.en.yaml"),
        ("words.cy.yaml", lambda data: data.update(notice="x"), "'notice' is of another kind"),
    ],
)
def test_a_missing_key_is_a_load_error_with_file_and_line(
    root: Path, file: str, how: Callable[[Any], None], says: str
) -> None:
    change(root / file, how)
    with pytest.raises(PolicyError) as told:
        load_or_fail(root)
    [problem] = [one for one in told.value.problems if one.level == "error" and says in one.message]
    assert problem.file == f"policies/{file}"
    assert problem.line >= 1
    assert problem.code.startswith("language-")
    if "missing" in says:
        assert ".en.yaml:" in problem.fix


def test_a_language_without_the_shared_words_is_a_load_error(root: Path) -> None:
    (root / "words.cy.yaml").unlink()
    with pytest.raises(PolicyError, match=r"text\.cy\.yaml:1: error: There is no words\.cy\.yaml"):
        load_or_fail(root)


async def decided(
    services: Services, store: Store, brain: FakeBrain, library: Library, language: str
) -> dict[str, Any]:
    """The record of a refusal in a conversation in that language, checked to be what the citizen got."""
    async with store.write() as tx:
        conversation = await conversations.create(tx, channel="website", token="secret", language=language)
    chat = Chat(replace(services, policies=library), conversation)
    await do(chat, brain, kept(permits_held=2))
    await do(chat, brain, {"decide": True})
    [row] = await chain(store)
    [notice] = await notices(store, chat)
    record: dict[str, Any] = json.loads(row.record)
    assert notice.text == record["text"]
    async with store.read() as connection:
        words = await decisions.words(connection, row.words_sha256)
    assert deciding.replay(library, row, words, None) == []
    return record


async def test_the_notice_is_in_the_conversations_language(
    services: Services, store: Store, brain: FakeBrain, root: Path
) -> None:
    record = await decided(services, store, brain, load_or_fail(root), "cy")
    assert record["language"] == "cy"
    assert "wanted" not in record
    assert record["text"].startswith("[We cannot give you")
    assert "[Your reference is " in record["text"]


async def test_where_there_are_no_words_the_notice_is_in_english_and_says_so(
    services: Services, store: Store, brain: FakeBrain
) -> None:
    record = await decided(services, store, brain, services.policies, "cy")
    assert (record["language"], record["wanted"]) == ("en", "cy")
    assert record["text"].startswith("You asked for Welsh. We have these words only in English so far. Call ")
    assert "We cannot give you a resident parking permit" in record["text"]


async def test_english_says_nothing_of_languages(services: Services, store: Store, brain: FakeBrain) -> None:
    record = await decided(services, store, brain, services.policies, "en")
    assert "wanted" not in record
    assert "language" not in record["text"].split("large print")[0]


async def test_the_website_chooses_the_language(client: Client, store: Store) -> None:
    made = await (await client.post("/v1/conversations?language=cy", json={})).json()
    async with store.read() as connection:
        found = await conversations.get(connection, made["id"])
    assert found
    assert found.language == "cy"
    assert (await client.post("/v1/conversations?language=<b>", json={})).status == 400
