"""Members of staff who are signed in, and cases for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from bot.desk import handoff
from bot.store import Store, conversations, messages, staff
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender
from bot.store.staff import Account, Role
from bot.turn.context import Services
from bot.web.access import SESSION_COOKIE

Client = TestClient[web.Request, web.Application]


@dataclass
class Clerk:
    """Somebody in front of the console. Follows no redirect, so that a test sees them."""

    client: Client
    account: Account
    token: str
    csrf: str

    async def get(self, path: str, /, **headers: str) -> ClientResponse:
        return await self.client.get(path, headers=self._headers(headers), allow_redirects=False)

    async def post(self, path: str, data: dict[str, str] | None = None, /, **headers: str) -> ClientResponse:
        form = {"csrf": self.csrf, **(data or {})}
        return await self.client.post(path, data=form, headers=self._headers(headers), allow_redirects=False)

    async def page(self, path: str) -> str:
        response = await self.get(path)
        assert response.status == 200, await response.text()
        return await response.text()

    async def claim(self, case: Case) -> None:
        assert (await self.post(f"/console/cases/{case.id}/claim")).status == 303

    async def reply(self, case: Case, text: str) -> None:
        assert (await self.post(f"/console/cases/{case.id}/reply", {"text": text})).status == 303

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Cookie": f"{SESSION_COOKIE}={self.token}", "Accept": "text/html", **named}


async def sign_in(
    client: Client,
    store: Store,
    name: str = "Ana Reid",
    role: Role = Role.AGENT,
) -> Clerk:
    """A new account with a session, without the work of a password."""
    username = name.replace(" ", ".").lower()
    token, csrf = f"session-{username}", f"csrf-{username}"
    async with store.write() as tx:
        await staff.add(tx, username=username, name=name, role=role, password_hash="none")
        account = await staff.by_username(tx.connection, username)
        assert account is not None
        await staff.start_session(tx, account, token, csrf, tx.now + timedelta(hours=10))
    return Clerk(client, account, token, csrf)


async def open_case(
    services: Services, *asked: str, reason: str = "asked", shown: list[tuple[str, dict[str, Any]]] | None = None
) -> Case:
    """A conversation in which a citizen asked, the bot has ``shown`` texts with bodies, and a person is wanted."""
    async with services.store.write() as tx:
        conversation = await conversations.create(tx, channel="website", token="secret")
        for text in asked or ("My bin was missed.",):
            await messages.append(tx, conversation, Sender.CITIZEN, Draft(text))
        for text, body in shown or []:
            await messages.append(tx, conversation, Sender.BOT, Draft(text, body), fence=0)
        return await handoff.open_case(tx, conversation, reason, services.council, services.zone)


async def citizen_says(services: Services, case: Case, text: str) -> None:
    """The citizen writes on."""
    async with services.store.write() as tx:
        await messages.append(tx, await _conversation(tx.connection, case), Sender.CITIZEN, Draft(text))


async def said(services: Services, case: Case) -> list[tuple[str, str]]:
    """Everything in the case's conversation: sender and text."""
    async with services.store.read() as connection:
        return [(m.sender, m.text) for m in await messages.of_conversation(connection, case.conversation_id)]


async def mode(services: Services, case: Case) -> str:
    """Who owns the case's conversation."""
    async with services.store.read() as connection:
        return (await _conversation(connection, case)).mode


def field(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found.group(1)


async def _conversation(connection: Any, case: Case) -> Conversation:
    found = await conversations.get(connection, case.conversation_id)
    assert found is not None
    return found
