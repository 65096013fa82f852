"""The whole journey on Telegram, against the real Rasa: a question, a refusal, 'why', a review, staff, a rating."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.channels.telegram.layout import Piece
from bot.policy.decide import Decision, decide
from bot.policy.notice import render
from bot.store import cases, decisions, messages, outbox
from bot.store.messages import Sender
from bot.text import phrases
from bot.turn.brain import Brain, BrainReply
from bot.turn.context import Services
from tests.policies import LIBRARY
from tests.policy.points import POINTS, Case
from tests.telegram.clock import FastAmbient, fast
from tests.telegram.fake_bot_api import FakeBotApi, Sent
from tests.telegram.gateway import Gateway, gateway
from tests.telegram.test_layout import OnTelegram
from tests.web.clerk import sign_in

ADA = 7001


@pytest.fixture
async def ambient() -> AsyncIterator[FastAmbient]:
    """Time runs twenty times as fast, so that a message a second is no wait; ids are real."""
    async with fast(20) as started:
        yield started


class Unhurried:
    """Rasa, whose turns take no time of the clock: on it a lease of a turn lasts two real seconds."""

    def __init__(self, brain: Brain, ambient: FastAmbient) -> None:
        self._brain, self._ambient = brain, ambient

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        with self._ambient.stands():
            return await self._brain.ask(conversation, message_id, content, metadata)

    async def forget(self, conversation: str) -> None:
        await self._brain.forget(conversation)


class Citizen:
    """Ada's phone: what it shows, and what she can tap."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.fake, self.read_to = gateway, gateway.fake, 0
        gateway.fake.person(ADA)

    async def says(self, text: str, *sees: str) -> list[Sent]:
        """She types; what she then sees has these words in it."""
        await self.gateway.take(self.fake.text(ADA, text))
        return await self.sees(*sees)

    async def taps(self, title: str, *sees: str) -> list[Sent]:
        """She taps the newest button of that title."""
        sent, key = next(
            (sent, key) for sent in reversed(self.fake.to(ADA)) for shown, key in sent.buttons if shown == title
        )
        await self.gateway.take(self.fake.press(ADA, key, sent.message_id))
        return await self.sees(*sees)

    async def sees(self, *words: str) -> list[Sent]:
        """The messages since she last looked, once all that was said has arrived."""

        def new() -> list[Sent]:
            return self.fake.to(ADA)[self.read_to :]

        def shown() -> str:
            return "\n".join(sent.text for sent in new())

        await self.fake.wait(lambda: all(each in shown() for each in words), 90, lambda: f"{words} not in: {shown()}")
        await self._delivered()
        found = new()
        self.read_to += len(found)
        return found

    async def _delivered(self) -> None:
        async with asyncio.timeout(60):
            while True:
                async with self.gateway.store.read() as connection:
                    if not await outbox.count_pending(connection):
                        return
                await self.gateway.telegram.sender._sleep(1)


@pytest.fixture
async def citizen(services: Services, ambient: FastAmbient) -> AsyncIterator[Citizen]:
    services = replace(services, brain=Unhurried(services.brain, ambient))
    async with FakeBotApi() as fake, gateway(services, fake) as started:
        started.telegram.sender._sleep = ambient.sleep
        yield Citizen(started)


async def test_from_a_question_through_a_refusal_and_a_review_to_a_rating(citizen: Citizen) -> None:
    fake, store = citizen.fake, citizen.gateway.store
    await citizen.says("/start", "automated assistant of Northmere Council")
    [answer, *_] = await citizen.says("they did not empty my bin this morning", "within two working days", "Source: ")
    assert any(entity.url for entity in answer.entities), "the source is no link"

    [asked] = await citizen.says("can I get a second parking permit", "resident parking zones")
    assert [title for title, _ in asked.buttons] == ["Yes", "No"]
    await citizen.taps("Yes", "car-free")
    await citizen.taps("No", "registered at your address")
    await citizen.says("when is my bin collected", "Back to your request: a resident parking permit.")
    await citizen.says("yes", "How many resident permits")
    await citizen.says("2", "How high")
    await citizen.says("2.4", "How long")
    await citizen.says("4.8", "What is the date")
    await citizen.says("1 October 2026", "Please check what I understood")
    notice = await citizen.taps("That is right", "There are 2 reasons", "You can have this in large print")
    assert len(notice) > 2
    assert all(len(sent.text) < 1500 for sent in notice)
    titles = [title for title, _ in notice[-1].buttons]
    assert titles == ["Why?", "What can I do?", "Ask for a review", "Talk to a person"]
    await has_the_14_points(citizen, notice)

    await citizen.taps("Why?", "The limit is 2.25 m")
    await citizen.taps("Ask for a review", "Your case number is C-1001", "You are next")
    clerk = await sign_in(citizen.gateway.client, store)
    conversation = await citizen.gateway.conversation(ADA)
    assert conversation
    async with store.read() as connection:
        case = await cases.open_of(connection, conversation.id)
    assert case
    assert case.reason == "review"
    assert "C-1001" in await clerk.page("/console")
    await clerk.claim(case)
    await citizen.sees("Ana from Northmere Council has joined")
    for number in (1, 2, 3):
        await clerk.reply(case, f"Reply <b>{number}</b> & more")
        await citizen.sees(f"Ana:\nReply <b>{number}</b> & more")
        assert await citizen.says(f"Answer {number}") == [], "the assistant speaks while a person has the chat"
        assert f"Answer {number}" in await clerk.page(f"/console/cases/{case.id}")
    assert (await clerk.post(f"/console/cases/{case.id}/hand-back")).status == 303
    await citizen.sees("Ana has handed you back to the assistant", phrases.ASK_FOR_RATING)
    await citizen.taps("5 of 5", "5 of 5")
    assert "Rated 5 of 5 by the citizen" in await clerk.page(f"/console/cases/{case.id}")
    [document] = [sent.document for sent in await citizen.taps("Send me a copy of this chat", "copy") if sent.document]
    assert "Answer 3" in document[1].decode("utf-8-sig")
    await citizen.says("where can I report a pothole", "Source: ")

    async with store.read() as connection:
        said = await messages.of_conversation(connection, conversation.id)
    shown = iter(sent.text for sent in fake.to(ADA))
    for message in said:
        if message.sender is not Sender.CITIZEN and not message.internal:
            start = " ".join(message.text.split())[:20]
            assert any(start in " ".join(text.split()) for text in shown), f"missing, or not in order: {message.text}"


async def has_the_14_points(citizen: Citizen, notice: list[Sent]) -> None:
    """The notice that is on the phone meets what every notice must."""
    library = LIBRARY
    conversation = await citizen.gateway.conversation(ADA)
    assert conversation
    async with citizen.gateway.store.read() as connection:
        [row] = await decisions.of_conversation(connection, conversation.id, 5)
    record = json.loads(row.record)
    policy = library.policies[record["policy"]]
    values = {fact["id"]: fact["value"] for fact in record["facts"]}
    today = date.fromisoformat(record["today"])
    decision = decide(policy, values, today, today)
    assert isinstance(decision, Decision)
    words = policy.words["en"]
    case = OnTelegram(Case(decision, record, words, render(record, words)), [Piece(sent.html) for sent in notice])
    assert {number: fault for number, check in POINTS.items() if (fault := check(case))} == {}
