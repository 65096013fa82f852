"""One try at one Telegram message, and what its result means for those behind it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.layout import Piece
from bot.channels.telegram.split import plain
from bot.desk import unreachable

log = logging.getLogger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

#: What the API says of a chat to which nothing can be sent any more.
_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_id_invalid",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
    "topic_closed",
    "group chat was deactivated",
)


class Verdict(Enum):
    """What became of a message."""

    SENT = auto()
    LATER = auto()
    """Try again: a time-out, a fault on the way or of Telegram's. It may have arrived."""
    WAIT = auto()
    """Try again after the time that Telegram named: it was refused for now."""
    REFUSED = auto()
    """This message can never be sent, others can."""
    GONE = auto()
    """Nothing can be sent to this chat any more."""
    MOVED = auto()
    """The chat has another id now."""
    NO_TOKEN = auto()
    """The bot's token is not valid: nothing can be sent to anybody."""


@dataclass(frozen=True)
class Result:
    """A verdict, the API's words, the seconds to wait, the chat's new id, and what to tell staff."""

    verdict: Verdict
    error: str = ""
    seconds: float = 0.0
    address: str = ""
    staff: str = ""


async def send(
    bot: Bot, address: str, piece: Piece, reply: dict[str, Any], document: tuple[str, bytes] | None
) -> Result:
    """Send one message. Never raises for what Telegram or the network does."""
    try:
        try:
            await _send(bot, address, piece, reply, document)
        except BadRequest as error:
            if _gone(error):
                raise
            # Better without its looks than never. Should not happen: what we make is escaped and measured.
            log.error("Telegram refused a message's layout (%s). Sending it as plain text.", error.message)
            await _send(bot, address, Piece(plain(piece.html)), reply, document, mode=None)
    except TelegramError as error:
        return read(error)
    return Result(Verdict.SENT)


def read(error: TelegramError) -> Result:
    """What an error of the API, or of the way to it, means."""
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return Result(Verdict.WAIT, "429", after.total_seconds() if isinstance(after, timedelta) else float(after))
    if isinstance(error, ChatMigrated):
        return Result(Verdict.MOVED, "moved", address=str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return Result(Verdict.NO_TOKEN, "the token is not valid")
    if isinstance(error, Forbidden):
        return Result(Verdict.GONE, error.message, staff=unreachable.BLOCKED)
    if isinstance(error, BadRequest):
        if _gone(error):
            return Result(Verdict.GONE, error.message, staff=unreachable.GONE)
        return Result(Verdict.REFUSED, error.message, staff=unreachable.REFUSED)
    return Result(Verdict.LATER, f"{type(error).__name__}: {error.message}"[:200])


def _gone(error: BadRequest) -> bool:
    return any(words in error.message.lower() for words in _GONE)


async def _send(
    bot: Bot,
    address: str,
    piece: Piece,
    reply: dict[str, Any],
    document: tuple[str, bytes] | None,
    mode: str | None = ParseMode.HTML,
) -> None:
    rows = [[InlineKeyboardButton(title, callback_data=key) for title, key in row] for row in piece.buttons]
    common: dict[str, Any] = {"chat_id": int(address), "reply_markup": InlineKeyboardMarkup(rows) if rows else None}
    if reply.get("reply_to"):
        common["reply_parameters"] = ReplyParameters(reply["reply_to"], allow_sending_without_reply=True)
    if reply.get("thread"):
        common["message_thread_id"] = reply["thread"]
    if document:
        name, content = document
        await bot.send_document(document=content, filename=name, caption=piece.html, parse_mode=mode, **common)
    else:
        await bot.send_message(text=piece.html, parse_mode=mode, link_preview_options=_NO_PREVIEW, **common)
