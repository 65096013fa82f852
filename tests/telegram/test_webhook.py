"""What the webhook refuses, what it takes, and in which order and how often it is dealt with."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.telegram.client import hide_token
from bot.channels.telegram.webhook import MAX_BODY
from bot.store import inbox
from bot.store.messages import Sender
from bot.turn.context import Services
from bot.web.app import create_app
from tests.fakes import FakeBrain, StillAmbient
from tests.talk import Client
from tests.telegram.fake_bot_api import TOKEN, FakeBotApi
from tests.telegram.gateway import SECRET, Gateway


async def test_without_the_secret_nothing_is_read_or_kept(gateway: Gateway, fake: FakeBotApi) -> None:
    for secret in (None, "", "wrong", SECRET + "x", SECRET[:-1], "é"):
        assert await fake.post(fake.text(7, "hello"), gateway.url, secret=secret) == 403
    big = b"x" * 10_000_000
    assert await fake.post({}, gateway.url, secret="wrong", raw=big) == 403
    assert await gateway.outcomes() == []


async def test_what_is_no_update_is_refused_in_words_and_not_kept(gateway: Gateway, fake: FakeBotApi) -> None:
    refused = {
        b"": 400,
        b"{": 400,
        b"[]": 400,
        b"7": 400,
        b"null": 400,
        b"\xff\xfe": 400,
        b"[" * 100_000: 400,
        b'{"update_id": "7"}': 400,
        b'{"update_id": -1}': 400,
        b'{"update_id": true}': 400,
        b'{"update_id": 99999999999999999999}': 400,
        b'{"update_id": 1, "message": NaN}': 400,
        b'{"message": {}}': 400,
        b'{"update_id": 1, "x": "' + b"x" * MAX_BODY + b'"}': 413,
        b"x" * 10_000_000: 413,
    }
    for raw, status in refused.items():
        assert await fake.post({}, gateway.url, secret=SECRET, raw=raw) == status, raw[:40]
    assert await gateway.outcomes() == []


async def test_whatever_json_comes_it_is_never_a_500(gateway: Gateway, fake: FakeBotApi) -> None:
    shapes: list[Any] = [None, 1, "x", [], {}, [{}], {"id": "x"}, {"chat": 1}, {"from": {"id": 7}}, "\ud800", "\u0000"]
    kinds = ("message", "edited_message", "callback_query", "my_chat_member", "channel_post", "poll", "unheard_of")
    updates = [fake.update(**{kind: shape}) for kind in kinds for shape in shapes]
    chat = {"id": 7, "type": "private"}
    updates += [
        fake.update(message={"message_id": 1, "date": 0, "chat": chat, "text": text})
        for text in ("\u0000", "\ud800", "", " ", "/", "/start \u0000", "a" * 4096)
    ]
    updates += [fake.update(message={"message_id": 1, "date": 10**20, "chat": chat, "text": "x"})]
    await gateway.take(*updates)
    assert len(await gateway.outcomes()) == len(updates)
    assert all(await gateway.outcomes())


async def test_the_longest_update_that_telegram_can_send_is_taken(gateway: Gateway, fake: FakeBotApi) -> None:
    url = "https://x.example/" + "y" * 80
    entities = [{"type": "text_link", "offset": n, "length": 1, "url": url} for n in range(100)]
    first = fake.message(7, text="ж" * 4096, entities=entities)
    update = fake.text(7, "ж" * 4096, entities=entities, reply_to_message=first)
    assert MAX_BODY > len(json.dumps(update)) > 64 * 1024
    await gateway.take(update)
    assert await gateway.outcomes() == ["refused"]  # in words: we take 2,000 characters


async def test_a_button_is_acknowledged_at_once_and_once(gateway: Gateway, fake: FakeBotApi, brain: FakeBrain) -> None:
    await gateway.text(7, "/delete")
    found = await gateway.conversation(7)
    assert found
    go_on = asyncio.Event()

    async def busy(_: dict[str, Any]) -> list[dict[str, Any]]:
        await go_on.wait()
        return [{"text": "Done."}]

    brain.script = busy
    assert await fake.post(fake.text(7, "hello"), gateway.url, secret=SECRET) == 200
    update = fake.press(7, f"b:{found.id}:2-2")
    for _ in range(3):
        assert await fake.post(update, gateway.url, secret=SECRET) == 200
    await fake.wait(lambda: len(fake.answered) == 1)
    async with gateway.store.read() as connection:
        assert await inbox.count_pending(connection) > 0, "it was answered first"
    go_on.set()
    await gateway.settled()
    assert [call.method for call in fake.calls].count("answerCallbackQuery") == 1


async def test_the_webhook_is_announced_with_its_secret(gateway: Gateway, fake: FakeBotApi) -> None:
    await fake.wait(lambda: fake.webhook is not None and bool(fake.commands))
    assert fake.webhook
    assert fake.webhook.url == "https://chat.example/telegram/updates"
    assert fake.webhook.secret == SECRET
    assert fake.webhook.allowed
    assert "callback_query" in fake.webhook.allowed
    assert {"person", "help", "privacy"} <= {command["command"] for command in fake.commands}


async def test_without_a_token_there_is_no_telegram(services: Services, client: Client) -> None:
    assert not services.settings.telegram_on
    assert (await client.post("/telegram/updates", json={"update_id": 1})).status == 404
    off = replace(services, settings=replace(services.settings, telegram_token=TOKEN, telegram_mode="off"))
    assert all("telegram" not in str(route.resource) for route in create_app(off).router.routes())


async def test_an_update_that_comes_before_an_earlier_one_waits_for_it(
    gateway: Gateway, fake: FakeBotApi, ambient: StillAmbient
) -> None:
    one, two, three = (fake.text(7, text) for text in ("one", "two", "three"))
    assert await fake.post(three, gateway.url, secret=SECRET) == 200
    assert await fake.post(two, gateway.url, secret=SECRET) == 200
    await asyncio.sleep(0.3)
    assert await gateway.said(7) == []
    await gateway.take(one)
    assert [m.text for m in await gateway.said(7) if m.sender is Sender.CITIZEN] == ["one", "two", "three"]
    fake.text(7, "never delivered")
    late = fake.text(7, "not held for ever")
    assert await fake.post(late, gateway.url, secret=SECRET) == 200
    await asyncio.sleep(0.2)
    ambient.wait(2)
    await gateway.settled()
    assert (await gateway.said(7))[-2].text == "not held for ever"


async def test_each_update_once_and_in_order_however_often_and_in_whatever_order_it_comes(
    gateway: Gateway, fake: FakeBotApi, brain: FakeBrain
) -> None:
    """8 chats, each update 1 to 4 times. Telegram delivers up to 20 at a time, so 20 change places, and repeats what it
    thinks was lost while later ones are under way. With FULL=1 in the environment 500 updates a chat, and else 30."""
    chats, each = range(8), 500 if os.environ.get("FULL") else 30
    chance = random.Random(5)
    for chat in chats:
        fake.person(1000 + chat)
    updates = [fake.text(1000 + number % 8, f"{number // 8}") for number in range(len(chats) * each)]
    arrivals = [
        (place + chance.uniform(0, 20) + 25 * again, update)
        for place, update in enumerate(updates)
        for again in range(chance.randint(1, 4))
    ]
    arrivals.sort(key=lambda arrival: arrival[0])
    assert 2 * len(updates) < len(arrivals) < 3 * len(updates)
    limit = asyncio.Semaphore(20)
    await gateway.telegram.sender.stop()  # what comes in is looked at here

    async def post(update: dict[str, Any]) -> None:
        assert await fake.post(update, gateway.url, secret=SECRET) == 200
        limit.release()

    async with asyncio.TaskGroup() as group:
        for _, update in arrivals:
            await limit.acquire()
            group.create_task(post(update))
    await gateway.settled(patience=1800)

    assert await gateway.outcomes() == ["text"] * len(updates)
    assert len(brain.heard) == len(updates)
    for chat in chats:
        said = await gateway.said(1000 + chat)
        assert [m.text for m in said if m.sender is Sender.CITIZEN] == [str(number) for number in range(each)]
        assert [m.text for m in said if m.sender is Sender.BOT] == [f"You said: {number}" for number in range(each)]
        assert [m.seq for m in said] == list(range(1, 2 * each + 1))


async def test_the_token_is_in_no_log(gateway: Gateway, fake: FakeBotApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger().addHandler(caplog.handler)
    hide_token(TOKEN)
    await gateway.text(7, "hello")
    await fake.wait_sent(1, 7)
    fake.outage = True
    await gateway.telegram._acknowledge("1")
    logging.getLogger("elsewhere").error("GET %s", f"https://api.telegram.org/bot{TOKEN}/getMe")
    try:
        raise ValueError(f"The token `{TOKEN}` was rejected")
    except ValueError:
        logging.getLogger("elsewhere").exception("It broke")
    formatted = "\n".join(caplog.handler.format(record) for record in caplog.records)
    assert "It broke" in formatted
    assert TOKEN.partition(":")[2] not in formatted
    assert TOKEN not in repr(gateway.services.settings)


async def test_the_council_page_names_the_chat_on_telegram(gateway: Gateway, fake: FakeBotApi) -> None:
    await fake.wait(lambda: bool(fake.commands))
    page = await (await gateway.client.get("/")).text()
    assert 'href="https://t.me/northmere_test_bot"' in page
    assert "type /link in the chat" in page
