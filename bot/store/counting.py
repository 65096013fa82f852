"""How often each kind of reply was given: what the assistant could answer, and each kind of what it could not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.messages import Sender
from bot.store.tables import messages

#: Of these kinds each id is counted by itself; answers and services are counted as one.
_BY_ID = frozenset({"non_answer", "clarify", "small_talk", "handoff"})


async def replies(connection: AsyncConnection, since: datetime | None = None) -> Mapping[str, int]:
    """The number of replies by kind, such as 'answer' and 'non_answer gibberish', the most frequent first.

    ``since`` leaves out what was said before that moment.
    """
    kind, reply_id = (messages.c.body["about"][name].as_string() for name in ("kind", "id"))
    wanted = select(kind, reply_id, func.count()).where(messages.c.sender == Sender.BOT, kind.is_not(None))
    if since is not None:
        wanted = wanted.where(messages.c.created_at >= since)
    found: dict[str, int] = {}
    for name, one, count in await connection.execute(wanted.group_by(kind, reply_id)):
        key = f"{name} {one}" if name in _BY_ID else str(name)
        found[key] = found.get(key, 0) + int(count)
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))
