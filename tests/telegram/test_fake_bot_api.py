"""The fake refuses what the real Bot API refuses; else every other test here would prove too little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from bot.channels.telegram.client import trusted
from tests.telegram.fake_bot_api import FakeBotApi, Fault

ADA = 7001


@pytest.fixture
async def bot(fake: FakeBotApi) -> AsyncIterator[Bot]:
    fake.person(ADA)
    shared = {"verify": trusted()}
    quick, polls = (
        HTTPXRequest(read_timeout=60, connect_timeout=60, httpx_kwargs=shared),
        HTTPXRequest(read_timeout=60, connect_timeout=60, httpx_kwargs=shared),
    )
    async with Bot(fake.token, base_url=fake.base_url, request=quick, get_updates_request=polls) as client:
        yield client


def keyboard(data: str, title: str = "Why") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(title, callback_data=data)]])


async def test_what_is_sent_is_kept_as_people_read_it(bot: Bot, fake: FakeBotApi) -> None:
    text = '<b>No</b> &lt;3 &amp; 😀 <a href="https://x.example/?a=1&amp;b">why</a> <a href="tel:+441632">01632</a>'
    message = await bot.send_message(ADA, text, parse_mode="HTML", reply_markup=keyboard("k" * 64))
    [sent] = fake.sent
    assert (sent.text, sent.message_id) == ("No <3 & 😀 why 01632", message.message_id)
    assert [(e.type, e.offset, e.length, e.url) for e in sent.entities] == [
        ("bold", 0, 2, None),
        ("text_link", 11, 3, "https://x.example/?a=1&b"),
    ]
    assert sent.buttons == (("Why", "k" * 64),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "text is empty"),
        (" \n ", "text is empty"),
        ("<b></b>", "text is empty"),
        ("<b>open", "can't find end tag"),
        ("a < b", "unsupported start tag"),
        ("<p>no</p>", "unsupported start tag"),
        ("<b><i>crossed</b></i>", "unmatched end tag"),
        ("done</b>", "unexpected end tag"),
        ("x" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
    ],
)
async def test_texts_that_are_refused(bot: Bot, fake: FakeBotApi, text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){why}"):
        await bot.send_message(ADA, text, parse_mode="HTML")
    assert fake.sent == []


async def test_the_longest_text_is_counted_after_its_tags_are_read(bot: Bot, fake: FakeBotApi) -> None:
    await bot.send_message(ADA, "<b>" + "&amp;" * 4096 + "</b>", parse_mode="HTML")
    assert fake.sent[0].text == "&" * 4096


async def test_buttons_that_are_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(ADA, "x", reply_markup=keyboard("k" * 65))
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(ADA, "x", reply_markup=keyboard("é" * 33))
    with pytest.raises(BadRequest, match="only with a text"):
        await bot.send_message(ADA, "x", reply_markup=keyboard("k", " "))


async def test_chats_and_tokens_that_are_refused(bot: Bot, fake: FakeBotApi) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(1, "x")
    fake.blocked.add(ADA)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ADA, "x")
    with pytest.raises(InvalidToken):
        await Bot("1:wrong", base_url=fake.base_url).get_me()
    with pytest.raises(InvalidToken):
        await Bot("none", base_url=fake.base_url).get_me()


async def test_each_fault_happens_once_and_says_what_the_real_one_says(bot: Bot, fake: FakeBotApi) -> None:
    fake.fail(Fault.too_many(3), Fault.of_status(502), Fault.broken(), Fault.cut(), Fault.lost(), Fault.slow(600))
    with pytest.raises(RetryAfter):
        await bot.send_message(ADA, "x")
    for error in (NetworkError, Exception, NetworkError, NetworkError):
        with pytest.raises(error):
            await bot.send_message(ADA, "x")
    with pytest.raises(TimedOut):
        await bot.send_message(ADA, "x", read_timeout=0.5)
    assert len(fake.sent) == 2  # those whose answer was lost or late were done
    await bot.send_message(ADA, "y")
    fake.outage = True
    with pytest.raises(NetworkError):
        await bot.send_message(ADA, "z")
    assert [sent.text for sent in fake.sent] == ["x", "x", "y"]


async def test_a_flood_is_refused_until_it_is_over(bot: Bot, fake: FakeBotApi) -> None:
    now = 100.0
    fake.clock = lambda: now
    fake.flood(3, ADA)
    now += 2.9
    with pytest.raises(RetryAfter):
        await bot.send_message(ADA, "x")
    now += 0.2
    await bot.send_message(ADA, "x")


async def test_updates_come_until_they_are_acknowledged(bot: Bot, fake: FakeBotApi) -> None:
    first, second = fake.text(ADA, "/start x"), fake.text(ADA, "two")
    fake.queue(first, second)
    found = await bot.get_updates()
    assert [update.update_id for update in found] == [first["update_id"], second["update_id"]]
    assert found[0].message
    assert found[0].message.entities[0].type == "bot_command"
    assert len(await bot.get_updates(offset=second["update_id"])) == 1
    assert await bot.get_updates(offset=second["update_id"] + 1) == ()


async def test_of_two_who_poll_the_first_is_told_of_the_conflict(bot: Bot, fake: FakeBotApi) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=300))
    while not fake.poller:
        await asyncio.sleep(0.01)
    async with Bot(fake.token, base_url=fake.base_url) as other:
        second = asyncio.create_task(other.get_updates(timeout=300))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        fake.queue(fake.text(ADA, "x"))
        assert len(await second) == 1


async def test_a_webhook_gets_each_update_until_it_takes_it(bot: Bot, fake: FakeBotApi) -> None:
    from aiohttp import web

    got: list[tuple[str, int]] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        got.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], body["update_id"]))
        return web.Response(status=500 if len(got) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.resolve["https://chat.example.org"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with pytest.raises(BadRequest, match=r"(?i)https"):
        await bot.set_webhook("http://chat.example.org/hook")
    await bot.set_webhook("https://chat.example.org/hook", secret_token="s-1")
    first, second = fake.text(ADA, "1"), fake.text(ADA, "2")
    fake.queue(first, second)
    await fake.wait(lambda: len(got) == 3)
    assert got == [("s-1", first["update_id"]), ("s-1", first["update_id"]), ("s-1", second["update_id"])]
    await fake.wait(lambda: not fake.pending)
    assert (await bot.get_webhook_info()).last_error_message == "Wrong response from the webhook: 500"
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await runner.cleanup()


async def test_files_buttons_and_commands(bot: Bot, fake: FakeBotApi) -> None:
    await bot.send_document(ADA, b"Ada: hello\n", filename="chat.txt", caption="Your chat")
    assert fake.sent[0].document == ("chat.txt", b"Ada: hello\n")
    message = await bot.send_message(ADA, "x", reply_markup=keyboard("k"))
    await bot.edit_message_reply_markup(ADA, message.message_id)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_reply_markup(ADA, message.message_id)
    press = fake.press(ADA, "k", message.message_id)
    assert await bot.answer_callback_query(press["callback_query"]["id"])
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_callback_query(press["callback_query"]["id"])
    await bot.set_my_commands([("help", "What I can do")])
    with pytest.raises(BadRequest, match=r"(?i)command_invalid"):
        await bot.set_my_commands([("Help!", "x")])
