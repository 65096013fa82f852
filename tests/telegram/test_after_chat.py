"""After a chat with staff: a rating by buttons, and the transcript as a document."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store import cases
from bot.store.cases import Case
from bot.text import phrases
from bot.turn.context import Services
from tests.telegram.clock import FastAmbient, fast
from tests.telegram.fake_bot_api import FakeBotApi, Sent
from tests.telegram.gateway import Gateway, gateway
from tests.web.clerk import Clerk, sign_in

ADA = 7001


@pytest.fixture
async def ambient() -> AsyncIterator[FastAmbient]:
    """Time runs twenty times as fast, so that a message a second is no wait."""
    async with fast(20) as started:
        yield started


@pytest.fixture
async def started(services: Services, fake: FakeBotApi, ambient: FastAmbient) -> AsyncIterator[Gateway]:
    fake.person(ADA)
    async with gateway(services, fake) as found:
        found.telegram.sender._sleep = ambient.sleep
        yield found


async def case_of(started: Gateway) -> Case:
    conversation = await started.conversation(ADA)
    assert conversation
    async with started.store.read() as connection:
        case = await cases.open_of(connection, conversation.id)
    assert case
    return case


async def chat_with_staff(started: Gateway) -> tuple[Clerk, Case]:
    """From asking for a person to the end of the chat."""
    clerk = await sign_in(started.client, started.store)
    await started.text(ADA, "/person")
    case = await case_of(started)
    await clerk.claim(case)
    await clerk.reply(case, "Is it the <green> bin & the brown one?")
    await started.text(ADA, "Both.")
    assert (await clerk.post(f"/console/cases/{case.id}/close")).status == 303
    return clerk, case


async def asked(fake: FakeBotApi) -> Sent:
    """The message that asks for a rating, once it is there."""
    await fake.wait(lambda: any(sent.text == phrases.ASK_FOR_RATING for sent in fake.to(ADA)))
    return fake.to(ADA)[-1]


async def test_a_chat_that_ended_is_rated_by_a_button_and_staff_see_it(started: Gateway, fake: FakeBotApi) -> None:
    clerk, case = await chat_with_staff(started)
    sent = await asked(fake)
    keys = dict(sent.buttons)
    assert list(keys) == ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5", "Send me a copy of this chat"]
    answer = await started.answer(fake.press(ADA, keys["4 of 5"], sent.message_id), ADA)
    assert answer == phrases.RATED.format(rating=4)
    assert "Rated 4 of 5 by the citizen" in await clerk.page(f"/console/cases/{case.id}")
    await started.take(fake.press(ADA, keys["2 of 5"], sent.message_id))
    assert "Rated 2 of 5 by the citizen" in await clerk.page(f"/console/cases/{case.id}")


async def test_a_rating_is_of_its_own_chat_also_while_the_next_one_runs(started: Gateway, fake: FakeBotApi) -> None:
    clerk, first = await chat_with_staff(started)
    sent = await asked(fake)
    await started.text(ADA, "/person")
    second = await case_of(started)
    await clerk.claim(second)
    answer = await started.answer(fake.press(ADA, dict(sent.buttons)["5 of 5"], sent.message_id), ADA)
    assert answer == phrases.RATED.format(rating=5)
    assert "Rated 5 of 5" in await clerk.page(f"/console/cases/{first.id}")
    assert "Rated" not in await clerk.page(f"/console/cases/{second.id}")


@pytest.mark.parametrize("argument", ["", "x", "1001", "1001-6", "1001-0", "9999-4", "1001-4-4", "²-4"])
async def test_a_rating_that_cannot_be_is_refused(started: Gateway, argument: str) -> None:
    from bot.desk import rating

    async with started.store.write() as tx:
        found = rating.read(argument)
        assert found is None or not await cases.rate(tx, "nobody", *found)


async def test_the_transcript_holds_what_both_said_and_comes_as_a_document(started: Gateway, fake: FakeBotApi) -> None:
    await chat_with_staff(started)
    sent = await asked(fake)
    await started.take(fake.press(ADA, dict(sent.buttons)["Send me a copy of this chat"], sent.message_id))
    await fake.wait(lambda: any(sent.document for sent in fake.to(ADA)))
    [document] = [sent.document for sent in fake.to(ADA) if sent.document]
    text = document[1].decode("utf-8-sig")
    assert "Ana, Northmere Council\nIs it the <green> bin & the brown one?" in text
    assert "You\nBoth." in text
    assert phrases.CLOSED_BY_STAFF[-30:] in text
