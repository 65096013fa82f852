"""One history of a citizen who has joined their chats: what was said in the case's chat and in the others, by time."""

from __future__ import annotations

from dataclasses import dataclass

from bot.policy.model import Library
from bot.store import Store, applications, conversations, links, messages
from bot.store.cases import Case
from bot.store.messages import Message
from bot.web.console import matters
from bot.web.console.told import told_of

_WHERE = {"telegram": "On Telegram", "website": "On the website"}


@dataclass(frozen=True)
class Line:
    """A message, a key that no other on the page has, and where it was written when not in the case's own chat."""

    message: Message
    key: str
    where: str = ""


async def joined(store: Store, library: Library, case: Case) -> tuple[list[Line], bool]:
    """What was said in the other chats of the citizen, without special-category facts of requests and decisions there.

    Those facts are opened in the case that they belong to, and nowhere else. Of a closed case it is what was said until
    then, counted by messages and not by the clock, in the chats that were joined with it then and still are; the second
    value says whether there was one that is joined no more.
    """
    async with store.read() as connection:
        own = await conversations.get(connection, case.conversation_id)
        assert own is not None
        others = await links.linked(connection, own)
    lines = []
    for number, other in enumerate(others, start=1):
        async with store.read() as connection:
            said = await messages.of_conversation(connection, other.id)
            requests = await applications.all_of(connection, other.id, cancelled=True)
        said = matters.without(said, requests, await told_of(store, other.id, said), library)
        if case.linked_seqs is not None:
            said = [message for message in said if message.seq <= case.linked_seqs.get(other.id, 0)]
        where = _WHERE.get(other.channel, "In another chat")
        lines += [Line(message, f"{number}-{message.seq}", where) for message in said]
    return lines, bool((case.linked_seqs or {}).keys() - {other.id for other in others})


def merged(own: list[Message], others: list[Line]) -> list[Line]:
    """All of it by time."""
    lines = [*(Line(message, str(message.seq)) for message in own), *others]
    return sorted(lines, key=lambda line: line.message.created_at)  # stable: each chat keeps its order
