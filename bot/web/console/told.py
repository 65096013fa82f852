"""The decisions of which a chat was told, and of which of them, or of which request, each of its messages speaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.desk import deciding
from bot.policy import receipt
from bot.policy.model import Words
from bot.store import Store, decisions
from bot.store.applications import Application
from bot.store.decisions import Decision
from bot.store.messages import Message, Sender


@dataclass(frozen=True)
class Told:
    """A decision of which a chat was told, as stored. ``here``: it was made there, not proved by its code."""

    row: Decision
    record: dict[str, Any]
    words: Words
    here: bool


async def told_of(store: Store, conversation_id: str, said: list[Message]) -> list[Told]:
    """The decisions whose references we named in a chat: those made there, and those proved there by their codes."""
    ours = (message.text for message in said if message.sender is not Sender.CITIZEN)
    found = []
    async with store.read() as connection:
        for reference in dict.fromkeys(name for text in ours for name in receipt.references_in(text)):
            row = await decisions.by_reference(connection, reference)
            stored = await decisions.words(connection, row.words_sha256) if row else None
            if row and stored:
                words = deciding.words_of(stored)
                found.append(Told(row, json.loads(row.record), words, row.conversation_id == conversation_id))
    return found


def spoken_of(said: Sequence[Message], requests: Sequence[Application], told: Sequence[Told]) -> dict[int, set[str]]:
    """The requests, by id, that each message may speak of, by its ``seq``.

    They are the one that is open, and those whose decisions are named in the message or in what it replies to; where
    there are none, the one whose decision was told or proved last, as the gateway takes it (``decisions.meant``).
    """
    named = {one.row.reference: one.row.application_id for one in told}
    notices = {one.record["text"]: one.row.application_id for one in told}
    found, last, asked, proof = {}, set[str](), set[str](), None
    for one in said:
        names = {named[reference] for reference in receipt.references_in(one.text) if reference in named}
        if one.sender is Sender.CITIZEN:
            asked, proof = names, receipt.proof_in(one.text)
        elif one.text in notices:
            last = {notices[one.text]}
        elif proof and named.get(proof[0]) in names:  # a wrong code is answered without the reference
            last = {named[proof[0]]}
        now = {each.id for each in requests if each.was_open(one.created_at)}
        found[one.seq] = (now | names | asked) or last
    return found
