"""A citizen's browser, without the browser: the website API as tests use it."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from bot.store import Store, inbox, messages
from bot.store.messages import Message
from bot.web.access import SERVICES

Client = TestClient[web.Request, web.Application]


class Talk:
    """A citizen's browser, without the browser."""

    def __init__(self, client: Client, conversation_id: str, token: str) -> None:
        self.client, self.id, self.token = client, conversation_id, token
        self.headers = {"Authorization": f"Bearer {token}"}

    async def post(self, body: Any, **extra: Any) -> ClientResponse:
        return await self.client.post(f"/v1/conversations/{self.id}/messages", json=body, headers=self.headers, **extra)

    async def send(self, text: str, client_msg_id: str = "") -> dict[str, Any]:
        response = await self.post({"client_msg_id": client_msg_id or text[:40], "text": text})
        assert response.status == 201, await response.text()
        return dict((await response.json())["message"])

    async def events(self, after: int = 0) -> list[dict[str, Any]]:
        response = await self.client.get(f"/v1/conversations/{self.id}/events?after={after}", headers=self.headers)
        assert response.status == 200
        return list((await response.json())["events"])

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """All messages, once there are ``count``."""
        for _ in range(4500):
            found = [event["message"] for event in await self.events() if event["kind"] == "message"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"only {found}")

    async def act(self, **content: str) -> None:
        """Send a text, a button or an action."""
        response = await self.post({"client_msg_id": f"act-{next(_numbers)}", **content})
        assert response.status == 201, await response.text()

    async def settled(self) -> list[dict[str, Any]]:
        """All messages, once every message of the citizen is dealt with."""
        assert self.client.app is not None
        store = self.client.app[SERVICES].store
        for _ in range(6000):
            async with store.read(quick=True) as connection:
                pending = await inbox.next_pending(connection, self.id)
            if pending is None:
                return [event["message"] for event in await self.events() if event["kind"] == "message"]
            await asyncio.sleep(0.02)
        raise AssertionError(f"not settled: {pending}")

    async def mode(self) -> str:
        """Who owns the conversation now."""
        response = await self.client.get(f"/v1/conversations/{self.id}/events", headers=self.headers)
        return str((await response.json())["mode"])

    async def stored(self, store: Store) -> list[Message]:
        """The messages as the store has them."""
        async with store.read() as connection:
            return await messages.of_conversation(connection, self.id)


_numbers = itertools.count(1)


async def start_talk(client: Client) -> Talk:
    """Begin a conversation."""
    response = await client.post("/v1/conversations", json={})
    assert response.status == 201
    started = await response.json()
    return Talk(client, started["id"], started["token"])
