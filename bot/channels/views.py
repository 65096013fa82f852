"""What a citizen's page may see of events and messages. Payloads of buttons, ids of staff and notes are not in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.store.events import Event
from bot.store.messages import Message


def message_view(message: Message) -> dict[str, Any]:
    """A message as the widget shows it. ``text`` is complete; ``blocks`` and ``more`` are the same with layout."""
    body = message.body
    return {
        "seq": message.seq,
        "sender": message.sender,
        "name": message.name,
        "text": message.text,
        "blocks": body.get("blocks", []),
        "more": body.get("more", []),
        "more_title": body.get("more_title", ""),
        "source": body.get("source"),
        "buttons": [{"id": button["id"], "title": button["title"]} for button in body.get("buttons", [])],
        "at": message.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def event_views(found: Iterable[Event], said: Sequence[Message]) -> list[dict[str, Any]]:
    """Events as the widget reads them, each 'message' event with its message."""
    by_seq = {message.seq: message for message in said if not message.internal}
    views = []
    for event in found:
        if event.kind == "message" and event.seq in by_seq:
            views.append({"id": event.id, "kind": "message", "message": message_view(by_seq[event.seq])})
        elif event.kind == "mode":
            views.append({"id": event.id, "kind": "mode", "mode": event.data["mode"], "name": event.data["name"]})
    return views
