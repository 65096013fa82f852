"""The Bot API's client, and keeping its token out of the logs."""

from __future__ import annotations

import logging
import re
from functools import cache
from ssl import SSLContext

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.settings import Settings

#: What a token looks like, in an address ("/bot12:abc/getMe") or alone.
_TOKEN = re.compile(r"\b(?:bot)?\d{1,19}:[A-Za-z0-9_-]{20,}")
_HIDDEN = "<token>"

#: How long one call may take, in seconds. A long poll lasts up to ``POLL`` more.
CALL = 10.0
POLL = 25


def make_bot(settings: Settings) -> Bot:
    """The client for the settings' bot. Nothing is asked of the network before the first call."""
    hide_token(settings.telegram_token)
    address = settings.telegram_api_url.rstrip("/")
    return Bot(
        settings.telegram_token,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        request=_requests(16),
        get_updates_request=_requests(1),
    )


def _requests(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connections,
        read_timeout=CALL,
        write_timeout=CALL,
        connect_timeout=CALL,
        pool_timeout=CALL,
        httpx_kwargs={"verify": trusted()},
    )


@cache
def trusted() -> SSLContext:
    """The certificates that are trusted, as httpx finds them. Read once: nothing else in making a client takes long."""
    return httpx.create_ssl_context()


def account(settings: Settings) -> str:
    """The bot's own id: what tells its chats from those of another bot."""
    return settings.telegram_token.partition(":")[0]


def hide_token(token: str) -> None:
    """Keep the token out of everything that is logged: the client's own lines name it in each address."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(known, _Hide) and known.token == token for known in handler.filters):
            handler.addFilter(_Hide(token))


def masked(text: str, token: str = "") -> str:
    """The text with a token in it made unreadable."""
    return _TOKEN.sub(_HIDDEN, text.replace(token, _HIDDEN) if token else text)


class _Hide(logging.Filter):
    """Takes the token out of a record, also where an exception or its traceback tells it."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage(), self.token), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text, self.token)
        return True
