from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.desk import accounts, passwords
from bot.store import Store
from bot.store.staff import Role
from bot.turn.context import Services
from bot.web.access import SESSION_COOKIE, Access, access_of
from bot.web.app import create_app
from bot.web.console import ROUTES
from tests.desk.test_accounts import GOOD, CountingHasher
from tests.fakes import StillAmbient
from tests.web.clerk import Clerk, Client, field, sign_in

SIGN_IN = "/console/sign-in"
RIGHT = {"username": "ana", "password": GOOD}


@pytest.fixture(autouse=True)
async def account(store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(passwords, "_hasher", CountingHasher())
    return await accounts.add(store, "ana", "Ana Reid", Role.AGENT, GOOD)


async def send(client: Client, data: dict[str, str], **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(SIGN_IN, data=data, headers=named, allow_redirects=False)


async def test_the_form_can_be_used_without_a_script(client: Client) -> None:
    response = await client.get(SIGN_IN)
    page = await response.text()
    assert response.status == 200
    assert "<script" not in page
    assert '<form class="signin" method="post" action="/console/sign-in">' in page
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_right_password_opens_the_console(client: Client) -> None:
    response = await send(client, RIGHT)
    assert (response.status, response.headers["Location"]) == (303, "/console")
    response = await client.get("/console")
    assert response.status == 200
    assert "Ana Reid" in await response.text()
    response = await client.get(SIGN_IN, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/console")


@pytest.mark.parametrize(("public_url", "secure"), [("", False), ("https://chat.example.org", True)])
async def test_the_cookie_is_for_this_site_and_no_script(services: Services, public_url: str, secure: bool) -> None:
    services = replace(services, settings=replace(services.settings, public_url=public_url, session_hours=2))
    async with TestClient(TestServer(create_app(services))) as client:
        cookie = (await send(client, RIGHT)).cookies[SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert cookie["max-age"] == "7200"
    assert bool(cookie["secure"]) is secure
    assert len(cookie.value) > 8


@pytest.mark.parametrize("data", [{**RIGHT, "password": "wrong"}, {**RIGHT, "username": "<b>nobody</b>"}, {}])
async def test_a_wrong_sign_in_shows_the_form_again(client: Client, data: dict[str, str]) -> None:
    response = await send(client, data)
    page = await response.text()
    assert response.status == 401
    assert "The user name or password is wrong" in page
    assert "<b>nobody" not in page
    assert GOOD not in page
    assert SESSION_COOKIE not in response.cookies


async def test_a_locked_account_stays_out_even_with_the_right_password(client: Client, ambient: StillAmbient) -> None:
    for _ in range(5):
        assert (await send(client, {**RIGHT, "password": "wrong"})).status == 401
    assert (await send(client, RIGHT)).status == 401
    ambient.wait(300)
    assert (await send(client, RIGHT)).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_another_site_cannot_sign_somebody_in(client: Client, headers: dict[str, str]) -> None:
    response = await send(client, RIGHT, **headers)
    assert response.status == 403
    assert SESSION_COOKIE not in response.cookies


async def test_a_browser_of_this_site_can(client: Client) -> None:
    origin = str(client.make_url("/")).rstrip("/")
    assert (await send(client, RIGHT, Origin=origin, Sec_Fetch_Site="same-origin")).status == 303


async def test_behind_a_proxy_the_public_address_counts(services: Services) -> None:
    services = replace(services, settings=replace(services.settings, public_url="https://chat.example.org"))
    async with TestClient(TestServer(create_app(services))) as client:
        assert (await send(client, RIGHT, Origin="https://chat.example.org")).status == 303
        assert (await send(client, RIGHT, Origin="https://other.example.org")).status == 403


async def test_a_file_in_place_of_a_password_is_a_bad_request(client: Client) -> None:
    import io

    response = await client.post(SIGN_IN, data={"username": "ana", "password": io.BytesIO(b"x")})
    assert response.status == 400


async def test_signing_in_again_ends_the_earlier_session(client: Client, ana: Clerk) -> None:
    response = await client.post(
        SIGN_IN, data=RIGHT, headers={"Cookie": f"{SESSION_COOKIE}={ana.token}"}, allow_redirects=False
    )
    assert response.status == 303
    client.session.cookie_jar.clear()
    assert (await ana.get("/console")).status == 303


async def test_signing_out_needs_the_token_and_ends_the_session(ana: Clerk) -> None:
    assert (await ana.post("/console/sign-out", {"csrf": "other"})).status == 403
    assert (await ana.get("/console")).status == 200
    response = await ana.post("/console/sign-out")
    assert (response.status, response.headers["Location"]) == (303, SIGN_IN)
    assert response.cookies[SESSION_COOKIE].value == ""
    response = await ana.get("/console")
    assert (response.status, response.headers["Location"]) == (303, SIGN_IN)


async def test_a_session_ends_by_itself(ana: Clerk, ambient: StillAmbient) -> None:
    ambient.wait(10 * 3600 - 1)
    assert (await ana.get("/console")).status == 200
    ambient.wait(1)
    assert (await ana.get("/console")).status == 303
    response = await ana.post("/console/cases/any/claim")
    assert response.status == 401
    assert 'href="/console/sign-in"' in await response.text()


async def test_a_script_without_a_session_is_told_and_not_sent_to_the_form(client: Client) -> None:
    headers = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
    response = await client.get("/console/events", headers=headers, allow_redirects=False)
    assert response.status == 401
    page = await response.text()
    assert "Sign in in a new tab" in page
    assert "<html" not in page


async def test_every_page_is_closed_to_strangers_and_every_change_to_those_without_the_token(
    client: Client, store: Store
) -> None:
    clerk = await sign_in(client, store, "Cara Nye", Role.SUPERVISOR)
    assert client.app is not None
    registered = [route for route in client.app.router.routes() if route.resource and "console" in str(route.resource)]
    assert len(registered) >= len(ROUTES) >= 11
    checked = 0
    for route in ROUTES:
        path = re.sub(r"{\w+}", "any", route.path)
        if path == SIGN_IN:
            assert route.access is Access.PUBLIC
            continue
        assert route.access is Access.STAFF
        stranger = await client.request(route.method, path, allow_redirects=False)
        assert stranger.status == 401, path
        if route.method == "POST":
            for token in ("", "wrong", clerk.csrf[:-1], "é"):
                response = await clerk.post(path, {"csrf": token})
                assert response.status == 403, path
            checked += 1
    assert checked == 15
    assert all(access_of(route.handler) for route in registered if route.method != "HEAD")


async def test_the_token_may_come_as_a_header(ana: Clerk) -> None:
    response = await ana.post("/console/cases/any/claim", {"csrf": ""}, X_CSRF_Token=ana.csrf)
    assert response.status == 404


async def test_an_editor_reads_no_chats(client: Client, store: Store) -> None:
    editor = await sign_in(client, store, "Edie Tor", Role.EDITOR)
    sent_on = await editor.get("/console")
    assert (sent_on.status, sent_on.headers["Location"]) == (303, "/console/learning")
    page = await editor.page("/console/learning")
    assert 'id="live"' not in page
    for path in ("/console/events", "/console/cases/any", "/console/cases/any/events"):
        assert (await editor.get(path)).status == 403
    for action in ("claim", "reply", "hand-back", "close"):
        assert (await editor.post(f"/console/cases/any/{action}")).status == 403
    assert field(page, "csrf") == editor.csrf
