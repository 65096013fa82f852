"""Reading an update: which kind it is, in the project's words. Nothing is stored and nothing is answered here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from telegram import Message, MessageEntity, Update
from telegram.constants import ChatType
from telegram.helpers import effective_message_type

#: The kinds of update that Saywhy asks Telegram for. Others are recorded all the same, should they come.
WANTED = ("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member")

#: Telegram's kinds of content that are no words, by our names for them (see ``bot.text.telegram``).
_CONTENT = {
    "photo": "photo", "video": "photo", "animation": "photo", "video_note": "photo", "live_photo": "photo",
    "story": "photo", "paid_media": "photo", "document": "document", "audio": "voice", "voice": "voice",
    "sticker": "sticker", "location": "place", "venue": "place", "contact": "contact", "poll": "poll", "dice": "poll",
    "game": "poll", "checklist": "poll", "invoice": "pay", "successful_payment": "pay", "refunded_payment": "pay",
    "giveaway": "unknown", "giveaway_winners": "unknown", "passport_data": "document",
}  # fmt: skip

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
_MOST_QUOTED = 80


@dataclass(frozen=True)
class Me:
    """The bot itself. ``username`` is None until Telegram has told it."""

    id: str
    username: str | None = None

    @property
    def link(self) -> str:
        """The address of the private chat."""
        return f"https://t.me/{self.username}" if self.username else "my private chat"


@dataclass(frozen=True)
class Incoming:
    """One update. ``kind`` is one of

    'text', 'edited', 'forwarded': ``text`` is what was written (edited: what it is now), ``content`` what was with it
    'command': ``text`` is its name, ``argument`` what follows
    'content': ``content`` says what it is, ``text`` the words with it, ``more`` what staff may see of it
    'button': ``text`` is the key, ``query`` the id to acknowledge
    'blocked', 'unblocked': the citizen has stopped, or started, the bot
    'group': somebody spoke to the bot where others read along
    'aside': nothing to answer; ``text`` says what it was
    """

    kind: str
    chat: str = ""
    text: str = ""
    argument: str = ""
    content: str = ""
    more: str = ""
    query: str = ""
    message_id: int = 0
    thread: int | None = None
    album: str = ""
    """The id of the album that a photo or a file came with; each of them is a message of its own."""
    note: str = ""
    """What staff see beside the text: that it answers another message, or was forwarded."""
    name: str = field(default="", repr=False)
    """The first name that the person shows on Telegram."""


def chat_of(payload: dict[str, Any]) -> str | None:
    """The id of the chat that an update belongs to, as text; None when it tells none. Takes any JSON."""
    for name, part in payload.items():
        if name == "update_id" or not isinstance(part, dict):
            continue
        for holder in (part, part.get("message")):
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return str(chat["id"])[:20]
        sender = part.get("from")
        if isinstance(sender, dict) and isinstance(sender.get("id"), int):
            return str(sender["id"])[:20]
    return None


def read(payload: dict[str, Any], me: Me) -> Incoming:
    """The update in our words.

    Raises:
        Exception: the update is not as the Bot API documents it; which one depends on what is wrong.
    """
    update = Update.de_json(payload, None)
    if update.callback_query:
        query = update.callback_query
        chat = query.message.chat if query.message else None
        if chat is None or chat.type != ChatType.PRIVATE or query.data is None:
            return Incoming("aside", text="button_elsewhere", query=query.id)
        return Incoming("button", str(chat.id), query.data, query=query.id, name=query.from_user.first_name)
    if update.my_chat_member:
        change = update.my_chat_member
        if change.chat.type != ChatType.PRIVATE:
            return Incoming("aside", str(change.chat.id), f"bot_{change.new_chat_member.status}")
        kind = "blocked" if change.new_chat_member.status in ("kicked", "left") else "unblocked"
        return Incoming(kind, str(change.chat.id))
    message = update.message or update.edited_message or update.channel_post or update.edited_channel_post
    if message is None:
        names = [name for name in payload if name != "update_id"]
        return Incoming("aside", text=f"unasked_{names[0]}" if names else "empty")
    if message.chat.type != ChatType.PRIVATE:
        return _in_public(message, me, edited=not (update.message or update.channel_post))
    if message.from_user and message.from_user.is_bot:
        return Incoming("aside", str(message.chat.id), "from_a_bot")
    return _in_private(message, edited=update.edited_message is not None)


def _in_private(message: Message, *, edited: bool) -> Incoming:
    words = message.text or message.caption or ""
    kind = str(effective_message_type(message) or "unknown")
    content = "" if kind == "text" else _CONTENT.get(kind, "unknown" if kind == "unknown" else "service")
    same: dict[str, Any] = {"chat": str(message.chat.id), "message_id": message.message_id, "name": _name(message)}
    if content == "service":
        return Incoming("aside", same["chat"], kind)
    if edited:
        if not words and content == "place":  # one that is shared live changes by itself, again and again
            return Incoming("aside", same["chat"], "edited_place")
        return Incoming("edited", text=words, content=content, **same)
    if message.forward_origin:
        return Incoming("forwarded", text=words, content=content, note="Forwarded from somebody else", **same)
    if content:
        album = message.media_group_id or ""
        return Incoming("content", text=words, content=content, more=_more(message), album=album, **same)
    command = _COMMAND.fullmatch(words.strip())
    if command:
        name, _other, argument = command.groups()
        return Incoming("command", text=name.lower(), argument=(argument or "").strip(), **same)
    return Incoming("text", text=words, note=_quoted(message), **same)


def _in_public(message: Message, me: Me, *, edited: bool) -> Incoming:
    chat = str(message.chat.id)
    # Who writes in the name of a group or a channel is shown as a bot of Telegram's, and is a person.
    by_a_bot = message.from_user and message.from_user.is_bot and not message.sender_chat
    if edited or by_a_bot or not _spoken_to(message, me):
        return Incoming("aside", chat, f"overheard_{message.chat.type}")
    thread = message.message_thread_id if message.is_topic_message else None
    return Incoming("group", chat, message_id=message.message_id, thread=thread, name=_name(message))


def _spoken_to(message: Message, me: Me) -> bool:
    """Whether somebody means this bot: by its name, by a command with its name, or by answering it."""
    answered = message.reply_to_message
    if answered and answered.from_user and str(answered.from_user.id) == me.id and not answered.forum_topic_created:
        return True
    named = f"@{me.username}".lower() if me.username else None
    found = {**message.parse_entities(), **message.parse_caption_entities()}
    for entity, text in found.items():
        if entity.type == MessageEntity.TEXT_MENTION and entity.user and str(entity.user.id) == me.id:
            return True
        if named and entity.type == MessageEntity.MENTION and text.lower() == named:
            return True
        if named and entity.type == MessageEntity.BOT_COMMAND and text.lower().endswith(named):
            return True
    return False


def _more(message: Message) -> str:
    """What a person may want to know of content that is no words, and that is safe to keep."""
    if message.sticker and message.sticker.emoji:
        return f" {message.sticker.emoji}"
    if message.venue:
        return f": {message.venue.title}, {message.venue.address}"[:200]
    if message.location:
        return f": {message.location.latitude:.5f}, {message.location.longitude:.5f}"
    return ""


def _quoted(message: Message) -> str:
    answered = message.reply_to_message
    if answered is None:
        return ""
    words = (message.quote.text if message.quote else None) or answered.text or answered.caption or "a message"
    line = " ".join(words.split())
    short = line if len(line) <= _MOST_QUOTED else line[: _MOST_QUOTED - 1] + "…"
    return f"In reply to: {short}"


def _name(message: Message) -> str:
    return message.from_user.first_name if message.from_user else ""
