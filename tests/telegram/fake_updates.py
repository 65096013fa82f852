"""Updates as Telegram makes them: who writes, in which chat, what."""

from __future__ import annotations

import itertools
import re
import time
from typing import Any


class Updates:
    """The chats that there are, and updates of them. An update is only built here; ``queue`` lets it come in."""

    def __init__(self, bot_id: int, username: str) -> None:
        self.bot_id, self.username = bot_id, username
        self.chats: dict[int, dict[str, Any]] = {}
        self.pending: list[dict[str, Any]] = []
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.queries: set[str] = set()
        self._update_ids = itertools.count(70_000_001)
        self._message_ids: dict[int, int] = {}

    @property
    def me(self) -> dict[str, Any]:
        """The bot as a user."""
        name = {"id": self.bot_id, "is_bot": True, "first_name": "Northmere", "username": self.username}
        return name | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def person(self, chat_id: int, first_name: str = "Ada", username: str | None = None) -> None:
        """A person who has pressed 'Start'."""
        self.chats[chat_id] = {"id": chat_id, "type": "private", "first_name": first_name}
        if username:
            self.chats[chat_id]["username"] = username

    def group(self, chat_id: int, title: str = "Neighbours", kind: str = "supergroup") -> None:
        """A group that the bot is in. Ids of groups are negative."""
        self.chats[chat_id] = {"id": chat_id, "type": kind, "title": title}

    def channel(self, chat_id: int, title: str = "News") -> None:
        """A channel that the bot is in."""
        self.group(chat_id, title, "channel")

    def new_message_id(self, chat_id: int) -> int:
        """The next message id of the chat."""
        self._message_ids[chat_id] = self._message_ids.get(chat_id, 0) + 1
        return self._message_ids[chat_id]

    def update(self, **fields: Any) -> dict[str, Any]:
        """An update with the next id."""
        return {"update_id": next(self._update_ids), **fields}

    def message(self, chat_id: int, sender: int | None = None, **fields: Any) -> dict[str, Any]:
        """A message object in the chat; ``fields`` are its contents."""
        chat = self.chats[chat_id]
        found: dict[str, Any] = {"message_id": self.new_message_id(chat_id), "date": int(time.time()), "chat": chat}
        if chat["type"] == "channel":
            found["sender_chat"] = chat
        else:
            found["from"] = self.user(sender or chat_id)
        return found | fields

    def user(self, user_id: int) -> dict[str, Any]:
        """A user object."""
        known = self.chats.get(user_id, {})
        user = {"id": user_id, "is_bot": False, "first_name": known.get("first_name", "Ada"), "language_code": "en"}
        return user | ({"username": known["username"]} if "username" in known else {})

    def text(self, chat_id: int, text: str, *, sender: int | None = None, **fields: Any) -> dict[str, Any]:
        """An update with a text message. Commands get their entities, as Telegram gives them."""
        entities = [
            {"type": "bot_command", "offset": len(text[: m.start(1)].encode("utf-16-le")) // 2, "length": len(m[1])}
            for m in re.finditer(r"(?:^|(?<=\s))(/[A-Za-z0-9_]{1,64}(?:@\w+)?)", text)
        ]
        if entities:
            fields = {"entities": entities} | fields
        kind = "channel_post" if self.chats[chat_id]["type"] == "channel" else "message"
        return self.update(**{kind: self.message(chat_id, sender, text=text, **fields)})

    def press(self, chat_id: int, data: str, message_id: int = 1, sender: int | None = None) -> dict[str, Any]:
        """An update with a press of an inline button under a message."""
        update_id = next(self._update_ids)
        query_id = str(update_id * 7)
        self.queries.add(query_id)
        under = self.messages.get((chat_id, message_id)) or {
            "message_id": message_id, "date": 0, "chat": self.chats[chat_id]
        }  # fmt: skip
        query = {"id": query_id, "from": self.user(sender or chat_id), "message": under, "data": data}
        return {"update_id": update_id, "callback_query": query | {"chat_instance": str(chat_id)}}

    def my_chat_member(self, chat_id: int, status: str) -> dict[str, Any]:
        """An update of what the bot is in the chat: 'kicked' when a person blocks it, 'member' when they unblock."""
        other = "member" if status == "kicked" else "kicked"
        change: dict[str, Any] = {"chat": self.chats[chat_id], "from": self.user(abs(chat_id)), "date": 0}
        for name, value in (("old_chat_member", other), ("new_chat_member", status)):
            change[name] = {"user": self.me, "status": value} | ({"until_date": 0} if value == "kicked" else {})
        return self.update(my_chat_member=change | {"date": int(time.time())})

    def queue(self, *updates: dict[str, Any]) -> None:
        """Let updates come in: kept until getUpdates acknowledges them or the webhook takes them."""
        self.pending += updates
