"""``kill -9`` at named points, with FULL=1 in the environment 100 times: nothing is lost in either direction, and only
what was sent and not yet marked as sent comes twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.live import free_ports
from tests.telegram.fake_bot_api import FakeBotApi
from tests.telegram.gateway import SECRET

POINTS = ("received", "committed", "replied", "sent", "marked")
CHATS = (7, 8, 9)
#: In each of the two modes.
DEATHS = 50 if os.environ.get("FULL") else 10


class Records:
    """What the fake Telegram was sent and what the gateway's database holds."""

    def __init__(self, folder: Path, fake: FakeBotApi) -> None:
        self._path, self._fake = folder / "saywhy.db", fake
        self.asked: dict[int, list[str]] = {chat: [] for chat in CHATS}

    def ask(self, number: int) -> None:
        """The next citizen writes."""
        chat = CHATS[number % len(CHATS)]
        text = f"question {number}"
        self.asked[chat].append(text)
        self._fake.queue(self._fake.text(chat, text))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """The database, read from outside."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=60)) as database:
            return database.execute(statement).fetchall()

    def idle(self) -> bool:
        """Whether everything that was asked is stored, answered, sent and marked."""
        if self._fake.pending:
            return False
        try:
            [(marked,)] = self.rows("SELECT count(*) FROM outbox WHERE state = 'sent'")
        except sqlite3.OperationalError:  # the first life has not made it yet
            return not any(self.asked.values())
        return marked == sum(map(len, self.asked.values()))


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_nothing_is_lost_and_only_what_was_not_marked_comes_twice(
    tmp_path: Path, fake: FakeBotApi, mode: str
) -> None:
    for chat in CHATS:
        fake.person(chat)
    [port] = free_ports(1)
    fake.resolve["https://chat.example"] = f"http://127.0.0.1:{port}"
    settings = {
        "telegram_token": fake.token,
        "telegram_mode": mode,
        "telegram_secret": SECRET,
        "telegram_api_url": fake.base_url.removesuffix("/bot"),
        "public_url": "https://chat.example",
    }
    zygote = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.telegram.lives", str(tmp_path),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert zygote.stdin
    assert zygote.stdout
    try:
        zygote.stdin.write(json.dumps({"port": port, "settings": settings}).encode() + b"\n")
        records = Records(tmp_path, fake)
        deaths: Counter[str] = Counter()
        questions = 0
        for kill in range(DEATHS):
            point = POINTS[kill % len(POINTS)]
            zygote.stdin.write(f"{point}\n".encode())
            died = asyncio.create_task(zygote.stdout.readline())
            async with asyncio.timeout(300):
                while not died.done():
                    if records.idle():
                        records.ask(questions)
                        questions += 1
                    await asyncio.wait([died], timeout=0.02)
            assert died.result() == f"died {point}\n".encode()
            deaths[point] += 1
        zygote.stdin.write(b"live\n")
        async with asyncio.timeout(300):
            while not records.idle():
                await asyncio.sleep(0.05)
    finally:
        os.killpg(zygote.pid, signal.SIGKILL)  # with the life that it may be forking at this moment
        await zygote.wait()

    doubled = 0
    for chat in CHATS:
        said = records.rows(
            "SELECT seq, sender, text FROM messages JOIN conversations ON conversations.id = conversation_id "
            f"WHERE address = '{chat}' ORDER BY seq"
        )
        wanted = [words for text in records.asked[chat] for words in (("citizen", text), ("bot", f"You said: {text}"))]
        assert [(sender, text) for _, sender, text in said] == wanted
        assert [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
        got = [sent.text for sent in fake.to(chat)]
        assert list(dict.fromkeys(got)) == [f"You said: {text}" for text in records.asked[chat]]
        assert all(one == got[got.index(one) + n] for one, count in Counter(got).items() for n in range(count))
        doubled += len(got) - len(set(got))
    assert records.rows("SELECT DISTINCT outcome FROM telegram_updates") == [("text",)]
    assert records.rows("SELECT DISTINCT state, outcome FROM inbox") == [("settled", "answered")]
    assert deaths == {point: DEATHS // len(POINTS) for point in POINTS}
    assert doubled == deaths["sent"]
    print(f"\n{mode}: {sum(deaths.values())} deaths, {questions} questions, none lost, {doubled} answers sent twice")
