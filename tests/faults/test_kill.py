"""``kill -9`` in the middle of a turn: what was acknowledged is answered once, or the citizen is told of the delay."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import aiohttp
import pytest

from tests.live import Saywhy

QUESTION = "they did not empty my bin this morning"


class Chat:
    """A citizen who speaks HTTP with the running gateway and tries again when it is away, as the widget does."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self._url = http, url
        self.acknowledged: list[str] = []

    async def start(self) -> None:
        status, body = await self._until_answered("POST", "/v1/conversations", {})
        assert status == 201
        self.id, self._headers = body["id"], {"Authorization": f"Bearer {body['token']}"}

    async def send(self, client_msg_id: str, text: str) -> None:
        body = {"client_msg_id": client_msg_id, "text": text}
        status, _ = await self._until_answered("POST", f"/v1/conversations/{self.id}/messages", body, self._headers)
        assert status in (200, 201)
        self.acknowledged.append(text)

    async def messages(self) -> list[dict[str, Any]]:
        _, body = await self._until_answered("GET", f"/v1/conversations/{self.id}/events", None, self._headers)
        return [event["message"] for event in body["events"] if event["kind"] == "message"]

    async def answered(self, count: int = 1, patience: float = 240) -> list[dict[str, Any]]:
        """The messages, once ``count`` answers with a source are among them."""
        until = asyncio.get_running_loop().time() + patience
        while True:
            found = await self.messages()
            if len([message for message in found if message["source"]]) >= count:
                return found
            assert asyncio.get_running_loop().time() < until, json.dumps(found, indent=1)
            await asyncio.sleep(0.2)

    async def _until_answered(
        self, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        for _ in range(900):
            try:
                async with self.http.request(method, self._url + path, json=body, headers=headers) as response:
                    if response.status < 500:
                        return response.status, await response.json()
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2)
        raise AssertionError("the gateway did not come back within three minutes")


@pytest.fixture
async def chat(running: Saywhy) -> AsyncIterator[Chat]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
        talk = Chat(http, running.url)
        await talk.start()
        yield talk


def stored(running: Saywhy, conversation_id: str) -> dict[str, Any]:
    """What the database holds of a conversation."""
    with closing(sqlite3.connect(running.settings.data_dir / "saywhy.db")) as database:
        rows = database.execute(
            "SELECT seq, sender, text FROM messages WHERE conversation_id = ? ORDER BY seq", (conversation_id,)
        ).fetchall()
        inbox = database.execute(
            "SELECT state, outcome FROM inbox WHERE conversation_id = ?", (conversation_id,)
        ).fetchall()
    return {"rows": rows, "inbox": inbox}


def assert_nothing_lost_or_doubled(running: Saywhy, chat: Chat, answers: int) -> None:
    found = stored(running, chat.id)
    assert [seq for seq, _, _ in found["rows"]] == list(range(1, len(found["rows"]) + 1))
    assert [text for _, sender, text in found["rows"] if sender == "citizen"] == chat.acknowledged
    assert found["inbox"] == [("settled", "answered")] * len(chat.acknowledged)
    bot = [text for _, sender, text in found["rows"] if sender == "bot" and "two working days" in text]
    assert len(bot) == answers


@pytest.mark.parametrize("name", ["rasa", "actions", "gateway"])
@pytest.mark.parametrize("delay", [0.0, 0.01])
async def test_a_turn_survives_the_death_of_any_program(running: Saywhy, chat: Chat, name: str, delay: float) -> None:
    await chat.send("first", QUESTION)
    await asyncio.sleep(delay)
    running.kill(name)
    await chat.answered()
    running.wait_until_ready("rasa")
    running.wait_until_ready("actions")
    await asyncio.sleep(1.5)  # a second answer, were there one, would have come by now
    assert_nothing_lost_or_doubled(running, chat, answers=1)


async def test_many_who_write_while_the_gateway_dies_again_and_again_lose_nothing(running: Saywhy) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
        chats = [Chat(http, running.url) for _ in range(5)]
        for chat in chats:
            await chat.start()

        async def write(chat: Chat) -> None:
            for number in range(4):
                await chat.send(f"m{number}", f"{QUESTION} ({number})")
                await asyncio.sleep(0.3)

        async def kill() -> None:
            for _ in range(3):
                await asyncio.sleep(0.7)
                running.kill("gateway")
                running.wait_until_ready("gateway")

        await asyncio.gather(kill(), *map(write, chats))
        for chat in chats:
            await chat.answered(4)
            assert_nothing_lost_or_doubled(running, chat, answers=4)
