"""Joining a citizen's chat on the website with their chat on Telegram.

One chat shows a one-time code; it is typed in the other; the other asks for consent; the first asks whether that was
its own citizen. So neither who finds a code, nor who talks somebody into typing one, gets far. Only a hash of the code
is kept apart from the message that shows it, and that message loses it once it is used or over.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from bot.store import conversations, erasing, links, messages
from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.links import Code
from bot.store.messages import Draft, Sender
from bot.text import linking
from bot.turn.context import Services, Turn
from bot.turn.saying import say

COMMANDS = frozenset({"link", "unlink"})

LIFE = timedelta(minutes=10)
MOST_CODES = 5
MOST_MISSES = 5
_PER = timedelta(hours=1)
#: No letter or digit that is read as another. 10 of 31 are some 49 bits.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 10
_TYPED = re.compile(r"/(link|unlink)(?:\s+(\S.{0,60}))?\s*", re.IGNORECASE | re.DOTALL)


def content(name: str, argument: str) -> tuple[dict[str, Any], str]:
    """What is kept of the command, and the text that shows it. The code itself is not."""
    if name == "link" and argument:
        return {"own": "link", "argument": hashed(argument)}, linking.TYPED
    return {"own": name}, f"/{name}"


def read(text: str) -> tuple[dict[str, Any], str] | None:
    """The same, if a text typed on the website is such a command."""
    found = _TYPED.fullmatch(text)
    return content(found[1].lower(), (found[2] or "").strip()) if found else None


def hashed(code: str) -> str:
    """What is kept of a code; blanks, hyphens and small letters make no difference."""
    plain = re.sub(r"[\s–-]", "", code).upper()
    return hashlib.sha256(plain.encode(errors="surrogateescape")).hexdigest()


async def link(tx: Transaction, turn: Turn, services: Services, code_hash: str) -> None:
    """/link shows a code, '/link CODE' takes one."""
    if not services.settings.telegram_on:
        await say(tx, turn, linking.OFF)
    elif code_hash:
        await _take(tx, turn, code_hash)
    else:
        await _show(tx, turn, services)


async def unlink(tx: Transaction, turn: Turn, services: Services, _: str) -> None:
    """Undo it; both chats are told."""
    others = await links.linked(tx.connection, turn.conversation)
    for other in others:
        await conversations.lock(tx, other.id)
    await links.leave(tx, turn.conversation)
    await say(tx, turn, linking.UNLINKED if others else linking.NOT_LINKED)
    if len(others) == 1:
        await _tell(tx, others[0], linking.UNLINKED)


async def agree(tx: Transaction, turn: Turn, services: Services, code_id: str) -> None:
    """Who typed the code wants the link: ask who was shown it."""
    code = await links.by_id(tx, code_id)
    if code is None or code.state != "typed" or code.typed_by != turn.conversation.id:
        await say(tx, turn, linking.OVER)
        return
    shower = await conversations.lock(tx, code.conversation_id)
    if shower.ended_at or not await links.move(tx, code, "agreed"):
        await say(tx, turn, linking.OVER)
        return
    await say(tx, turn, linking.CONFIRM_THERE)
    where = linking.ON_TELEGRAM if turn.conversation.channel == "telegram" else linking.ON_WEBSITE
    await _tell(tx, shower, linking.WAS_IT_YOU.format(where=where), _choice(linking.YES_ME, "linkconfirm", code))


async def confirm(tx: Transaction, turn: Turn, services: Services, code_id: str) -> None:
    """Who was shown the code says that it was them: the two are linked."""
    code = await links.by_id(tx, code_id)
    if code is None or code.state != "agreed" or code.conversation_id != turn.conversation.id:
        await say(tx, turn, linking.OVER)
        return
    assert code.typed_by is not None
    typist = await conversations.lock(tx, code.typed_by)
    if typist.ended_at or not await links.move(tx, code, "linked"):
        await say(tx, turn, linking.OVER)
        return
    await links.join(tx, turn.conversation, typist)
    await say(tx, turn, linking.JOINED)
    await _tell(tx, typist, linking.JOINED)


async def refuse(tx: Transaction, turn: Turn, services: Services, code_id: str) -> None:
    """Either of the two says no: the code is void, and the other one is told."""
    code = await links.by_id(tx, code_id)
    if code is None or turn.conversation.id not in (code.conversation_id, code.typed_by):
        await say(tx, turn, linking.OVER)
        return
    other_id = code.typed_by if turn.conversation.id == code.conversation_id else code.conversation_id
    other = await conversations.lock(tx, other_id) if other_id else None
    await links.move(tx, code, "void")
    await say(tx, turn, linking.REFUSED)
    if other and not other.ended_at:
        await _tell(tx, other, linking.REFUSED_BY_OTHER)
    await _cover(tx, code)


async def tidy(tx: Transaction) -> None:
    """Void the codes whose time is over, and take them out of the messages that show them."""
    for code in await links.over(tx):
        await _cover(tx, code)


async def _show(tx: Transaction, turn: Turn, services: Services) -> None:
    mine = turn.conversation
    if await links.count_codes(tx.connection, mine.id, tx.now - _PER) >= MOST_CODES:
        await say(tx, turn, linking.TOO_MANY_CODES.format(most=MOST_CODES))
        return
    for older in await links.over(tx, mine.id):
        await _cover(tx, older)
    code = _new_code(tx.ambient.new_token())
    at = services.telegram_link()
    words = linking.CODE_FOR_WEBSITE if mine.channel == "telegram" else linking.CODE_FOR_TELEGRAM
    text = words.format(code=code, minutes=int(LIFE.total_seconds() // 60), at=f" ({at})" if at else "")
    shown = await say(tx, turn, text)
    await links.add_code(tx, mine.id, shown.seq, hashed(code), tx.now + LIFE)


async def _take(tx: Transaction, turn: Turn, code_hash: str) -> None:
    mine = turn.conversation
    if await links.count_misses(tx.connection, mine.id, tx.now - _PER) >= MOST_MISSES:
        await say(tx, turn, linking.TOO_MANY_MISSES)
        return
    code = await links.by_hash(tx, code_hash)
    usable = code and (code.state == "open" or (code.state == "typed" and code.typed_by == mine.id))
    if code is None or not usable:
        await links.add_miss(tx, mine.id)
        await say(tx, turn, linking.WRONG)
        return
    if code.conversation_id == mine.id:
        await say(tx, turn, linking.OWN)
        return
    other = await conversations.get(tx.connection, code.conversation_id)
    assert other is not None
    if other.ended_at:
        await say(tx, turn, linking.WRONG)
    elif other.channel == mine.channel:
        await say(tx, turn, linking.SAME_KIND)
    elif mine.person_id and other.person_id == mine.person_id:
        await say(tx, turn, linking.ALREADY)
    elif not await links.move(tx, code, "typed", typed_by=mine.id):
        await say(tx, turn, linking.WRONG)
    else:
        await _cover(tx, code)
        await say(tx, turn, linking.CONSENT, _choice(linking.YES_JOIN, "linkyes", code))


def _new_code(token: str) -> str:
    number = int.from_bytes(hashlib.sha256(token.encode()).digest())
    letters = ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    return f"{letters[:5]}-{letters[5:]}"


def _choice(yes: str, handler: str, code: Code) -> dict[str, Any]:
    return {
        "buttons": [
            {"title": yes, "payload": f"@{handler}-{code.id}"},
            {"title": linking.NO, "payload": f"@linkno-{code.id}"},
        ]
    }


async def _tell(tx: Transaction, conversation: Conversation, text: str, body: dict[str, Any] | None = None) -> None:
    await messages.append(tx, conversation, Sender.SYSTEM, Draft(text, body or {}))


async def _cover(tx: Transaction, code: Code) -> None:
    await erasing.reword(tx, code.conversation_id, code.seq, linking.CODE_IS_OVER)


HANDLERS = {"link": link, "unlink": unlink, "linkyes": agree, "linkconfirm": confirm, "linkno": refuse}
