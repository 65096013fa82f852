from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientResponse

from bot.store import Store, staff
from bot.store.cases import Case
from bot.turn.context import Services
from bot.web.console import live
from tests.fakes import StillAmbient
from tests.web.clerk import Clerk, citizen_says, open_case


@dataclass
class Piece:
    """One event of a stream."""

    id: int | None
    event: str
    data: str


@dataclass
class Reader:
    """Somebody who reads a stream."""

    response: ClientResponse

    async def next(self, seconds: float = 90) -> Piece:
        """The next event. Raises TimeoutError when none comes, EOFError at the end."""
        lines: dict[str, list[str]] = {"id": [], "event": [], "data": []}
        async with asyncio.timeout(seconds):
            while True:
                line = (await self.response.content.readline()).decode()
                if not line:
                    raise EOFError
                if line == "\n" and any(lines.values()):
                    break
                name, _, value = line.rstrip("\n").partition(": ")
                if name in lines:
                    lines[name].append(value)
        number = int(lines["id"][0]) if lines["id"] else None
        return Piece(number, "".join(lines["event"]), "\n".join(lines["data"]))

    async def until(self, text: str) -> Piece:
        """The first event with that text in it."""
        async with asyncio.timeout(90):
            while text not in (piece := await self.next()).data:
                pass
        return piece

    async def is_quiet(self, seconds: float = 0.8) -> bool:
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def reading(clerk: Clerk, path: str, **headers: str) -> AsyncIterator[Reader]:
    response = await clerk.get(path, **{"Accept": "text/event-stream", "HX_Request": "true", **headers})
    assert response.status == 200
    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    try:
        yield Reader(response)
    finally:
        response.close()


def announced(piece: Piece) -> str:
    found = re.search(r'hx-target="#announcement"[^>]*><p>([^<]*)</p>', piece.data)
    return found.group(1) if found else ""


async def test_the_queue_comes_at_once_and_again_with_each_new_case(services: Services, ana: Clerk) -> None:
    async with reading(ana, "/console/events?after=0") as stream:
        first = await stream.next()
        assert "Nobody is waiting." in first.data
        case = await open_case(services, "My bin")
        piece = await stream.next()
        assert piece.data.startswith("<title>(1 waiting) Cases – Northmere staff</title>")
        assert f'id="claim-{case.id}"' in piece.data
        assert announced(piece) == "New case C-1001 is waiting."
        assert piece.id
        assert first.id is not None
        assert piece.id > first.id


async def test_a_case_is_announced_once(services: Services, ana: Clerk, ben: Clerk) -> None:
    async with reading(ana, "/console/events?after=0") as stream:
        await stream.next()
        case = await open_case(services)
        assert announced(await stream.next())
        other = await open_case(services)
        assert announced(await stream.until("C-1002")) == "New case C-1002 is waiting."
        await ben.claim(other)
        assert announced(await stream.until("Ben Okoye")) == ""
        await ana.claim(case)
        assert announced(await stream.until("Nobody is waiting.")) == ""


async def test_a_reader_who_comes_back_is_told_of_what_was_missed_and_of_nothing_twice(
    services: Services, ana: Clerk, ben: Clerk
) -> None:
    await open_case(services, "Seen")
    async with reading(ana, "/console/events?after=0") as stream:
        seen = await stream.next()
    await open_case(services, "Missed")
    taken = await open_case(services, "Missed and taken")
    await ben.claim(taken)
    async with reading(ana, "/console/events?after=0", Last_Event_ID=str(seen.id)) as stream:
        piece = await stream.next()
        assert announced(piece) == "New case C-1002 is waiting."
        assert "Missed" in piece.data
        assert "Seen" in piece.data
    async with reading(ana, f"/console/events?after={piece.id}") as stream:
        assert announced(await stream.next()) == ""


async def test_many_cases_at_once_are_one_announcement(services: Services, ana: Clerk) -> None:
    for _ in range(3):
        await open_case(services)
    async with reading(ana, "/console/events?after=0") as stream:
        assert announced(await stream.next()) == "3 new cases are waiting."


async def test_the_conversation_comes_as_it_goes_on(services: Services, ana: Clerk, case: Case) -> None:
    await ana.claim(case)
    async with reading(ana, f"/console/cases/{case.id}/events?after=0") as stream:
        await stream.next()
        await citizen_says(services, case, "Mill\nLane")
        piece = await stream.next()
        assert ">Mill\nLane</p>" in piece.data
        assert piece.data.startswith("<title>(Reply due) C-1001")
        await ana.reply(case, "Thank you.")
        assert "Thank you." in (await stream.next()).data


async def test_messages_that_were_missed_are_in_the_first_piece_in_order_and_once(
    services: Services, ana: Clerk, case: Case
) -> None:
    await ana.claim(case)
    path = f"/console/cases/{case.id}/events?after=0"
    async with reading(ana, path) as stream:
        seen = await stream.next()
    for n in range(30):
        await citizen_says(services, case, f"message {n};")
    async with reading(ana, path, Last_Event_ID=str(seen.id)) as stream:
        found = re.findall(r"message (\d+);</p>\s*</li>", (await stream.next()).data)
    assert found == [str(n) for n in range(30)]


async def test_other_peoples_chats_wake_nobody(services: Services, ana: Clerk, ben: Clerk, case: Case) -> None:
    other = await open_case(services)
    await ana.claim(case)
    await ben.claim(other)
    async with (
        reading(ana, f"/console/cases/{case.id}/events?after=0") as stream,
        reading(ana, "/console/events?after=0") as queue,
    ):
        await stream.next()
        await queue.next()
        await citizen_says(services, other, "For Ben")
        assert await stream.is_quiet()
        assert await queue.is_quiet()
        await citizen_says(services, case, "For Ana")
        assert "For Ana" in (await stream.next()).data
        assert "For Ana" in (await queue.next()).data


async def test_the_strip_of_own_cases_shows_a_reply_that_is_due_elsewhere(services: Services, ana: Clerk) -> None:
    first, second = await open_case(services), await open_case(services)
    for case in (first, second):
        await ana.claim(case)
        await ana.reply(case, "Hello.")
    async with reading(ana, f"/console/cases/{first.id}/events?after=0") as stream:
        assert "Reply due" not in (await stream.next()).data
        await citizen_says(services, second, "Here")
        assert re.search(r"C-1002 <span[^>]*>Reply due", (await stream.next()).data)


async def test_a_quiet_stream_shows_that_it_lives_and_lets_waiting_times_grow(
    services: Services, ana: Clerk, case: Case, ambient: StillAmbient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.4)
    async with reading(ana, "/console/events?after=0") as stream:
        assert "less than a minute" in (await stream.next()).data
        await stream.next()  # the same without the announcement
        assert (await stream.next()).event == "alive"
        ambient.wait(180)
        assert ">3 minutes</time>" in (await stream.until("minutes")).data


async def test_signing_out_ends_the_stream_before_anything_more_is_shown(
    services: Services, store: Store, ana: Clerk, case: Case
) -> None:
    async with reading(ana, f"/console/cases/{case.id}/events?after=0") as stream:
        await stream.next()
        async with store.write() as tx:
            await staff.end_session(tx, ana.token)
        await citizen_says(services, case, "Secret")
        with pytest.raises(EOFError):
            await stream.next()


async def test_the_end_of_the_gateway_ends_the_stream(store: Store, ana: Clerk) -> None:
    async with reading(ana, "/console/events?after=0") as stream:
        await stream.next()
        store.hub.close()
        with pytest.raises(EOFError):
            await stream.next()


@pytest.mark.parametrize("after", ["x", "-1", "²", "1" * 16, ""])
async def test_an_id_that_is_none(ana: Clerk, after: str) -> None:
    response = await ana.get(f"/console/events?after={after}")
    assert response.status == 400
    response = await ana.get("/console/events", Last_Event_ID=after or "1.5")
    assert response.status == 400


async def test_a_line_of_text_cannot_end_an_event(services: Services, ana: Clerk) -> None:
    case = await open_case(services, "one\n\nid: 999999\ndata: two\u2028three\x85four\rfive")
    async with reading(ana, f"/console/cases/{case.id}/events?after=0") as stream:
        piece = await stream.next()
        assert piece.id is not None
        assert piece.id < 999
        assert "one\n\nid: 999999\ndata: two\u2028three\x85fourfive" in piece.data
        assert await stream.is_quiet()
