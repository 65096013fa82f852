"""One real Rasa and one real action server for all dialogue tests, asked as in production."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from bot import council
from bot.ambient import Ambient
from bot.settings import Settings
from bot.store import Store
from bot.turn.brain import Brain, BrainFailure, BrainReply
from bot.turn.context import Services
from bot.web.app import rasa
from tests.fakes import StillAmbient
from tests.live import Saywhy


@pytest.fixture(scope="session")
def live(running: Saywhy) -> Settings:
    """Settings of a Rasa and an action server that run. The gateway beside them is not asked."""
    return running.settings


class FreshIds(StillAmbient):
    """The clock stands still, but ids are real: Rasa remembers every message id of the whole run."""

    new_id = Ambient.new_id


@pytest.fixture
def ambient() -> StillAmbient:
    return FreshIds()


#: What Rasa says of a turn that took longer than it allows itself, 6 or 7 s. It is asked again then, with the same
#: id, as the gateway would later: the clock of these tests stands still, and a busy machine is no failure.
TRIES = 5
#: An action that fails sooner, in seconds, has failed; later it may have run into Rasa's limit.
TOO_LATE = 5.0


class ListeningBrain:
    """The real Rasa, with its last answer kept for the test to look at."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self.last: BrainReply | None = None
        self.asked = 0

    async def ask(
        self,
        conversation: str,
        message_id: str,
        content: dict[str, object],
        metadata: dict[str, object] | None = None,
    ) -> BrainReply:
        self.asked += 1
        for try_ in range(1, TRIES + 1):
            began = time.monotonic()
            try:
                self.last = await self._brain.ask(conversation, message_id, content, metadata)
                return self.last
            except BrainFailure as failure:
                slow = failure.reason == "action_failed" and time.monotonic() - began > TOO_LATE
                if not (slow or failure.reason == "timeout") or try_ == TRIES:
                    raise
        raise AssertionError

    async def forget(self, conversation: str) -> None:
        await self._brain.forget(conversation)


@pytest.fixture
async def listening(live: Settings) -> AsyncIterator[ListeningBrain]:
    async with aiohttp.ClientSession() as http:
        yield ListeningBrain(rasa(replace(live, turn_deadline=60), http))


@pytest.fixture
async def services(live: Settings, store: Store, listening: ListeningBrain, ambient: StillAmbient) -> Services:
    """As everywhere, but Rasa is real."""
    return Services(store, listening, council.load(), live)
