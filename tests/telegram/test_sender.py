"""Sending: everything arrives, in order, at Telegram's pace, whatever goes wrong on the way."""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.channels.telegram import sender
from bot.desk import unreachable
from bot.store.messages import Sender as Who
from bot.store.tables import messages as table
from bot.turn.context import Services
from tests.store.conftest import new_database
from tests.telegram.clock import TimelessStore, fast
from tests.telegram.fake_bot_api import FakeBotApi, Fault
from tests.telegram.sending import Post, until

ADA, BEN, CLEO = 7001, 7002, 7003
SPEED = 40.0
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
async def post(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    made_database: Path,
    services: Services,
    fake: FakeBotApi,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Post]:
    """An office whose clock runs forty times as fast, also in how often it looks, on either database."""
    monkeypatch.setattr(sender, "_SWEEP", sender._SWEEP / SPEED)
    url = f"sqlite+aiosqlite:///{shutil.copyfile(made_database, tmp_path / 'post.db')}"
    if request.param == "postgresql":
        url = await new_database(request.getfixturevalue("postgresql"))
    async with fast(SPEED) as ambient:
        store = TimelessStore(url, ambient)
        await store.open()
        yield Post(store, ambient, services, fake)
        await store.close()


def numbers(count: int) -> list[str]:
    return [f"message {n}" for n in range(count)]


async def test_everything_arrives_once_and_in_order_within_each_chat(post: Post, fake: FakeBotApi) -> None:
    for chat in range(1, 9):
        await post.chat(chat)
    async with post.sender():
        for text in numbers(6):
            for chat in range(1, 9):
                await post.say(chat, text)
        await post.delivered()
    for chat in range(1, 9):
        assert [sent.text for sent in fake.to(chat)] == numbers(6)


async def test_at_most_one_message_a_second_to_a_chat_and_thirty_in_all(post: Post, fake: FakeBotApi) -> None:
    for chat in range(1, 46):
        await post.chat(chat)
        await post.say(chat, *numbers(2))
    async with post.sender():
        await post.delivered()
    assert len(fake.sent) == 90
    left, places = sorted(moment for _, moment in post.left), post.pace.slots
    assert all(last - first >= SECOND for first, last in zip(places, places[30:], strict=False))
    assert all(moment >= place for moment, place in zip(left, places, strict=True)), "one left before its place"
    by_chat = defaultdict(list)
    for chat, moment in post.left:
        by_chat[chat].append(moment)
    assert all(second - first >= SECOND for first, second in by_chat.values())


async def test_a_long_message_leaves_in_parts_and_a_break_between_them_repeats_none(
    post: Post, fake: FakeBotApi
) -> None:
    await post.chat(ADA)
    paragraphs = [f"{n} " + "word " * 300 for n in range(8)]
    fake.fail(Fault.of_status(500), chat_id=ADA)
    async with post.sender():
        await post.say(ADA, "\n\n".join(paragraphs), "after")
        await fake.wait_sent(2)
        fake.fail(Fault.of_status(502), Fault.cut(), chat_id=ADA)
        await post.delivered()
    assert [sent.text[0] for sent in fake.sent] == ["0", "2", "4", "6", "a"]


async def test_a_chat_that_is_told_to_wait_waits_so_long_and_no_other_does(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    await post.chat(BEN)
    fake.fail(Fault.too_many(10), chat_id=ADA)
    async with post.sender():
        await post.say(ADA, *numbers(2))
        await post.say(BEN, "hello")
        await post.delivered()
    refused = next(call for call in fake.calls if call.status == 429)
    assert fake.to(ADA)[0].at - refused.at >= 10
    assert fake.to(BEN)[0].at - refused.at < 8
    assert [sent.text for sent in fake.to(ADA)] == numbers(2)
    assert sum(call.status == 429 for call in fake.calls) == 1, "it asked again before its time"


async def test_when_several_are_told_to_wait_all_do(post: Post, fake: FakeBotApi) -> None:
    for chat in (ADA, BEN, CLEO):
        await post.chat(chat)
    fake.fail(Fault.too_many(10), chat_id=ADA)
    fake.fail(Fault.too_many(10), chat_id=BEN)
    async with post.sender():
        await post.say(ADA, "a")
        await post.say(BEN, "b")
        await fake.wait(lambda: sum(call.status == 429 for call in fake.calls) == 2)
        last = fake.calls[-1].at
        await until(lambda: post.pace.paused)
        await post.say(CLEO, "c")
        await post.delivered()
    assert fake.to(CLEO)[0].at - last > 8


@pytest.mark.parametrize(
    "fault", [Fault.of_status(500), Fault.of_status(502), Fault.of_status(503), Fault.broken(), Fault.cut()]
)
async def test_what_fails_on_the_way_is_tried_again_in_order(post: Post, fake: FakeBotApi, fault: Fault) -> None:
    await post.chat(ADA)
    fake.fail(fault, fault, fault)
    async with post.sender() as sender:
        await post.say(ADA, *numbers(3))
        await post.delivered()
        assert sender.doubtful == 3
    assert [sent.text for sent in fake.sent] == numbers(3)
    tries = [call.at for call in fake.calls[:4]]
    pauses = [second - first for first, second in itertools.pairwise(tries)]
    assert pauses[0] >= 0.7
    assert pauses[1] >= 1.4
    assert pauses[2] >= 2.9


async def test_an_answer_that_is_lost_or_late_may_double_a_message_and_loses_none(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    fake.fail(Fault.lost(), Fault.slow(600))
    async with post.sender(hasty=[2]) as sender:
        await post.say(ADA, *numbers(3))
        await post.delivered()
        assert sender.doubtful == 2
    texts = [sent.text for sent in fake.sent]
    assert list(dict.fromkeys(texts)) == numbers(3)
    assert len(texts) == 5


async def test_who_blocks_the_bot_is_sent_nothing_more_and_staff_are_told_once(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    await post.chat(BEN)
    fake.blocked.add(ADA)
    async with post.sender():
        await post.say(ADA, *numbers(3))
        await post.say(BEN, "hello")
        await post.delivered()
        lines = [message for message in await post.said(ADA) if message.internal]
        assert [line.text for line in lines] == [unreachable.BLOCKED]
        assert sum(call.status == 403 for call in fake.calls) == 1
        await post.say(ADA, "a reply", who=Who.STAFF)
        await post.delivered()
        assert sum(message.internal for message in await post.said(ADA)) == 2, "each reply that is lost is told"
        fake.blocked.clear()
        await post.say(ADA, "back")
        await post.delivered()
    assert [sent.text for sent in fake.to(ADA)] == ["back"]
    assert len(fake.to(BEN)) == 1


async def test_a_chat_that_does_not_exist_ends_the_sending(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA, known=False)
    async with post.sender():
        await post.say(ADA, *numbers(2))
        await post.delivered()
    assert [message.text for message in await post.said(ADA) if message.internal] == [unreachable.GONE]


async def test_a_message_that_is_refused_goes_as_plain_text_and_does_not_hold_up_the_rest(
    post: Post, fake: FakeBotApi
) -> None:
    await post.chat(ADA)
    refused = Fault.of_status(400, "Bad Request: can't parse entities: unsupported start tag")
    async with post.sender():
        fake.fail(refused)
        await post.say(ADA, "5 < 6")
        await post.delivered()
        fake.fail(refused, refused)
        await post.say(ADA, "never", "next")
        await post.delivered()
    assert [sent.text for sent in fake.sent] == ["5 < 6", "next"]
    assert [message.text for message in await post.said(ADA) if message.internal] == [unreachable.REFUSED]


async def test_a_group_that_moved_is_followed(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    fake.group(-1009)
    moved = Fault("status", 400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1009})
    fake.fail(moved)
    async with post.sender():
        await post.say(ADA, *numbers(2))
        await post.delivered()
    assert [sent.text for sent in fake.to(-1009)] == numbers(2)


async def test_a_token_that_is_not_valid_loses_nothing(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    good = fake.token
    async with post.sender():
        fake.token = "1:another"
        await post.say(ADA, *numbers(2))
        await fake.wait(lambda: any(call.status == 401 for call in fake.calls))
        fake.token = good
        await post.delivered()
    assert [sent.text for sent in fake.sent] == numbers(2)
    assert sum(call.status == 401 for call in fake.calls) == 1


async def test_after_an_outage_of_30_seconds_everything_arrives_in_order(post: Post, fake: FakeBotApi) -> None:
    for chat in (ADA, BEN, CLEO):
        await post.chat(chat)
    async with post.sender():
        fake.outage = True
        for text in numbers(4):
            for chat in (ADA, BEN, CLEO):
                await post.say(chat, text)
            await post.ambient.sleep(7.5)
        assert fake.sent == []
        fake.outage = False
        await post.delivered()
    for chat in (ADA, BEN, CLEO):
        assert [sent.text for sent in fake.to(chat)] == numbers(4)


async def test_two_gateways_send_nothing_twice_and_one_takes_over_from_the_other(post: Post, fake: FakeBotApi) -> None:
    for chat in range(1, 6):
        await post.chat(chat)
    async with post.sender():
        async with post.sender():
            for text in numbers(3):
                for chat in range(1, 6):
                    await post.say(chat, text)
            await post.delivered()
        await post.say(1, "last")
        await post.delivered()
    assert len(fake.sent) == 16
    for chat in range(1, 6):
        assert [sent.text for sent in fake.to(chat)][:3] == numbers(3)


async def test_stopping_lets_what_is_being_sent_be_marked(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    fake.fail(Fault.slow(0.3))
    async with post.sender():
        await post.say(ADA, *numbers(2))
        await fake.wait_sent(1)
    assert await post.pending() == 1
    async with post.sender():
        await post.delivered()
    assert [sent.text for sent in fake.sent] == numbers(2)


async def test_a_message_that_was_deleted_meanwhile_is_not_sent(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    [deleted, _kept] = await post.say(ADA, "deleted", "kept")
    async with post.store.write() as tx:
        await tx.connection.execute(delete(table).where(table.c.id == deleted.id))
    async with post.sender():
        await post.delivered()
    assert [sent.text for sent in fake.sent] == ["kept"]


async def test_in_a_group_it_answers_the_message_that_spoke_to_it(post: Post, fake: FakeBotApi) -> None:
    fake.group(-50)
    await post.chat(-50, known=False)
    async with post.sender():
        await post.say(-50, "In private, please.", telegram={"reply_to": 9, "thread": None})
        await post.delivered()
    [call] = [call for call in fake.calls if call.method == "sendMessage"]
    assert '"message_id": 9' in call.params["reply_parameters"]
    assert fake.to(-50)


async def test_the_transcript_comes_as_a_document_without_what_is_for_staff_alone(post: Post, fake: FakeBotApi) -> None:
    await post.chat(ADA)
    async with post.sender():
        await post.say(ADA, "Where is my bin?", who=Who.CITIZEN)
        await post.say(ADA, "It is <here>.", who=Who.STAFF)
        async with post.store.write() as tx:
            await unreachable.tell_staff(tx, post.chats[ADA], unreachable.BLOCKED)
        await post.say(ADA, "This is your chat so far.", transcript=True)
        await post.delivered()
    document = fake.sent[-1].document
    assert document
    name, content = document
    text = content.decode("utf-8-sig")
    assert (name, fake.sent[-1].text) == ("chat.txt", "This is your chat so far.")
    assert "You\nWhere is my bin?\n" in text
    assert "Staff, Northmere Council\nIt is <here>.\n" in text
    assert "Monday 23 November 2026" in text
    assert "blocked" not in text
