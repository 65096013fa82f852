"""A clock for tests that runs faster than real time and stands still whenever this process is kept from running."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.ambient import Ambient
from bot.store import Store, Transaction
from tests.fakes import MONDAY_MORNING

#: Between two ticks, in real seconds.
_TICK = 0.005


@dataclass
class Hands:
    """Where the clock is, in seconds. It moves by ticks of one length and never by what real time has passed."""

    speed: float
    passed: float = 0.0
    work: int = 0
    sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            if self.work:
                continue
            self.passed += _TICK * self.speed
            while self.sleepers and self.sleepers[0][0] <= self.passed:
                _, _, sleeper = heapq.heappop(self.sleepers)
                if not sleeper.done():
                    sleeper.set_result(None)


@dataclass(frozen=True)
class FastAmbient(Ambient):
    """A clock on which about ``speed`` seconds pass in each real one, made by ``fast``."""

    hands: Hands

    def now(self) -> datetime:
        return MONDAY_MORNING + timedelta(seconds=self.hands.passed)

    def seconds(self) -> float:
        """The same in seconds since it began."""
        return self.hands.passed

    async def sleep(self, seconds: float) -> None:
        """Sleep for seconds of this clock."""
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self.hands.sleepers, (self.hands.passed + seconds, next(self.hands.numbers), sleeper))
        await sleeper

    @contextmanager
    def stands(self) -> Iterator[None]:
        """For the block no time passes: what is done in it takes none, however slow the machine."""
        self.hands.work += 1
        try:
            yield
        finally:
            self.hands.work -= 1


@asynccontextmanager
async def fast(speed: float) -> AsyncIterator[FastAmbient]:
    """A clock that runs meanwhile."""
    hands = Hands(speed)
    running = asyncio.create_task(hands.run(), name="fast clock")
    try:
        yield FastAmbient(hands)
    finally:
        running.cancel()


class TimelessStore(Store):
    """A database that takes no time of the clock."""

    def __init__(self, url: str, ambient: FastAmbient) -> None:
        super().__init__(url, ambient)
        self._stands = ambient.stands

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """See ``Store``."""
        with self._stands():
            async with super().write() as transaction:
                yield transaction
