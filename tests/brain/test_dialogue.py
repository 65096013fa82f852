"""The rules and stories of the project, each at work."""

from __future__ import annotations

import pytest
from rasa.core.agent import Agent

from tests.brain.doubles import Gateway

#: What belongs to a request that a policy decides: tried with the real actions, in tests/dialogue.
ABOUT_REQUESTS = {
    "policy",
    "why",
    "which_rule",
    "what_if",
    "what_can_i_do",
    "not_fair",
    "review",
    "correct_fact",
    "cancel",
    "status",
    "continue_application",
    "give",
    "confirm_facts",
}


def said(body: dict) -> str:
    reply = body["replies"][0]
    return str(reply["custom"]["kind"] if "custom" in reply else reply["metadata"]["id"])


@pytest.mark.parametrize(
    ("payload", "reply"),
    [
        ("/answer", "action_answer"),
        ("/person", "action_person"),
        ("/greet", "greet"),
        ("/goodbye", "action_goodbye"),
        ("/thanks", "action_thanks"),
        ("/who_are_you", "who_are_you"),
        ("/help", "help"),
        ("/upset", "action_calm"),
        ("/about_answer/steps", "action_about_answer"),
        ("/sum_up", "action_sum_up"),
        ("/service", "action_answer"),
        ("/crisis", "action_crisis"),
        ("/elsewhere", "action_non_answer"),
        ("/not_allowed", "action_non_answer"),
        ("/off_topic", "action_non_answer"),
        ("/other_language", "action_non_answer"),
        ("/gibberish", "action_non_answer"),
        ("/affirm", "action_clarify"),
        ("/deny", "action_clarify"),
    ],
)
async def test_each_intent_has_its_reply(gateway: Gateway, payload: str, reply: str) -> None:
    status, body = await gateway.turn("m1", payload=payload)
    assert status == 200
    assert said(body) == reply
    assert len(body["replies"]) == 1


async def test_every_intent_of_the_domain_is_tried_above(agent: Agent) -> None:
    ours = set(agent.domain.intents) - {"back", "restart", "session_start", "out_of_scope", "nlu_fallback"}
    assert len(ours - ABOUT_REQUESTS) == 19
    assert ours > ABOUT_REQUESTS


@pytest.mark.parametrize(
    ("turns", "replies"),
    [
        (["/upset", "/affirm"], ["action_calm", "action_person"]),
        (["/upset", "/deny"], ["action_calm", "what_else"]),
        (["/thanks", "/deny"], ["action_thanks", "action_goodbye"]),
        (["/thanks", "/affirm"], ["action_thanks", "what_else"]),
        (["/greet", "/answer", "/upset", "/affirm"], ["greet", "action_answer", "action_calm", "action_person"]),
        (["/answer", "/deny"], ["action_answer", "offer_person"]),
        (["/answer", "/affirm"], ["action_answer", "what_else"]),
    ],
)
async def test_yes_and_no_mean_what_was_asked_before(gateway: Gateway, turns: list, replies: list) -> None:
    bodies = [await gateway.turn(f"m{number}", payload=payload) for number, payload in enumerate(turns)]
    assert [status for status, _ in bodies] == [200] * len(turns)
    assert [said(body) for _, body in bodies] == replies


@pytest.mark.parametrize("between", ["/greet", "/help", "/who_are_you", "/elsewhere", "/answer", "/goodbye"])
async def test_an_offer_is_forgotten_once_something_else_was_said(gateway: Gateway, between: str) -> None:
    await gateway.turn("m1", payload="/upset")
    await gateway.turn("m2", payload=between)
    status, body = await gateway.turn("m3", payload="/affirm")
    assert status == 200
    assert said(body) in ("action_clarify", "what_else")


async def test_a_refused_answer_leads_to_a_person_in_two_steps(gateway: Gateway) -> None:
    payloads = ["/answer", "/deny", "/affirm"]
    bodies = [await gateway.turn(f"m{number}", payload=payload) for number, payload in enumerate(payloads)]
    assert [said(body) for _, body in bodies] == ["action_answer", "offer_person", "action_person"]


async def test_what_is_not_understood_gets_a_question(gateway: Gateway) -> None:
    _, body = await gateway.turn("m1", "tea towel museum")
    assert said(body) == "action_clarify"


async def test_nothing_is_ever_reverted(gateway: Gateway, agent: Agent) -> None:
    for number, text in enumerate(["hello", "flurble wombat", "yes", "no", "rubbish bot", "yes"]):
        await gateway.turn(f"m{number}", text)
    tracker = await agent.tracker_store.retrieve("c1")
    names = [event.type_name for event in tracker.events]
    assert names.count("user") == 6
    assert "rewind" not in names
    assert "undo" not in names
