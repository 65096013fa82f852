"""Asking Rasa: one turn over its own channel, with a deadline, and with failure never taken for an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bot.text.clean import for_brain

log = logging.getLogger(__name__)

#: Pause between two knocks at a Rasa that is not there yet, in seconds.
_KNOCK_AGAIN = 0.25

#: How long Rasa may read texts to group them, and load a model, in seconds.
_GROUPING, _LOADING = 60.0, 120.0


class BrainFailure(RuntimeError):
    """Rasa gave no answer in time, or said that it could not. ``reason`` is one word and holds nothing personal.

    A turn that failed, or what could not be used, may still say ``perhaps_danger``, as in a ``BrainReply``.
    """

    def __init__(self, reason: str, *, perhaps_danger: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.perhaps_danger = perhaps_danger


@dataclass(frozen=True)
class BrainReply:
    """What Rasa said in one turn: its replies as dispatched, the intent it saw, the slots that are set."""

    replies: list[dict[str, Any]]
    intent: dict[str, Any]
    slots: dict[str, Any]
    perhaps_danger: bool = False
    """The message came near to what people in danger write."""


@dataclass(frozen=True)
class Groups:
    """The places of texts in groups, those of noise in none, and the likeliest topics of each text."""

    groups: list[list[int]]
    topics: list[list[str]]


class Workshop(Protocol):
    """What editing needs of Rasa."""

    async def group(self, texts: Sequence[str]) -> Groups:
        """Group texts by meaning. At most 500, each of at most 1,000 characters.

        Raises:
            BrainFailure: Rasa cannot, or is not there.
        """

    async def serve(self, model: Path) -> bool:
        """Take up another model, while the present one goes on answering until the new one is loaded.

        False when Rasa is not there: it takes up the model when it starts.

        Raises:
            BrainFailure: the model cannot be used. The present one goes on.
        """


class Brain(Protocol):
    """What the turn needs of Rasa."""

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        """Run one turn: ``content`` has a ``text`` to understand or a ``payload`` to obey.

        ``metadata`` is what the actions may know of the store.

        Raises:
            BrainFailure: there is no answer within the deadline.
        """

    async def forget(self, conversation: str) -> None:
        """Delete all that Rasa has of a conversation, under whichever epoch. Again does nothing.

        Raises:
            BrainFailure: it is not certain that all is gone.
        """


class RasaBrain:
    """Rasa over HTTP. The same ``message_id`` again gives the same replies, so that asking twice is safe."""

    def __init__(self, http: aiohttp.ClientSession, url: str, secret: str, deadline: float) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._deadline = deadline

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        """See ``Brain``. A Rasa that is just starting is given until the deadline."""
        body: dict[str, Any] = {"conversation": conversation, "message_id": message_id}
        if metadata:
            body["metadata"] = metadata
        if "payload" in content:
            body["payload"] = content["payload"]
        else:
            body["text"] = for_brain(content["text"])
        try:
            async with asyncio.timeout(self._deadline):
                return await self._ask_until_there(body)
        except TimeoutError:
            raise BrainFailure("timeout") from None

    async def forget(self, conversation: str) -> None:
        """See ``Brain``. One try, within the deadline."""
        timeout = aiohttp.ClientTimeout(total=self._deadline)
        try:
            async with self._http.post(
                f"{self._url}/forget", json={"conversation": conversation}, headers=self._headers, timeout=timeout
            ) as response:
                if response.status != 200:
                    raise BrainFailure(f"http_{response.status}")
                answer = await response.json(content_type=None)
        except TimeoutError:
            raise BrainFailure("timeout") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise BrainFailure(f"broken_{type(error).__name__}") from error
        if not isinstance(answer, dict) or answer.get("status") != "ok":
            raise BrainFailure("malformed")

    async def ready(self) -> bool:
        """Whether Rasa would take a turn now."""
        try:
            timeout = aiohttp.ClientTimeout(total=2)
            async with self._http.get(f"{self._url}/ready", headers=self._headers, timeout=timeout) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def group(self, texts: Sequence[str]) -> Groups:
        """See ``Workshop``."""
        answer = await self._post("groups", {"texts": list(texts)}, _GROUPING)
        if answer is None:
            raise BrainFailure("not_ready")
        try:
            return Groups(
                [list(map(int, each)) for each in answer["groups"]], [list(each) for each in answer["topics"]]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BrainFailure("malformed") from error

    async def serve(self, model: Path) -> bool:
        """See ``Workshop``."""
        return await self._post("model", {"model": str(model)}, _LOADING) is not None

    async def _post(self, name: str, body: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The answer; None when nobody is there."""
        try:
            async with asyncio.timeout(seconds):
                async with self._http.post(f"{self._url}/{name}", json=body, headers=self._headers) as response:
                    answer = await response.json(content_type=None)
        except aiohttp.ClientConnectionError:
            return None
        except TimeoutError:
            raise BrainFailure("timeout") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise BrainFailure(f"broken_{type(error).__name__}") from error
        if not isinstance(answer, dict) or response.status != 200:
            reason = answer.get("reason") if isinstance(answer, dict) else None
            if reason == "not_ready":
                return None
            raise BrainFailure(str(reason or f"http_{response.status}"))
        return answer

    async def _ask_until_there(self, body: dict[str, Any]) -> BrainReply:
        while True:
            try:
                async with self._http.post(f"{self._url}/turn", json=body, headers=self._headers) as response:
                    return await self._read(response)
            except (
                aiohttp.ClientConnectionError
            ):  # not there yet, or died over the turn: the same id is safe to ask again
                await asyncio.sleep(_KNOCK_AGAIN)
            except (aiohttp.ClientError, ValueError) as error:
                raise BrainFailure(f"broken_{type(error).__name__}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> BrainReply:
        answer = await response.json(content_type=None)
        perhaps = isinstance(answer, dict) and answer.get("perhaps_danger") is True
        if response.status != 200 or not isinstance(answer, dict) or answer.get("status") != "ok":
            reason = answer.get("reason") if isinstance(answer, dict) else None
            if reason == "not_ready":
                raise aiohttp.ClientConnectionError(reason)
            raise BrainFailure(reason if isinstance(reason, str) else f"http_{response.status}", perhaps_danger=perhaps)
        replies = answer.get("replies")
        if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
            raise BrainFailure("malformed", perhaps_danger=perhaps)
        return BrainReply(replies, answer.get("intent") or {}, answer.get("slots") or {}, perhaps)
