"""The methods of the Bot API that Saywhy uses, with the refusals of the real one in its words."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.telegram.telegram_html import Entity, Unparsable, parse, units

if TYPE_CHECKING:
    from tests.telegram.fake_bot_api import FakeBotApi

_ACTIONS = {"typing", "upload_photo", "upload_document", "choose_sticker", "find_location", "record_voice"}
_FORMATS = {"", "HTML", "Markdown", "MarkdownV2"}


class Refused(Exception):
    """The API's error answer."""

    def __init__(self, status: int, text: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.parameters = status, text, parameters or {}


def _bad(text: str) -> Refused:
    return Refused(400, f"Bad Request: {text}")


async def get_me(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    return fake.me


async def get_updates(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    if fake.webhook:
        text = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook"
        raise Refused(409, f"{text} first")
    if fake.poller:
        fake.poller.set()  # of two who ask, the later one stays
    ended = fake.poller = asyncio.Event()
    offset, limit = int(params.get("offset", 0)), min(100, int(params.get("limit", 100)))
    allowed = json.loads(params.get("allowed_updates") or "[]")
    fake.pending[:] = [one for one in fake.pending if one["update_id"] >= offset]
    until = time.monotonic() + float(params.get("timeout", 0))
    try:
        while True:
            found = [one for one in fake.pending if not allowed or (one.keys() & set(allowed))]
            if found or time.monotonic() >= until or fake.outage:
                return found[:limit]
            try:
                async with asyncio.timeout(0.02):
                    await ended.wait()
            except TimeoutError:
                continue
            text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refused(409, text)
    finally:
        if fake.poller is ended:
            fake.poller = None


async def set_webhook(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    from tests.telegram.fake_bot_api import Webhook

    url, secret = params.get("url", ""), params.get("secret_token", "")
    if url and not url.startswith("https://"):
        raise _bad("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise _bad("secret token contains unallowed characters")
    _drop(fake, params)
    allowed = json.loads(params["allowed_updates"]) if params.get("allowed_updates") else None
    fake.webhook = Webhook(url, secret, int(params.get("max_connections", 40)), allowed) if url else None
    return True


async def delete_webhook(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    _drop(fake, params)
    fake.webhook = None
    return True


def _drop(fake: FakeBotApi, params: dict[str, Any]) -> None:
    if str(params.get("drop_pending_updates", "")).lower() == "true":
        fake.pending.clear()


async def get_webhook_info(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    info: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": len(fake.pending)}
    if fake.webhook:
        info |= {"url": fake.webhook.url, "max_connections": fake.webhook.max_connections}
        if fake.webhook.allowed is not None:
            info["allowed_updates"] = fake.webhook.allowed
        if fake.webhook.last_error:
            info |= {"last_error_date": int(time.time()), "last_error_message": fake.webhook.last_error}
    return info


async def send_message(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    chat_id = _reach(fake, params)
    text, entities = _read(params, "text")
    if not text:
        raise _bad("message text is empty")
    if units(text) > 4096:
        raise _bad("message is too long")
    return _keep(fake, chat_id, params, text, entities, params.get("text", ""), None)


async def send_document(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    chat_id = _reach(fake, params)
    caption, entities = _read(params, "caption")
    if units(caption) > 1024:
        raise _bad("message caption is too long")
    given = params.get("document")
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.get(given.removeprefix("attach://"))
    if not isinstance(given, tuple):
        raise _bad("there is no document in the request")
    if not given[1]:
        raise _bad("file must be non-empty")
    return _keep(fake, chat_id, params, caption, entities, params.get("caption", ""), given)


async def send_chat_action(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    _reach(fake, params)
    if params.get("action") not in _ACTIONS:
        raise _bad("wrong parameter action in request")
    return True


async def answer_callback_query(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    query = params.get("callback_query_id", "")
    if query not in fake.queries:
        raise _bad("query is too old and response timeout expired or query ID is invalid")
    if len(params.get("text", "")) > 200:
        raise _bad("MESSAGE_TOO_LONG")
    fake.queries.discard(query)
    fake.answered[query] = params
    return True


async def edit_message_reply_markup(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    chat_id = _reach(fake, params)
    message = fake.messages.get((chat_id, int(params.get("message_id", 0))))
    if message is None:
        raise _bad("message to edit not found")
    _buttons(params)
    markup = json.loads(params["reply_markup"]) if params.get("reply_markup") else None
    if markup and not any(markup.get("inline_keyboard", [])):
        markup = None
    if message.get("reply_markup") == markup:
        same = "specified new message content and reply markup are exactly the same as a current content and reply"
        raise _bad(f"message is not modified: {same} markup of the message")
    message.pop("reply_markup", None)
    if markup:
        message["reply_markup"] = markup
    fake.edits.append(params)
    return message


async def set_my_commands(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    commands = json.loads(params.get("commands", "[]"))
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise _bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise _bad("BOT_COMMAND_DESCRIPTION_INVALID")
    fake.commands = commands
    return True


async def get_my_commands(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    return fake.commands


async def leave_chat(fake: FakeBotApi, params: dict[str, Any]) -> Any:
    chat_id = _reach(fake, params)
    if fake.chats[chat_id]["type"] == "private":
        raise _bad("chat not found")
    del fake.chats[chat_id]
    return True


def _reach(fake: FakeBotApi, params: dict[str, Any]) -> int:
    try:
        chat_id = int(params.get("chat_id", ""))
    except ValueError:
        raise _bad("chat_id is empty" if not params.get("chat_id") else "chat not found") from None
    if chat_id not in fake.chats:
        raise _bad("chat not found")
    if chat_id in fake.blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if seconds := fake.flooded(chat_id):
        raise Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
    return chat_id


def _read(params: dict[str, Any], name: str) -> tuple[str, list[Entity]]:
    source, kind = params.get(name, ""), params.get("parse_mode", "")
    if kind not in _FORMATS:
        raise _bad(f"unsupported parse_mode: {kind}")
    try:
        text, entities = parse(source) if kind == "HTML" else (source, [])
    except Unparsable as error:
        raise _bad(f"can't parse entities: {error}") from error
    return text.strip(), entities


def _buttons(params: dict[str, Any]) -> list[tuple[str, str]]:
    if not params.get("reply_markup"):
        return []
    try:
        rows = json.loads(params["reply_markup"]).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row]
    except (ValueError, TypeError, AttributeError):
        raise _bad("can't parse reply keyboard markup JSON object") from None
    found = []
    for button in buttons:
        if not str(button.get("text", "")).strip():
            raise _bad("text buttons are allowed only with a text")
        if "url" in button:
            if not re.match(r"(https?|tg)://", button["url"]):
                raise _bad("BUTTON_URL_INVALID")
            found.append((button["text"], button["url"]))
            continue
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise _bad("BUTTON_DATA_INVALID")
        found.append((button["text"], button["callback_data"]))
    if len(found) > 100 or any(len(row) > 8 for row in rows):
        raise _bad("reply markup is too long")
    return found


def _keep(
    fake: FakeBotApi,
    chat_id: int,
    params: dict[str, Any],
    text: str,
    entities: list[Entity],
    source: str,
    document: tuple[str, bytes] | None,
) -> dict[str, Any]:
    from tests.telegram.fake_bot_api import Sent

    buttons = _buttons(params)
    message: dict[str, Any] = {
        "message_id": fake.new_message_id(chat_id), "from": fake.me, "date": int(time.time()),
        "chat": fake.chats[chat_id],
    }  # fmt: skip
    if document:
        size = len(document[1])
        message["document"] = {"file_id": f"F{size}", "file_unique_id": f"U{size}", "file_name": document[0]}
    if text:
        message["caption" if document else "text"] = text
    if buttons:
        message["reply_markup"] = json.loads(params["reply_markup"])
    fake.messages[chat_id, message["message_id"]] = message
    now = fake.clock()
    fake.sent.append(Sent(chat_id, message["message_id"], text, source, tuple(entities), tuple(buttons), document, now))
    return message


METHODS: dict[str, Callable[[Any, dict[str, Any]], Awaitable[Any]]] = {
    "getme": get_me,
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "sendmessage": send_message,
    "senddocument": send_document,
    "sendchataction": send_chat_action,
    "answercallbackquery": answer_callback_query,
    "editmessagereplymarkup": edit_message_reply_markup,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "leavechat": leave_chat,
}
