"""The two routes for editors: grouping questions, and taking up another model while turns go on."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.core.agent import Agent

from bot.brain import groups, reading
from bot.brain.groups import Read
from tests.brain.doubles import SECRET, Gateway


async def post(gateway: Gateway, route: str, body: Any, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {secret}"}
    async with gateway.session.post(f"{gateway.address}/{route}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_questions_that_mean_the_same_are_one_group(gateway: Gateway) -> None:
    texts = ["you forgot my bin", "how do I join the library", "my bin was not emptied", "library membership please"]
    status, found = await post(gateway, "groups", {"texts": texts})
    assert status == 200
    assert found["groups"] == [[0, 2], [1, 3]]
    assert found["topics"][0][0] == "answer/missed-bin"
    assert (await post(gateway, "groups", {"texts": texts}))[1] == found


@pytest.mark.parametrize("texts", [[], ["one bin"], ["one bin", "one bin"]])
async def test_very_few_questions_are_grouped_too(gateway: Gateway, texts: list[str]) -> None:
    status, found = await post(gateway, "groups", {"texts": texts})
    assert status == 200
    assert sorted(place for each in found["groups"] for place in each) == list(range(len(texts)))
    assert len(found["groups"]) == len(set(texts))


async def test_noise_insults_greetings_and_other_languages_are_in_no_group_with_english_questions(
    gateway: Gateway,
) -> None:
    kinds = {
        "english": ["my wifi router does not work", "the wifi at home is broken", "you forgot my bin"],
        "spanish": ["no han recogido mi cubo de basura esta semana", "el router de mi casa no funciona nunca"],
        "polish": ["nie odebrano mojego kosza na śmieci w tym tygodniu"],
        "noise": ["gfhjkl rtyu", "asdkjh qwlekj zxmcnb"],
    }
    texts = [text for each in kinds.values() for text in each]
    status, found = await post(gateway, "groups", {"texts": texts})
    assert status == 200
    groups_of = [{texts[place] for place in places} for places in found["groups"]]
    assert set(kinds["spanish"]) in groups_of
    assert set(kinds["polish"]) in groups_of
    assert set().union(*groups_of) == {*texts} - {*kinds["noise"]}, "noise is offered"


def test_what_is_no_question_stays_apart_however_alike_the_vectors_are() -> None:
    row = np.eye(1, 384)[0]
    kinds: list[dict[str, Any]] = [
        {}, {"language": "es"}, {}, {"language": "es"}, {"no_question": groups.TALK}, {"no_question": groups.ABUSE},
        {"no_question": groups.NOISE}, {"no_question": groups.TALK}, {"language": "pl"},
    ]  # fmt: skip
    found = groups.group([Read(row, {"answer/missed-bin": 0.9}, **kind) for kind in kinds])
    assert found == [[0, 2], [1, 3], [4, 7], [5], [8]]


def test_many_unlike_questions_stay_apart() -> None:
    apart = [Read(row, {f"answer/{place}": 0.5}) for place, row in enumerate(np.eye(12, 384))]
    assert groups.group(apart) == [[place] for place in range(12)]


async def test_a_batch_is_read_as_single_turns_are(agent: Agent) -> None:
    texts = [f"my bin number {n} was missed" for n in range(reading.BATCH + 3)]
    alone = [await agent.parse_message(text) for text in texts]
    read = [message.as_dict(only_output_properties=True) for message in reading.messages(agent, texts)]
    for one, other in zip(alone, read, strict=True):
        assert other["topics"][0]["name"] == one["topics"][0]["name"]
        assert other["topics"][0]["confidence"] == pytest.approx(one["topics"][0]["confidence"], abs=0.02)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        *(("groups", body) for body in ({}, {"texts": "a"}, {"texts": [1]}, {"texts": [""]}, {"texts": ["x"] * 501})),
        *(("model", body) for body in ({}, {"model": "x.tar.gz"}, {"model": "/no/model.tar.gz"}, {"model": "/etc"})),
    ],
)
async def test_what_cannot_be_done_is_refused(gateway: Gateway, route: str, body: Any) -> None:
    assert (await post(gateway, route, body, "wrong"))[0] == 401
    status, answer = await post(gateway, route, body)
    assert (status, answer["status"]) == (400, "bad_request")


async def test_another_model_is_taken_up_while_turns_are_answered(
    gateway: Gateway, agent: Agent, model: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.tar.gz"
    shutil.copy2(model, other)
    loading = asyncio.create_task(post(gateway, "model", {"model": str(other)}))
    count = 0
    while not loading.done():
        count += 1
        status, body = await gateway.turn(f"m{count}", "join the library")
        assert status == 200
        assert body["replies"][0]["custom"]["topics"][0]["name"] == "answer/library-card"
    assert await loading == (200, {"status": "ok", "model": "other.tar.gz"})
    assert count > 1
    assert agent.model_name == "other.tar.gz"
    assert (await gateway.turn("last", "join the library"))[0] == 200
    assert (await post(gateway, "model", {"model": str(model)}))[0] == 200  # as the other tests know it


async def test_a_broken_model_leaves_the_one_that_serves(gateway: Gateway, agent: Agent, tmp_path: Path) -> None:
    before = agent.model_id
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"nothing")
    assert await post(gateway, "model", {"model": str(broken)}) == (503, {"status": "failed", "reason": "model"})
    assert agent.model_id == before
    assert (await gateway.turn("m1", "join the library"))[0] == 200
