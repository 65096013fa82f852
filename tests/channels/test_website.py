from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from yarl import URL

from bot.channels import website
from bot.store import Store, conversations, messages
from bot.store.messages import Draft, Sender
from tests.fakes import FakeBrain, echo
from tests.talk import Client, Talk, start_talk


@pytest.fixture
async def talk(client: Client) -> Talk:
    return await start_talk(client)


async def test_a_question_comes_back_answered(talk: Talk) -> None:
    sent = await talk.send("bin day")
    assert (sent["seq"], sent["sender"], sent["text"]) == (1, "citizen", "bin day")
    found = await talk.messages(2)
    assert [(m["seq"], m["sender"], m["text"]) for m in found] == [
        (1, "citizen", "bin day"),
        (2, "bot", "You said: bin day"),
    ]
    assert await talk.events((await talk.events())[-1]["id"]) == []


async def test_the_same_message_again_gives_the_same_answer(talk: Talk, brain: FakeBrain) -> None:
    body = {"client_msg_id": "one", "text": "hello"}
    answers = [await talk.post(body) for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 200, 200, 200]
    assert len({await answer.text() for answer in answers}) == 1
    await talk.messages(2)
    await asyncio.sleep(0.1)
    assert len(await talk.messages(2)) == 2
    assert len(brain.heard) == 1


async def test_the_same_id_with_other_words_is_refused_and_nothing_is_lost(talk: Talk) -> None:
    await talk.send("hello", "one")
    response = await talk.post({"client_msg_id": "one", "text": "other"})
    assert response.status == 409
    assert "client_msg_id" in (await response.json())["error"]["message"]
    assert [m["text"] for m in await talk.messages(2)] == ["hello", "You said: hello"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "no id"}, 400, "bad_request"),
        ({"client_msg_id": "x"}, 400, "bad_request"),
        ({"client_msg_id": "x", "text": "a", "button": "1-1"}, 400, "bad_request"),
        ({"client_msg_id": "x", "text": "a", "mood": "b"}, 400, "bad_request"),
        ({"client_msg_id": 7, "text": "a"}, 400, "bad_request"),
        ({"client_msg_id": "", "text": "a"}, 400, "bad_request"),
        ({"client_msg_id": "a\0", "text": "a"}, 400, "bad_request"),
        ({"client_msg_id": "x" * 81, "text": "a"}, 400, "bad_request"),
        ({"client_msg_id": "x", "text": 7}, 400, "bad_request"),
        ({"client_msg_id": "x", "text": None}, 400, "bad_request"),
        ({"client_msg_id": "x", "text": ["a"]}, 400, "bad_request"),
        ([], 400, "bad_request"),
        ("text", 400, "bad_request"),
        (None, 400, "bad_request"),
        ({"client_msg_id": "x", "text": ""}, 422, "empty"),
        ({"client_msg_id": "x", "text": "  \n "}, 422, "empty"),
        ({"client_msg_id": "x", "text": "a" * 2001}, 422, "too_long"),
        ({"client_msg_id": "x", "text": "a\0b"}, 422, "bad_characters"),
        ({"client_msg_id": "x", "text": "a\x07b"}, 422, "bad_characters"),
        ({"client_msg_id": "x", "text": "abc\u202edef"}, 422, "bad_characters"),
        ({"client_msg_id": "x", "text": "\ud800"}, 422, "bad_characters"),
        ({"client_msg_id": "x", "button": "9-9"}, 422, "unknown_button"),
        ({"client_msg_id": "x", "button": "/restart"}, 422, "unknown_button"),
        ({"client_msg_id": "x", "action": "fly"}, 422, "unknown_action"),
        ({"client_msg_id": "x\ud800", "text": "a"}, 400, "bad_request"),
    ],
)
async def test_bad_input_is_a_clear_4xx_and_stores_nothing(talk: Talk, body: Any, status: int, code: str) -> None:
    response = await talk.client.post(
        f"/v1/conversations/{talk.id}/messages", data=json.dumps(body).encode(), headers=talk.headers
    )
    error = (await response.json())["error"]
    assert (response.status, error["code"]) == (status, code)
    assert len(error["message"]) > 15
    assert await talk.events() == []


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 60000, b'{"client_msg_id": "a", "text": "x"'])
async def test_broken_json_is_a_400(talk: Talk, data: bytes) -> None:
    response = await talk.client.post(f"/v1/conversations/{talk.id}/messages", data=data, headers=talk.headers)
    assert response.status == 400
    assert "JSON" in (await response.json())["error"]["message"]


async def test_a_body_that_is_too_large_is_a_413(talk: Talk) -> None:
    body = {"client_msg_id": "x", "text": "a" * 100_000}
    response = await talk.post(body)
    assert response.status == 413
    assert (await response.json())["error"]["code"] == "too_large"


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_a_wrong_or_missing_token_opens_nothing(talk: Talk, client: Client, method: str) -> None:
    await talk.send("mine")
    other = await (await client.post("/v1/conversations", json={})).json()
    path = f"/v1/conversations/{talk.id}" + {"POST": "/messages", "GET": "/events", "DELETE": ""}[method]
    body = {"client_msg_id": "x", "text": "hello"} if method == "POST" else None
    for token, status in [(None, 401), ("", 401), ("wrong", 404), (other["token"], 404)]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        response = await client.request(method, path, headers=headers, json=body)
        assert response.status == status
        assert "mine" not in await response.text()
        assert len((await response.json())["error"]["message"]) > 15
    assert len(await talk.messages(2)) == 2


async def test_a_token_in_no_encoding_is_refused_like_any_other(talk: Talk) -> None:
    assert talk.client.port
    reader, writer = await asyncio.open_connection("127.0.0.1", talk.client.port)
    head = f"GET /v1/conversations/{talk.id}/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
    writer.write(head.encode() + b"\xff\xfe\r\n\r\n")
    assert b" 404 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize("conversation_id", ["%00", "no-such", "a" * 500, "%F0%9F%98%80", "..%2f"])
async def test_an_id_that_is_none_of_ours_is_not_found(client: Client, conversation_id: str) -> None:
    response = await client.get(
        URL(f"/v1/conversations/{conversation_id}/events", encoded=True), headers={"Authorization": "Bearer x"}
    )
    assert response.status == 404


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "", "9" * 30, "²"])
async def test_a_bad_event_number_is_a_400(talk: Talk, after: str) -> None:
    response = await talk.client.get(
        f"/v1/conversations/{talk.id}/events", params={"after": after}, headers=talk.headers
    )
    assert response.status == 400


@pytest.mark.parametrize("text", ["/restart", "/session_start", '/intent{"a":"b"}', "/person"])
async def test_text_that_begins_with_a_slash_is_text(talk: Talk, brain: FakeBrain, text: str) -> None:
    await talk.send(text)
    found = await talk.messages(2)
    assert found[0]["text"] == text
    assert brain.heard[0][2] == {"text": text}  # no payload: the brain's client takes the slash off


async def test_a_button_goes_by_its_id_and_its_payload_stays_here(talk: Talk, brain: FakeBrain) -> None:
    async def script(content: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"text": "Which?", "buttons": [{"title": "Bins", "payload": "/answer/bin-day"}]}]

    brain.script = script
    await talk.send("hello")
    shown = (await talk.messages(2))[1]
    assert shown["buttons"] == [{"id": "2-1", "title": "Bins"}]
    assert "payload" not in json.dumps(await talk.events())
    response = await talk.post({"client_msg_id": "b", "button": "2-1"})
    assert (await response.json())["message"]["text"] == "Bins"
    await talk.messages(4)
    assert brain.heard[1][2]["payload"] == "/answer/bin-day"


async def test_the_stream_catches_up_and_then_goes_on(talk: Talk, brain: FakeBrain) -> None:
    await talk.send("one")
    await talk.messages(2)
    headers = {**talk.headers, "Accept": "text/event-stream"}
    last = (await talk.events())[0]["id"]
    async with talk.client.get(f"/v1/conversations/{talk.id}/events?after={last}", headers=headers) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        seen: list[dict[str, Any]] = []

        async def read_until(count: int) -> None:
            async for line in response.content:
                if line.startswith(b"data: "):
                    seen.append(json.loads(line[6:]))
                if len([event for event in seen if event["kind"] == "message"]) >= count:
                    return

        await asyncio.wait_for(read_until(1), 90)

        async def until_it_shows(content: dict[str, Any]) -> list[dict[str, Any]]:
            while {"kind": "working", "on": True} not in seen:
                await asyncio.sleep(0.01)
            return await echo(content)

        brain.script = until_it_shows
        await talk.send("two")
        await asyncio.wait_for(read_until(3), 90)
    texts = [event["message"]["text"] for event in seen if event["kind"] == "message"]
    assert texts == ["You said: one", "two", "You said: two"]
    assert {"kind": "working", "on": True} in seen


async def test_a_long_chat_comes_in_pages_that_say_so(talk: Talk, store: Store) -> None:
    async with store.write() as tx:
        conversation = await conversations.get(tx.connection, talk.id)
        assert conversation
        for number in range(2 * website.PAGE):
            await messages.append(tx, conversation, Sender.SYSTEM, Draft(str(number)))
    seen: list[str] = []
    pages, after, more = 0, 0, True
    while more:
        url = f"/v1/conversations/{talk.id}/events?after={after}"
        body = await (await talk.client.get(url, headers=talk.headers)).json()
        assert len(body["events"]) <= website.PAGE
        seen += [event["message"]["text"] for event in body["events"]]
        pages, after, more = pages + 1, body["events"][-1]["id"], body["more"]
    assert seen == [str(number) for number in range(2 * website.PAGE)]
    assert pages == 2  # a full page that is the last says so as well


async def test_asking_for_a_person_and_going_back(talk: Talk) -> None:
    await talk.post({"client_msg_id": "p", "action": "person"})
    found = await talk.messages(2)
    assert "C-1001" in found[1]["text"]
    modes = [event["mode"] for event in await talk.events() if event["kind"] == "mode"]
    assert modes == ["waiting"]
    await talk.post({"client_msg_id": "b", "action": "bot"})
    await talk.messages(4)
    modes = [event["mode"] for event in await talk.events() if event["kind"] == "mode"]
    assert modes == ["waiting", "bot"]


async def test_the_citizen_can_end_the_chat(talk: Talk, store: Store) -> None:
    await talk.post({"client_msg_id": "p", "action": "person"})
    await talk.messages(2)
    response = await talk.client.delete(f"/v1/conversations/{talk.id}", headers=talk.headers)
    assert response.status == 204
    assert (await talk.post({"client_msg_id": "x", "text": "hello"})).status == 404
    async with store.read() as connection:
        assert (await conversations.get(connection, talk.id)) is not None
        assert len(await messages.of_conversation(connection, talk.id)) == 2


async def test_what_the_widget_says_about_the_council(client: Client) -> None:
    about = await (await client.get("/v1/council")).json()
    assert about["name"] == "Northmere Council"
    assert about["hours"] == "Monday to Friday, 9am to 5pm"
    assert "invented" in about["notice"]


async def test_other_origins_may_call_only_when_listed(client: Client) -> None:
    response = await client.options("/v1/conversations", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_database_that_fails_is_a_503_and_says_nothing_of_the_inside(client: Client, store: Store) -> None:
    async with store.write() as tx:
        await tx.connection.exec_driver_sql("DROP TABLE sessions")
        await tx.connection.exec_driver_sql("ALTER TABLE conversations RENAME TO gone")
    response = await client.post("/v1/conversations", json={})
    assert response.status == 503
    assert "gone" not in await response.text()
    assert (await client.get("/ready")).status == 503
