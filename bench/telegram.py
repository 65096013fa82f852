"""How long citizens on Telegram wait: 100 chats at once on one gateway, beside stock handlers over Rasa's REST channel.

    python -m bench.telegram [--real] [--seconds N] [--chats N] [--every SECONDS]

Everybody writes again every few seconds, at moments of their own, and is measured from the call of the webhook until
the call of sendMessage with the answer. Then everybody writes once, all in the same moment. Gateway, stock handlers,
Rasa and the fake of Telegram's servers are processes of their own on one machine. Rasa is a stand-in that thinks for
20 ms, the same for both; ``--real`` takes the real one.

'stock' is python-telegram-bot's Application with one message handler that asks Rasa's REST channel and replies, as its
documentation and Rasa's show it: it stores nothing and keeps to no limit of Telegram's. Its default is one update at a
time; 'stock, 64 at once' sets concurrent_updates.

Telegram takes about 30 messages a second from a bot: https://core.telegram.org/bots/faq#broadcasting-to-users. Saywhy
sends 30 in any second and no more, so of 100 who write in the same moment the last waits three seconds for its place,
however quick the gateway is. 'no limit' is the same gateway without that wait: its own time, to compare with stock's.

With the real Rasa some of the questions hand their chat to a person; what is written there after that gets no answer
from us, by design, and is missing from those 'answered'.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import psutil

from bench.turns import questions
from bot.channels.telegram import webhook
from bot.settings import ROOT, Settings, environment
from bot.supervise.model import model_path
from bot.supervise.programs import BRAIN_PYTHON, brain_environment
from bot.text.crisis import crisis
from bot.text.personal_data import mask
from tests.live import free_ports, own_settings
from tests.telegram.fake_bot_api import FakeBotApi

SECRET = "bench"
THINKS = 0.02


@dataclass(frozen=True)
class Load:
    """So many chats, each writing every so many seconds, for so long. ``burst`` lets each write once, all at once."""

    chats: int
    every: float
    seconds: float
    burst: bool = False
    first: int = 1  # the number of the first chat

    @property
    def numbers(self) -> range:
        """Of the chats."""
        return range(self.first, self.first + self.chats)


class Result:
    """Seconds from webhook to send call, the most calls in any second, and processor seconds a question."""

    def __init__(self, name: str, waited: list[float], asked: int, sent: list[float], cpu: float) -> None:
        self.name, self.waited, self.asked, self.cpu = name, sorted(waited), asked, cpu
        self.busiest = max((sum(at <= other < at + 1 for other in sent) for at in sent), default=0)

    @property
    def p95(self) -> float:
        """All but the slowest 5 % waited no longer than this."""
        return self.waited[int(0.95 * (len(self.waited) - 1))] if self.waited else float("inf")

    def __str__(self) -> str:
        if not self.waited:
            return f"{self.name:<32} no answer"
        p50 = statistics.median(self.waited)
        shown = f"p50 {1000 * p50:7.0f} ms   p95 {1000 * self.p95:7.0f} ms   longest {1000 * self.waited[-1]:7.0f} ms"
        rest = f"answered {len(self.waited)}/{self.asked}   at most {self.busiest} a second"
        return f"{self.name:<32} {shown}   {rest}   {1000 * self.cpu:.0f} ms of processor each"


async def run(name: str, fake: FakeBotApi, url: str, load: Load, texts: list[str], pid: int) -> Result:
    """Let them write, and wait for the answers of the process."""
    began, cpu = len(fake.sent), busy(pid)
    wrote: dict[int, list[float]] = {chat: [] for chat in load.numbers}
    for chat in wrote:
        fake.person(chat)

    async def write(chat: int) -> None:
        wrote[chat].append(time.monotonic())
        status = await fake.post(fake.text(chat, random.choice(texts)), url, secret=SECRET)
        assert status == 200, status

    async def citizen(chat: int) -> None:
        until = time.monotonic() + load.seconds
        await asyncio.sleep(random.uniform(0, load.every))
        while time.monotonic() < until:
            await write(chat)
            await asyncio.sleep(load.every * random.uniform(0.8, 1.2))

    await asyncio.gather(*(write(chat) if load.burst else citizen(chat) for chat in wrote))
    asked = sum(map(len, wrote.values()))
    patience = time.monotonic() + 60
    while time.monotonic() < patience and not all(
        any(sent.at >= times[-1] for sent in fake.to(chat)) for chat, times in wrote.items() if times
    ):
        await asyncio.sleep(0.1)
    answers: dict[int, list[float]] = {chat: [] for chat in wrote}
    for sent in fake.sent[began:]:
        answers[sent.chat_id].append(sent.at)
    waited = []
    for chat in wrote:  # an answer may be several messages: the first one after each question counts
        for start in wrote[chat]:
            waited += [at - start for at in answers[chat] if at >= start][:1]
    return Result(name, waited, asked, [sent.at for sent in fake.sent[began:]], (busy(pid) - cpu) / asked)


def busy(pid: int) -> float:
    """The processor time that a process has taken, in seconds."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def program(command: list[str], environ: dict[str, str], log: Path) -> Iterator[int]:
    """A program that runs for as long as the block; its process id."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stdout=out, stderr=out)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


async def ready(url: str, patience: float = 120, **headers: str) -> None:
    """Wait until something answers there."""
    async with aiohttp.ClientSession() as http:
        until = time.monotonic() + patience
        while time.monotonic() < until:
            try:
                async with http.get(url, headers=headers) as response:
                    if response.status < 500:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


@asynccontextmanager
async def rasa(own: Settings, folder: Path, real: bool) -> AsyncIterator[None]:
    """Rasa with our channel and its REST channel, or the stand-in."""
    if not real:
        with program([sys.executable, "-m", "bench.telegram_parts", "rasa", str(own.brain_port)], {}, folder / "log"):
            await ready(f"http://127.0.0.1:{own.brain_port}/")
            yield
        return
    credentials = folder / "credentials.yml"
    credentials.write_text(f"rest:\nbot.brain.channel.SaywhyInput:\n  secret: {own.secret('brain')}\n")
    command = [str(BRAIN_PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(own.brain_port)]
    command += ["-m", str(model_path(own)), "--credentials", str(credentials), "--endpoints", "endpoints.yml"]
    actions = [sys.executable, "-m", "bot", "actions"]
    with (
        program(actions, environment(own), folder / "log"),
        program(command, brain_environment(own), folder / "log"),
    ):
        await ready(f"http://127.0.0.1:{own.actions_port}/health")
        await ready(f"http://127.0.0.1:{own.brain_port}/")
        yield


async def measure(load: Load, real: bool) -> None:
    """Measure all three and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gateway_port, brain_port, actions_port, stock_port = free_ports(4)
        own = own_settings(folder) if real else Settings(data_dir=folder)
        own = replace(own, port=gateway_port, brain_port=brain_port, actions_port=actions_port)
        async with FakeBotApi() as fake, rasa(own, folder, real):
            own = replace(
                own,
                telegram_token=fake.token,
                telegram_mode="webhook",
                telegram_secret=SECRET,
                telegram_api_url=fake.base_url.removesuffix("/bot"),
                public_url="https://chat.example",
            )
            texts = [text for text in questions(80) if not crisis(text) and not mask(text)[1]]
            which = "the real Rasa" if real else f"a stand-in for Rasa that thinks for {1000 * THINKS:.0f} ms"
            print(f"{load.chats} chats; {which}; load of this machine before: {os.getloadavg()[0]:.1f}", flush=True)
            hook = f"http://127.0.0.1:{own.port}{webhook.PATH}"
            ours = f"http://127.0.0.1:{own.port}/v1/council"
            python = [sys.executable, "-m"]
            steady: list[Result] = []
            burst: list[Result] = []
            for title, command in (
                ("Saywhy", ["bot", "gateway"]),
                ("Saywhy, no limit", ["bench.telegram_parts", "gateway"]),
            ):
                # Chats of its own: one that was handed to a person before would get no answer.
                fresh = replace(load, first=1 + 1000 * len(steady))
                both = await measured(title, fake, [*python, *command], environment(own), (ours, hook), fresh, texts)
                steady, burst = [*steady, both[0]], [*burst, both[1]]
            for title, concurrent in (("stock", 1), ("stock, 64 at once", 64)):
                command = ["bench.telegram_parts", "stock", str(stock_port), fake.token, fake.base_url]
                command += [f"http://127.0.0.1:{brain_port}", str(concurrent)]
                addresses = (f"http://127.0.0.1:{stock_port}/", f"http://127.0.0.1:{stock_port}/telegram")
                both = await measured(title, fake, [*python, *command], {}, addresses, load, texts)
                steady, burst = [*steady, both[0]], [*burst, both[1]]
    show(f"Each writes every {load.every:g} s, for {load.seconds:g} s:", steady, burst=False)
    show("Each writes once, all in the same moment:", burst, burst=True)


async def measured(
    name: str,
    fake: FakeBotApi,
    command: list[str],
    environ: dict[str, str],
    addresses: tuple[str, str],
    load: Load,
    texts: list[str],
) -> tuple[Result, Result]:
    """Start a program, warm it, and let people write to it: each at moments of their own, then all at once."""
    is_there, url = addresses
    with tempfile.NamedTemporaryFile(suffix=".log") as log, program(command, environ, Path(log.name)) as pid:
        await ready(is_there)
        await run("warm", fake, url, replace(load, chats=min(10, load.chats), burst=True), texts, pid)
        await asyncio.sleep(2)
        steady = await run(name, fake, url, load, texts, pid)
        await asyncio.sleep(2)
        return steady, await run(name, fake, url, replace(load, burst=True), texts, pid)


def show(title: str, results: list[Result], *, burst: bool) -> None:
    """Print the results of one load, and ours beside the stock ones as ratios."""
    print(f"\n{title}")
    for result in results:
        print(f"  {result}")
    ours, unlimited, *stock = results
    for other in stock:
        ratio = f"p95 of Saywhy / {other.name}: {ours.p95 / other.p95:.2f}"
        print(f"  {ratio}; without Telegram's limit {unlimited.p95 / other.p95:.2f}")
    if burst:
        waits = max(0.0, ours.p95 - unlimited.p95)
        print(f"  Of Saywhy's p95 about {1000 * waits:.0f} ms is the wait for a place among 30 messages a second.")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.telegram")
    parser.add_argument("--real", action="store_true", help="take the real Rasa")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--every", type=float, default=10)
    given = parser.parse_args()
    asyncio.run(measure(Load(given.chats, given.every, given.seconds), given.real))


if __name__ == "__main__":
    main()
