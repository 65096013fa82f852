"""What was said in a chat, as a text file for the citizen."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from bot.council import Council
from bot.store.messages import Message, Sender

NAME = "chat.txt"


def document(said: Iterable[Message], before: int, council: Council, zone: ZoneInfo) -> tuple[str, bytes]:
    """The file's name and content: every message below ``seq`` ``before``, but for those that are for staff alone.

    Times are of the council's time zone. The text is UTF-8 with a mark at its start, so that every program reads it so.
    """
    lines = [f"Your chat with {council.name}", ""]
    day = None
    for message in said:
        if message.seq >= before or message.internal:
            continue
        at = message.created_at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            lines += [f"{at:%A} {at.day} {at:%B %Y}", ""]
        lines += [f"{at:%H:%M}  {_who(message, council)}", message.text, ""]
    return NAME, "\n".join(lines).encode("utf-8-sig")


def _who(message: Message, council: Council) -> str:
    if message.sender is Sender.CITIZEN:
        return "You"
    if message.sender is Sender.STAFF:
        return f"{message.name or 'Staff'}, {council.name}"
    return council.assistant if message.sender is Sender.BOT else "Notice"
