"""When the next message may leave: one a second to each chat, thirty in all, and not while Telegram says wait."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

#: Telegram's own limits.
PER_CHAT = timedelta(seconds=1)
WINDOW, MOST_IN_WINDOW = timedelta(seconds=1), 30

#: So many chats that were told to wait at the same time mean that the whole bot was: the API does not say which.
_CHATS_OF_A_FLOOD = 2


class Pace:
    """Says until when to wait. The clock is the caller's and must not go back."""

    def __init__(self) -> None:
        self._free: dict[str, datetime] = {}
        self._last: deque[datetime] = deque(maxlen=MOST_IN_WINDOW)
        self._told: dict[str, datetime] = {}
        self._all: datetime | None = None

    def chat_free(self, chat: str, now: datetime) -> datetime:
        """When the chat may have its next message, were there no others; ``now`` when it may at once."""
        return max(now, self._free.get(chat, now), self._told.get(chat, now), self._all or now)

    def next_slot(self, now: datetime) -> datetime:
        """Take the next free place among all messages. To be used at that moment, or lost."""
        moment = now
        if len(self._last) == MOST_IN_WINDOW:
            moment = max(now, self._last[0] + WINDOW)
        self._last.append(moment)
        return moment

    def sent(self, chat: str, now: datetime) -> None:
        """Something left for the chat."""
        self._free[chat] = now + PER_CHAT
        if len(self._free) > 10 * MOST_IN_WINDOW:
            self._free = {each: free for each, free in self._free.items() if free > now}

    def refused(self, chat: str, seconds: float, now: datetime) -> datetime:
        """Telegram said 429: this chat waits, and all do when it has said so of several at once. Returns until when."""
        until = now + timedelta(seconds=seconds)
        self._told = {each: end for each, end in self._told.items() if end > now}
        self._told[chat] = max(until, self._told.get(chat, until))
        if len(self._told) >= _CHATS_OF_A_FLOOD:
            self.pause(max(self._told.values()))
        return self.chat_free(chat, now)

    def pause(self, until: datetime) -> None:
        """Nothing leaves for anybody until then."""
        self._all = max(until, self._all or until)
