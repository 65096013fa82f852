"""The channel as the gateway sees it: what is accepted, what is answered, what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.shared.exceptions import RasaException

from bot.brain.channel import SaywhyInput
from tests.brain.doubles import SECRET, FakeActions, Gateway, channel_over, uttering


async def test_a_turn_gives_replies_intent_and_slots(gateway: Gateway) -> None:
    status, body = await gateway.turn("m1", "you did not collect my bin")
    assert status == 200
    assert body["status"] == "ok"
    assert body["repeated"] is False
    assert body["intent"]["name"] == "answer"
    assert body["slots"] == {}
    (reply,) = body["replies"]
    assert reply["custom"]["kind"] == "action_answer"
    assert reply["custom"]["topics"][0]["name"] == "answer/missed-bin"


async def test_a_response_of_the_domain_comes_with_its_metadata_and_buttons(gateway: Gateway) -> None:
    _, body = await gateway.turn("m1", "hello")
    assert body["replies"] == [
        {
            "text": "Hello. I am the automated assistant of Northmere Council. What would you like to know?",
            "metadata": {"kind": "small_talk", "id": "greet"},
        }
    ]
    await gateway.turn("m2", "join the library")
    _, body = await gateway.turn("m3", payload="/deny")
    assert [button["payload"] for button in body["replies"][0]["buttons"]] == ["/person", "/deny"]


async def test_the_action_server_learns_message_id_text_and_metadata(gateway: Gateway, actions: FakeActions) -> None:
    await gateway.turn("m1", "join the library", metadata={"locale": "en-GB"})
    latest = actions.calls[0]["tracker"]["latest_message"]
    assert latest["message_id"] == "m1"
    assert latest["text"] == "join the library"
    assert latest["metadata"] == {"locale": "en-GB"}


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x"])
async def test_without_the_secret_nothing_is_said_or_done(gateway: Gateway, actions: FakeActions, secret: Any) -> None:
    answer = await gateway.post({"conversation": "c1", "message_id": "m1", "text": "join the library"}, secret)
    assert answer == (401, {"status": "unauthorised"})
    assert await gateway.ready(secret or "") == (401, {"status": "unauthorised"})
    assert actions.calls == []


def test_there_is_no_channel_without_a_secret() -> None:
    for credentials in (None, {}, {"secret": ""}, {"secret": None}):
        with pytest.raises(RasaException, match="SAYWHY_BRAIN_SECRET"):
            SaywhyInput.from_credentials(credentials)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        [],
        "text",
        {},
        {"conversation": "c1", "message_id": "m1"},
        {"conversation": "c1", "message_id": "m1", "text": "a", "payload": "/person"},
        {"conversation": "c1", "message_id": "m1", "text": ""},
        {"conversation": "c1", "message_id": "m1", "text": " \n"},
        {"conversation": "c1", "message_id": "m1", "text": 5},
        {"conversation": "c1", "message_id": "m1", "text": "x" * 4001},
        {"conversation": "c1", "message_id": "m1", "text": "a", "extra": 1},
        {"conversation": "c1", "message_id": "m1", "text": "a", "metadata": "m"},
        {"conversation": "", "message_id": "m1", "text": "a"},
        {"conversation": "c1", "message_id": None, "text": "a"},
        {"conversation": "c1", "message_id": "x" * 201, "text": "a"},
        {"conversation": "c1\n", "message_id": "m1", "text": "a"},
        {"message_id": "m1", "text": "a"},
        {"conversation": "c1", "message_id": "m1", "payload": "person"},
        {"conversation": "c1", "message_id": "m1", "payload": None},
        {"conversation": "c1", "message_id": "m1", "payload": "/person{"},
        {"conversation": "c1", "message_id": "m1", "payload": "/person{not json}"},
        {"conversation": "c1", "message_id": "m1", "payload": "/no_such_intent"},
        {"conversation": "c1", "message_id": "m1", "payload": "/restart"},
        {"conversation": "c1", "message_id": "m1", "payload": "/session_start"},
        {"conversation": "c1", "message_id": "m1", "payload": "/back"},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_a_bad_request_is_refused_with_a_reason(gateway: Gateway, actions: FakeActions, body: Any) -> None:
    status, answer = await gateway.post(body)
    assert status == 400
    assert answer["status"] == "bad_request"
    assert answer["reason"].endswith(".")
    assert actions.calls == []


@pytest.mark.parametrize(
    "text", ["/restart", "/session_start", "  //restart", '/intent{"a":"b"}', '/person{"a":"b"}', "/EXTERNAL_done"]
)
async def test_a_text_is_never_a_command(gateway: Gateway, agent: Agent, text: str) -> None:
    await gateway.turn("m1", "hello")
    status, body = await gateway.turn("m2", text)
    assert status == 200
    assert body["intent"]["confidence"] < 1.0
    tracker = await agent.tracker_store.retrieve("c1")
    said = [event.as_dict() for event in tracker.events if event.type_name == "user"]
    assert [event["message_id"] for event in said] == ["m1", "m2"]
    assert said[1]["text"] == text.strip().lstrip("/")
    assert {"restart", "session_started"} & {event.type_name for event in tracker.events} == {"session_started"}
    assert sum(event.type_name == "session_started" for event in tracker.events) == 1


@pytest.mark.parametrize("text", ["/", "///", "\0", "\ud800", "‮/restart", "x" * 4000])
async def test_an_odd_text_is_answered(gateway: Gateway, text: str) -> None:
    status, body = await gateway.turn("m1", text)
    assert status == 200
    assert body["replies"]


async def test_a_command_goes_round_the_understanding(gateway: Gateway, actions: FakeActions) -> None:
    _, body = await gateway.turn("m1", payload="/person")
    assert body["intent"] == {"name": "person", "confidence": 1.0}
    assert actions.calls[-1]["next_action"] == "action_person"
    _, body = await gateway.turn("m2", payload="/answer/library-card")
    assert body["replies"][0]["custom"]["topics"] == [{"name": "answer/library-card", "confidence": 1.0}]


async def test_a_turn_without_a_reply_is_a_failure(gateway: Gateway, actions: FakeActions, agent: Agent) -> None:
    async def say_nothing(call: Any) -> Any:
        return uttering()

    actions.answer = say_nothing
    assert await gateway.turn("m1", payload="/person") == (503, {"status": "failed", "reason": "no_reply"})
    assert await agent.tracker_store.retrieve("c1") is None


async def test_silence_is_fine_when_the_action_says_so(gateway: Gateway, actions: FakeActions) -> None:
    async def end(call: Any) -> Any:
        return uttering({"custom": {"end_of_turn": True}})

    actions.answer = end
    status, body = await gateway.turn("m1", payload="/person")
    assert status == 200
    assert body["replies"] == []


async def test_ready_names_the_model(gateway: Gateway) -> None:
    assert await gateway.ready() == (200, {"status": "ready", "model": "small.tar.gz", "tracker_errors": 0})


async def test_without_a_model_nothing_is_ready() -> None:
    for agent in (None, Agent()):
        async with channel_over(agent) as gateway:
            assert await gateway.ready() == (503, {"status": "not_ready"})
            assert await gateway.turn("m1", "hello") == (503, {"status": "failed", "reason": "not_ready"})


async def forget(gateway: Gateway, body: Any, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {secret}"}
    async with gateway.session.post(f"{gateway.address}/forget", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_conversation_is_forgotten_under_every_epoch_and_no_other_is(
    gateway: Gateway, actions: FakeActions, tracker_url: str
) -> None:
    for conversation in ("c1:0", "c1:1", "c1", "c10:0", "c_:0"):
        await gateway.turn(f"m {conversation}".replace(" ", "-"), "join the library", conversation=conversation)
    assert (await gateway.turn("m-c1:0", "join the library", conversation="c1:0"))[1]["repeated"] is True
    for _ in range(2):
        assert await forget(gateway, {"conversation": "c1"}) == (200, {"status": "ok"})
    assert senders(tracker_url) == {"c10:0", "c_:0"}
    assert await forget(gateway, {"conversation": "c_"}) == (200, {"status": "ok"})
    assert senders(tracker_url) == {"c10:0"}
    assert (await gateway.turn("m-c1:0", "join the library", conversation="c1:0"))[1]["repeated"] is False


async def test_to_forget_waits_for_the_turn_that_runs(gateway: Gateway, actions: FakeActions, tracker_url: str) -> None:
    running = [asyncio.create_task(gateway.turn("m1", "join the library", conversation="c1:0")) for _ in range(1)]
    await asyncio.sleep(0.02)
    assert (await forget(gateway, {"conversation": "c1"}))[0] == 200
    [(status, _body)] = await asyncio.gather(*running)
    assert status == 200
    assert (await forget(gateway, {"conversation": "c1"}))[0] == 200
    assert senders(tracker_url) == set()


async def test_who_may_have_it_forgotten_and_how(gateway: Gateway) -> None:
    assert await forget(gateway, {"conversation": "c1"}, "wrong") == (401, {"status": "unauthorised"})
    bodies: list[Any] = [{}, {"conversation": ""}, {"conversation": 7}, {"conversation": "c1", "all": True}, [], "c1"]
    for body in bodies:
        assert (await forget(gateway, body))[0] == 400
    async with channel_over(None) as without:
        assert await forget(without, {"conversation": "c1"}) == (503, {"status": "failed", "reason": "not_ready"})


def senders(url: str) -> set[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        return {row[0] for row in connection.execute(sa.text("SELECT DISTINCT sender_id FROM tracker_events"))}
