"""Asking Rasa: one turn over its own channel, with a deadline, and with failure never taken for an answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot.text.clean import for_brain

log = logging.getLogger(__name__)

#: Pause between two knocks at a Rasa that is not there yet, in seconds.
_KNOCK_AGAIN = 0.25


class BrainFailure(RuntimeError):
    """Rasa gave no answer in time, or said that it could not. ``reason`` is one word and holds nothing personal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class BrainReply:
    """What Rasa said in one turn: its replies as dispatched, the intent it saw, the slots that are set."""

    replies: list[dict[str, Any]]
    intent: dict[str, Any]
    slots: dict[str, Any]


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
        if response.status != 200 or not isinstance(answer, dict) or answer.get("status") != "ok":
            reason = answer.get("reason") if isinstance(answer, dict) else None
            if reason == "not_ready":
                raise aiohttp.ClientConnectionError(reason)
            raise BrainFailure(reason if isinstance(reason, str) else f"http_{response.status}")
        replies = answer.get("replies")
        if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
            raise BrainFailure("malformed")
        return BrainReply(replies, answer.get("intent") or {}, answer.get("slots") or {})
