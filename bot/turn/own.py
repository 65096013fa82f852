"""What the gateway answers itself, without Rasa and in any mode: commands, links, messages that are no words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.store.conversations import Mode
from bot.store.engine import Transaction
from bot.text import telegram
from bot.turn import after_chat, linked
from bot.turn.context import Services, Turn
from bot.turn.saying import say

Handler = Callable[[Transaction, Turn, Services, str], Awaitable[None]]


def named(content: dict[str, Any], mode: Mode = Mode.BOT) -> tuple[str, str] | None:
    """The handler's name and argument, if the content is the gateway's own to answer.

    That is ``{"own": name, "argument": …}``, or an action such as 'rate-4'. With ``"alone": true`` it is so only while
    no person is concerned with the conversation: who reads along can make more of it.
    """
    if "own" in content:
        if content.get("alone") and mode is not Mode.BOT:
            return None
        return content["own"], content.get("argument", "")
    name, _, argument = content.get("action", "").partition("-")
    return (name, argument) if name in HANDLERS else None


async def run(tx: Transaction, turn: Turn, services: Services) -> None:
    """Answer. The message is settled in the same transaction, by the caller."""
    found = named(turn.item.content)
    assert found is not None
    name, argument = found
    await HANDLERS[name](tx, turn, services, argument)


def fill(text: str, services: Services, **more: str) -> str:
    """The text with the council's name, phone, hours and privacy page in it."""
    council = services.council
    return text.format(
        council=council.name,
        phone=council.phone,
        hours=council.hours_in_words,
        privacy=council.privacy_url,
        **{"link": "", **more},
    )


async def _say(tx: Transaction, turn: Turn, services: Services, name: str) -> None:
    content = turn.item.content
    body: dict[str, Any] = {"about": {"kind": "small_talk", "id": name}}
    if name in _ASKS:
        body["buttons"] = _ASKS[name]
    if content.get("telegram"):
        body["telegram"] = content["telegram"]
    await say(tx, turn, fill(telegram.SAYINGS[name], services, link=content.get("link", "")), body)


async def _refused(tx: Transaction, turn: Turn, services: Services, why: str) -> None:
    await say(tx, turn, why)


async def _keep(tx: Transaction, turn: Turn, services: Services, _: str) -> None:
    await say(tx, turn, telegram.KEPT_AS_IT_IS)


_ASKS = {
    "delete": [{"title": telegram.DELETE, "payload": "@delete"}, {"title": telegram.KEEP, "payload": "@keep"}],
    "stop": [{"title": telegram.STOP, "payload": "@stop"}, {"title": telegram.KEEP, "payload": "@keep"}],
}

HANDLERS: dict[str, Handler] = {
    "say": _say,
    "refused": _refused,
    "keep": _keep,
    **linked.HANDLERS,
    **after_chat.HANDLERS,
}
