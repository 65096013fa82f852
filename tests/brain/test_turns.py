"""A turn happens once or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from rasa.core.actions import action as actions_module
from rasa.core.agent import Agent

from bot.brain.tracker_store import TurnTrackerStore
from tests.brain.conftest import use_store
from tests.brain.doubles import FakeActions, Gateway, channel_over, say_its_name, until, uttering

FAILED = (503, {"status": "failed", "reason": "action_failed"})


async def test_the_same_message_again_gives_the_same_replies_and_runs_nothing(
    gateway: Gateway, actions: FakeActions
) -> None:
    _, first = await gateway.turn("m1", "join the library")
    status, again = await gateway.turn("m1", "join the library")
    assert status == 200
    assert again == {**first, "repeated": True}
    assert len(actions.calls) == 1


async def test_also_after_a_restart(agent: Agent, actions: FakeActions, any_tracker_url: str) -> None:
    use_store(agent, any_tracker_url)
    async with channel_over(agent) as gateway:
        firsts = [await gateway.turn(f"m{number}", text) for number, text in enumerate(["hello", "my bin was missed"])]
    use_store(agent, any_tracker_url)
    async with channel_over(agent) as gateway:
        for number, (_, first) in enumerate(firsts):
            assert await gateway.turn(f"m{number}", "anything") == (200, {**first, "repeated": True})
        _, new = await gateway.turn("m9", "hello")
    assert new["repeated"] is False
    assert len(actions.calls) == 1


async def test_the_same_id_in_another_conversation_is_another_message(gateway: Gateway) -> None:
    await gateway.turn("m1", "hello")
    _, body = await gateway.turn("m1", "bye", conversation="c2")
    assert body["repeated"] is False
    assert body["intent"]["name"] == "goodbye"


async def test_a_repeat_while_the_turn_runs_awaits_the_same_turn(gateway: Gateway, actions: FakeActions) -> None:
    go_on = asyncio.Event()

    async def wait(call: Any) -> web.Response:
        await go_on.wait()
        return await say_its_name(call)

    actions.answer = wait
    first = asyncio.ensure_future(gateway.turn("m1", payload="/person"))
    await until(lambda: len(actions.calls) == 1)
    second = asyncio.ensure_future(gateway.turn("m1", payload="/person"))
    await asyncio.sleep(0.1)
    assert not second.done()
    go_on.set()
    (_, one), (_, other) = await asyncio.gather(first, second)
    assert one["replies"] == other["replies"]
    assert (one["repeated"], other["repeated"]) == (False, True)
    assert len(actions.calls) == 1


async def test_a_turn_goes_on_when_the_gateway_goes_away(gateway: Gateway, actions: FakeActions) -> None:
    go_on = asyncio.Event()

    async def wait(call: Any) -> web.Response:
        await go_on.wait()
        return await say_its_name(call)

    actions.answer = wait
    async with aiohttp.ClientSession() as impatient:
        asked = asyncio.ensure_future(Gateway(impatient, gateway.address).turn("m1", payload="/person"))
        await until(lambda: len(actions.calls) == 1)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    go_on.set()
    status, body = await gateway.turn("m1", payload="/person")
    assert status == 200
    assert body["repeated"] is True
    assert len(actions.calls) == 1


async def test_time_is_up_but_the_repeat_gets_the_turn(agent: Agent, actions: FakeActions) -> None:
    go_on = asyncio.Event()

    async def wait(call: Any) -> web.Response:
        await go_on.wait()
        return await say_its_name(call)

    actions.answer = wait
    async with channel_over(agent, deadline=0.3) as gateway:
        assert await gateway.turn("m1", payload="/person") == (503, {"status": "failed", "reason": "timeout"})
        go_on.set()
        status = 503
        while status == 503:  # on a busy machine the time may be up more than once
            status, body = await gateway.turn("m1", payload="/person")
    assert status == 200
    assert body["repeated"] is True
    assert len(actions.calls) == 1


async def fail_with_500(call: Any) -> web.Response:
    return web.json_response({"error": "the citizen said: my secret"}, status=500)


async def answer_garbage(call: Any) -> web.Response:
    return web.Response(text="<html>", content_type="application/json")


async def break_the_contract(call: Any) -> web.Response:
    return web.json_response({"events": [{"event": 5}], "responses": []})


async def hang(call: Any) -> web.Response:
    await asyncio.sleep(30)
    return uttering()


@pytest.mark.parametrize("answer", [fail_with_500, answer_garbage, break_the_contract, hang])
async def test_a_failed_action_fails_the_turn_without_a_trace_and_it_can_be_tried_again(
    gateway: Gateway,
    actions: FakeActions,
    agent: Agent,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answer: Any,
) -> None:
    await gateway.turn("m1", "hello")
    before = await agent.tracker_store.retrieve("c1")
    actions.answer = answer
    with monkeypatch.context() as patch:
        patch.setattr(actions_module, "DEFAULT_REQUEST_TIMEOUT", 0.3 if answer is hang else 60)
        assert await gateway.turn("m2", "the rubbish was not collected") == FAILED
    after = await agent.tracker_store.retrieve("c1")
    assert [event.as_dict() for event in after.events] == [event.as_dict() for event in before.events]
    assert "rubbish" not in caplog.text
    assert "my secret" not in caplog.text
    actions.answer = say_its_name
    status, body = await gateway.turn("m2", "the rubbish was not collected")
    assert status == 200
    assert body["repeated"] is False
    assert body["replies"][0]["custom"]["kind"] == "action_answer"


async def test_a_dead_action_server_is_a_failed_action(agent: Agent) -> None:
    async with channel_over(agent) as gateway:
        assert await gateway.turn("m1", payload="/person") == FAILED
        assert (await gateway.turn("m2", "hello"))[0] == 200


async def test_a_database_that_fails_fails_the_turn(
    agent: Agent, actions: FakeActions, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tracker_url: str
) -> None:
    assert (await gateway.turn("m1", "hello"))[0] == 200
    store = agent.tracker_store._tracker_store
    good = store.sessionmaker
    store.sessionmaker = broken_session
    failed = (503, {"status": "failed", "reason": "tracker_store"})
    assert await gateway.turn("m2", "join the library") == failed
    assert actions.calls == []
    assert await gateway.ready() == (503, {"status": "not_ready"})
    store.sessionmaker = good
    assert (await gateway.turn("m2", "join the library"))[0] == 200
    status, ready = await gateway.ready()
    assert status == 200
    assert ready["tracker_errors"] == store.errors > 0


async def test_a_turn_that_cannot_be_saved_is_a_failed_turn(
    agent: Agent, actions: FakeActions, gateway: Gateway
) -> None:
    store = agent.tracker_store._tracker_store
    good = store.sessionmaker

    async def break_then_answer(call: Any) -> web.Response:
        store.sessionmaker = broken_session
        return await say_its_name(call)

    actions.answer = break_then_answer
    assert await gateway.turn("m1", payload="/person") == (503, {"status": "failed", "reason": "tracker_store"})
    store.sessionmaker = good
    actions.answer = say_its_name
    status, body = await gateway.turn("m1", payload="/person")
    assert status == 200
    assert body["repeated"] is False


def broken_session() -> Any:
    raise OSError("disk gone")


async def test_a_rule_that_never_ends_is_a_failed_turn(
    gateway: Gateway, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent.processor, "is_action_limit_reached", lambda *_: True)
    assert await gateway.turn("m1", "hello") == (503, {"status": "failed", "reason": "error"})
    assert await agent.tracker_store.retrieve("c1") is None


async def test_conversations_do_not_hold_each_other_up(gateway: Gateway, actions: FakeActions) -> None:
    go_on = asyncio.Event()

    async def wait(call: Any) -> web.Response:
        await go_on.wait()
        return await say_its_name(call)

    actions.answer = wait
    slow = asyncio.ensure_future(gateway.turn("m1", payload="/person"))
    await until(lambda: len(actions.calls) == 1)
    status, _ = await gateway.turn("m1", "hello", conversation="c2")
    assert status == 200
    assert not slow.done()
    go_on.set()
    assert (await slow)[0] == 200


async def test_a_one_off_question_leaves_no_trace(gateway: Gateway, agent: Agent) -> None:
    _, body = await gateway.turn("m1", "my bin was missed", conversation="ask:7")
    assert body["intent"]["name"] == "answer"
    store = agent.tracker_store._tracker_store
    assert isinstance(store, TurnTrackerStore)
    assert list(await store.keys()) == []
