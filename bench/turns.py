"""How long a citizen waits, and what the gateway adds to bare Rasa: the same questions, in turn, in the same run.

    python -m bench.turns [QUESTIONS]

'bare Rasa' is our channel asked directly; 'Saywhy' is the website API in front of it, from POST until the answer can be
read: accept, screen, route, ask, settle, each step stored. Both use the programs that run with the present settings
('make run').
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
import uuid

import aiohttp

from bot import settings
from bot.knowledge import examples


def questions(count: int) -> list[str]:
    """Example questions from many topics."""
    found = [text for path in sorted(examples.FOLDER.rglob("*.yml")) for _, text, _ in examples.read(path)]
    return found[:: max(1, len(found) // count)][:count]


async def bare(http: aiohttp.ClientSession, own: settings.Settings, sender: str, text: str) -> float:
    """One turn of bare Rasa, in seconds."""
    began = time.perf_counter()
    body = {"conversation": sender, "message_id": uuid.uuid4().hex, "text": text}
    headers = {"Authorization": f"Bearer {own.secret('brain')}"}
    url = f"http://127.0.0.1:{own.brain_port}/webhooks/saywhy/turn"
    async with http.post(url, json=body, headers=headers) as response:
        await response.json()
    return time.perf_counter() - began


class Chat:
    """One chat on the website."""

    def __init__(self, http: aiohttp.ClientSession, own: settings.Settings) -> None:
        self._http, self._base, self._last = http, f"{own.base_url}/v1/conversations", 0

    async def start(self) -> None:
        """Begin it."""
        async with self._http.post(self._base, json={}) as response:
            body = await response.json()
        self._url, self._headers = f"{self._base}/{body['id']}", {"Authorization": f"Bearer {body['token']}"}

    async def turn(self, text: str) -> float:
        """From POST until an answer can be read, in seconds."""
        began = time.perf_counter()
        body = {"client_msg_id": uuid.uuid4().hex, "text": text}
        async with self._http.post(f"{self._url}/messages", json=body, headers=self._headers) as response:
            seq = (await response.json())["message"]["seq"]
        headers = self._headers | {"Accept": "text/event-stream"}
        async with self._http.get(f"{self._url}/events?after={self._last}", headers=headers) as stream:
            async for line in stream.content:
                if line.startswith(b"id: "):
                    self._last = int(line[4:])
                elif b'"sender": "bot"' in line and f'"seq": {seq + 1},'.encode() in line:
                    return time.perf_counter() - began
        raise RuntimeError("the stream ended without an answer")


#: A resident permit, refused: a fact a turn, a correction, and the yes that decides.
FORM = ("can I get a second parking permit", "yes", "no", "yes", "1", "no, I meant 2", "1.5 m", "4.4 m",
        "1 October 2026", "yes")  # fmt: skip


def shown(name: str, seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(1000 * each for each in seconds)
    return f"{name:<12} p50 {statistics.median(ordered):6.1f} ms   p95 {ordered[int(0.95 * len(ordered))]:6.1f} ms"


async def _request(http: aiohttp.ClientSession, own: settings.Settings) -> list[float]:
    """The turns of a request, from the first question to the decision, each in seconds."""
    chat = Chat(http, own)
    await chat.start()
    return [await chat.turn(text) for text in FORM]


async def measure(own: settings.Settings, count: int = 100) -> None:
    """Measure and print."""
    async with aiohttp.ClientSession() as http:
        chat, sender = Chat(http, own), uuid.uuid4().hex
        await chat.start()
        asked = questions(count)
        through, direct = [], []
        for text in asked:
            through.append(await chat.turn(text))
            direct.append(await bare(http, own, sender, text))
        form = [await _request(http, own) for _ in range(max(1, count // len(FORM)))]
    print(f"{len(asked)} questions, one after the other, in one conversation that grows to {len(asked)} turns")
    print(shown("Saywhy", through))
    print(shown("bare Rasa", direct))
    ratios = [a / b for a, b in zip(through, direct, strict=True)]
    print(f"ratio        p50 {statistics.median(ratios):6.2f}")
    print(f"{len(form)} requests of {len(FORM)} turns each, one after the other")
    print(shown("in a form", [each for turns in form for each in turns]))
    print(shown("its decision", [turns[-1] for turns in form]))


if __name__ == "__main__":
    asyncio.run(measure(settings.load(), int(sys.argv[1]) if len(sys.argv) > 1 else 100))
