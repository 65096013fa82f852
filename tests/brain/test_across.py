"""Answers for messages in other languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasa.core.agent import Agent
from ruamel.yaml import YAML

from bot.brain import across
from bot.brain.across import ACROSS, FILES, MAP, Answers, AnswersAcrossLanguages, Map, check
from bot.brain.encoder import ModelFileError, shared_encoder, unit
from bot.brain.tune_across import fitted, tuned

ROOT = Path(__file__).parents[2]
NEAR, BY, FAR = np.array([1.0, 0.0]), np.array([0.8, 0.6]), np.array([0.0, 1.0])


def test_a_question_lands_where_its_english_lies() -> None:
    """Of the English of all 270 questions, its own is among the nearest three."""
    asked = YAML(typ="safe").load((ROOT / "tests/questions/across.yaml").read_text(encoding="utf-8"))
    asked = [one for one in asked if one["id"] and one["language"] != "cy"]
    meant = shared_encoder().encode([one["english"] for one in asked])
    near = Map.load().encode([one["question"] for one in asked]) @ meant.T
    own = np.diag(near)[:, np.newaxis]
    assert len(asked) == 270
    assert np.mean((near > own).sum(axis=1) < 3) >= 0.85


def test_the_map_belongs_to_the_tuned_encoder() -> None:
    with np.load(MAP, allow_pickle=False) as file:
        assert str(file["tuned"]) == tuned(), "Run python -m bot.brain.tune_across."


def test_a_map_is_what_brings_one_side_to_the_other() -> None:
    chance = np.random.default_rng(1)
    theirs, turn = chance.normal(size=(500, 4)), chance.normal(size=(4, 3))
    assert fitted(theirs, theirs @ turn + 0.5) == pytest.approx(np.vstack([turn, np.full(3, 0.5)]), abs=0.02)


def test_the_nearest_answers_are_named_best_first() -> None:
    answers = Answers.of(["answer/b", "answer/a", "answer/a"], np.stack([FAR, NEAR, BY]))
    found = answers.nearest(NEAR, 0.4)
    assert [each["name"] for each in found] == ["answer/a", "answer/b"]
    assert found[0]["confidence"] == pytest.approx(0.9487)


def test_at_most_three_are_offered() -> None:
    answers = Answers.of([f"answer/{letter}" for letter in "abcde"], np.stack([NEAR] * 5))
    assert len(answers.nearest(NEAR, 0.4)) == 3


def test_nothing_is_offered_when_the_nearest_is_far_or_none_of_the_councils() -> None:
    assert Answers.of(["answer/a"], np.stack([BY])).nearest(NEAR, 0.9) == []
    assert Answers.of(["answer/a", "off_topic"], np.stack([BY, NEAR])).nearest(NEAR, 0.4) == []
    assert Answers.of(["off_topic"], np.stack([NEAR])).nearest(NEAR, 0.4) == []
    assert Answers.of([], np.zeros((0, 2))).nearest(NEAR, 0.4) == []


@pytest.mark.parametrize("topic", ["service/524", "policy/blue-badge", "crisis/abuse"])
def test_what_a_council_does_and_danger_are_no_rivals_of_an_answer(topic: str) -> None:
    [found] = Answers.of(["answer/a", topic], np.stack([BY, NEAR])).nearest(NEAR, 0.4)
    assert found["name"] == "answer/a"


def test_what_was_learnt_is_read_as_it_was_written(tmp_path: Path) -> None:
    answers = Answers.of(["answer/a", "answer/b", "greet"], unit(np.random.default_rng(2).normal(size=(3, 384))))
    answers.save(tmp_path)
    vector = unit(np.random.default_rng(3).normal(size=384))
    before, after = (each.nearest(vector, -1.0) for each in (answers, Answers.load(tmp_path)))
    assert [each["name"] for each in before] == [each["name"] for each in after]


def test_a_missing_package_or_map_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spoilt.npz").write_bytes(b"half")
    for path in (tmp_path / "spoilt.npz", tmp_path / "gone.npz"):
        monkeypatch.setattr(across, "MAP", path)
        with pytest.raises(ModelFileError, match="missing or spoilt"):
            Map.load()
    monkeypatch.setattr(across, "FILES", (FILES[0]._replace(package="no-such-package"),))
    with pytest.raises(ModelFileError, match=r"no-such-package.* is missing\. Install .*requirements-model\.txt"):
        check()


def test_without_languages_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(across, "FILES", (FILES[0]._replace(package="no-such-package"),))
    config = {"languages": [], "offered_from": 0.4}
    AnswersAcrossLanguages.create(config, None, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Meine Mülltonne wurde heute nicht geleert", True),
        ("今天没有人来收我的垃圾", True),
        ("Sut ydw i'n talu treth y cyngor ar lein?", None),  # Welsh is not known
        ("my bin was not emptied today", None),
    ],
)
async def test_a_message_in_another_language_names_answers(agent: Agent, text: str, found: bool | None) -> None:
    parsed = await agent.parse_message(text)
    if found is None:
        assert not parsed.get(ACROSS)
    else:
        assert parsed["intent"]["name"] == "other_language"
        assert parsed[ACROSS][0]["name"] == "answer/missed-bin"
