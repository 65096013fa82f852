"""From what somebody did on Telegram to what is kept of it: the content for the turn, and the message that shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.channels.telegram.layout import FIXED, read_button_key
from bot.channels.telegram.updates import Incoming, Me
from bot.knowledge import answers
from bot.store import Transaction, cases, messages
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender
from bot.text import phrases
from bot.text import telegram as words
from bot.text.clean import BadText, clean
from bot.turn import linked
from bot.turn.accept import PERSON, read

_PLAIN = {"help": "help", "settings": "help", "language": "language", "privacy": "privacy", "delete": "delete"}


@dataclass(frozen=True)
class Told:
    """``content`` goes into the inbox with ``draft``; without content there is no turn. ``ends`` is 'stop' or 'delete'
    when the chat ends with it."""

    outcome: str
    content: dict[str, Any] | None = None
    draft: Draft = field(default_factory=lambda: Draft(""))
    ends: str = ""

    @staticmethod
    def saying(name: str, shown: str, **more: Any) -> Told:
        """Something that is answered with one of ``bot.text.telegram.SAYINGS``."""
        return Told(name, {"own": "say", "argument": name, **more}, Draft(shown))


async def understand(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    """What is kept of it in this conversation, which is the one that is open in that chat."""
    try:
        told = await _KINDS[incoming.kind](tx, conversation, incoming, me)
    except BadText as error:
        shown = f"[A message that was not taken: {error.code.replace('_', ' ')}]"
        return Told("refused", {"own": "refused", "argument": str(error)}, Draft(shown))
    body: dict[str, Any] = {**told.draft.body}
    if incoming.message_id:
        body["telegram_id"] = incoming.message_id
    if incoming.note:
        body["note"] = incoming.note
    if incoming.album:
        body["album"] = incoming.album
    return Told(told.outcome, told.content, Draft(told.draft.text, body), told.ends)


async def _text(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    text = clean(incoming.text)
    return Told("text", {"text": text}, Draft(text))


async def _edited(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    if not incoming.text:
        shown = words.SHOWN[incoming.content or "unknown"].format(more="")
        return Told.saying("edited", f"[Changed an earlier message to:] {shown}", alone=True)
    text = clean(incoming.text)
    for message in await messages.of_conversation(tx.connection, conversation.id):
        mine = message.sender is Sender.CITIZEN and message.body.get("telegram_id") == incoming.message_id
        if mine and message.text.endswith(text):  # a picture of a link was added, or the like
            return Told("edited_same")
    return Told.saying("edited", f"[Changed an earlier message to:] {text}", alone=True)


async def _forwarded(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    shown = [words.SHOWN[incoming.content].format(more="")] if incoming.content else []
    return Told.saying("forwarded", " ".join([*shown, *([clean(incoming.text)] if incoming.text else [])]), alone=True)


async def _content(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    shown = words.SHOWN[incoming.content].format(more=incoming.more)
    if incoming.text:
        text = clean(incoming.text)
        return Told(incoming.content, {"text": text, "with": incoming.content}, Draft(f"{shown} {text}"))
    if incoming.album:
        said = await messages.of_conversation(tx.connection, conversation.id)
        if any(message.body.get("album") == incoming.album for message in said):
            return Told("album")  # it was answered with its first part
    # A person who reads along sees these two; all others do not reach them either, and the citizen must know.
    alone = {"alone": True} if incoming.content in ("sticker", "place") else {}
    return Told.saying(incoming.content, shown, **alone)


async def _command(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    name, argument = incoming.text, incoming.argument
    shown = f"/{name}"
    if name in _PLAIN:
        return Told.saying(_PLAIN[name], shown)
    if name == "start":
        return await _start(argument, shown)
    if name == "person":
        return Told("person", {"action": PERSON}, Draft(phrases.WANT_A_PERSON))
    if name == "stop":
        if await cases.open_of(tx.connection, conversation.id):
            return Told.saying("stop", shown)
        return Told("stop", ends="stop")
    if name == "transcript":
        return Told("transcript", {"action": "transcript"}, Draft(shown))
    if name in linked.COMMANDS:
        content, text = linked.content(name, argument)
        return Told(name, content, Draft(text))
    return Told.saying("unknown_command", clean(f"{shown} {argument}"), alone=True)


async def _start(argument: str, shown: str) -> Told:
    """A link t.me/<bot>?start=<argument>: 'person', 'link-<code>', or the name of a written answer."""
    if not argument:
        return Told.saying("start", shown)
    if argument == "person":
        return Told("person", {"action": PERSON}, Draft(phrases.WANT_A_PERSON))
    if argument.startswith("link-"):
        content, text = linked.content("link", argument.removeprefix("link-"))
        return Told("link", content, Draft(text))
    path = answers.FOLDER / f"{argument}.md"
    if re.fullmatch(r"[a-z0-9-]{1,64}", argument) and path.is_file() and (answer := answers.read(path)[0]):
        return Told("start_answer", {"text": answer.title}, Draft(answer.title))
    return Told.saying("unknown_start", shown)


async def _button(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    key = read_button_key(incoming.text)
    if key is None or key[0] != conversation.id:
        return Told.saying("old_button", "[A button of an earlier chat]")
    try:
        content, draft = await read(tx, conversation, FIXED.get(key[1]) or {"button": key[1]})
    except BadText:
        return Told.saying("old_button", "[A button that is not there any more]")
    if content.get("action") in ("stop", "delete"):
        return Told(content["action"], ends=content["action"])
    return Told("button", content, draft)


async def _group(tx: Transaction, conversation: Conversation, incoming: Incoming, me: Me) -> Told:
    """Nothing that people say in a group is kept."""
    answered = {"reply_to": incoming.message_id, "thread": incoming.thread}
    return Told.saying("group", "[Spoken to in a group]", link=me.link, telegram=answered)


_KINDS = {
    "text": _text,
    "edited": _edited,
    "forwarded": _forwarded,
    "content": _content,
    "command": _command,
    "button": _button,
    "group": _group,
}
