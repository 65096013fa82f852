"""Applications: what a citizen asks a policy to decide, with every fact and the message that supplied it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.tables import applications, decisions


@dataclass(frozen=True)
class Application:
    """One row of ``applications``.

    ``facts`` holds by name {"value", "seq", "at"}: the value as JSON has it, the message that supplied it, and when;
    where it was changed, also "before", the messages that supplied other values. Of a fact that was dropped, and of all
    in a cancelled one, only the messages are left, so that what the citizen typed stays masked for staff. What was
    cancelled before messages were kept has none: there the answers to our questions are masked, and no more.
    """

    id: str
    conversation_id: str
    policy: str
    version: str | None
    state: str
    facts: dict[str, dict[str, Any]]
    question: str | None
    last_fact: str | None
    misses: int
    opened_at: datetime
    closed_at: datetime | None

    @property
    def values(self) -> dict[str, Any]:
        """The facts without where they came from; those of which only messages are left are not among them."""
        return {name: fact["value"] for name, fact in self.facts.items() if "value" in fact}

    def was_open(self, at: datetime) -> bool:
        """Whether it was open at that moment."""
        return self.opened_at <= at and (self.closed_at is None or at < self.closed_at)


_COLUMNS = [applications.c[name] for name in Application.__dataclass_fields__]
_OPEN_OF = select(*_COLUMNS).where(
    applications.c.conversation_id == bindparam("conversation"), applications.c.state == "open"
)


async def open_of(connection: AsyncConnection, conversation_id: str) -> Application | None:
    """The conversation's open application."""
    found = await connection.execute(_OPEN_OF, {"conversation": conversation_id})
    row = found.one_or_none()
    return Application(**row._mapping) if row else None


async def all_of(connection: AsyncConnection, conversation_id: str, *, cancelled: bool = False) -> list[Application]:
    """Every application of the conversation, oldest first; those that were ``cancelled`` only where wanted."""
    wanted = [applications.c.conversation_id == conversation_id]
    if not cancelled:
        wanted.append(applications.c.state != "cancelled")
    found = await connection.execute(select(*_COLUMNS).where(*wanted).order_by(applications.c.opened_at))
    return [Application(**row._mapping) for row in found]


def supplied(facts: Mapping[str, Any]) -> set[int]:
    """The messages that supplied these facts, also those that supplied values which were changed since."""
    return {seq for fact in facts.values() for seq in (fact["seq"], *fact.get("before", ()))}


async def keep(
    tx: Transaction,
    conversation: Conversation,
    *,
    policy: str,
    values: Mapping[str, Any],
    question: str | None,
    last_fact: str | None,
    misses: int,
    seq: int,
    at: datetime,
    again: str | None = None,
) -> None:
    """Store how far the application has come. A fact that is new or has another value comes from message ``seq``.

    ``again`` is the reference of the decision, in the same conversation, whose facts a new application takes up: those
    that are as they were keep the message that supplied them then.

    Lock the conversation first.

    Raises:
        ValueError: an application to another policy is open. Cancel it first, so that nobody loses facts unawares.
    """
    current = await open_of(tx.connection, conversation.id)
    if current and current.policy != policy:
        raise ValueError("an application to another policy is open")
    known = current.facts if current else await _facts_of(tx, conversation.id, policy, again)
    facts = {
        name: known[name]
        if name in known and "value" in known[name] and known[name]["value"] == value
        else {"value": value, "seq": seq, "at": at.isoformat()}
        for name, value in values.items()
    }
    for name in facts.keys() & (current.facts.keys() if current else ()):
        if before := supplied({name: known[name]}) - supplied({name: facts[name]}):
            facts[name]["before"] = sorted(before)
    if current:
        facts |= {name: _messages(fact) for name, fact in current.facts.items() if name not in facts}
    changed = {"facts": facts, "question": question, "last_fact": last_fact, "misses": misses}
    if current:
        await tx.connection.execute(update(applications).where(applications.c.id == current.id).values(changed))
        return
    await tx.connection.execute(
        applications.insert().values(
            id=tx.ambient.new_id(),
            conversation_id=conversation.id,
            policy=policy,
            state="open",
            opened_at=tx.now,
            **changed,
        )
    )


async def _facts_of(tx: Transaction, conversation_id: str, policy: str, reference: str | None) -> dict[str, Any]:
    found = await tx.connection.execute(
        select(applications.c.facts)
        .join(decisions, decisions.c.application_id == applications.c.id)
        .where(
            decisions.c.reference == reference,
            applications.c.conversation_id == conversation_id,
            applications.c.policy == policy,
        )
    )
    return dict(found.scalar_one_or_none() or {})


async def cancel(tx: Transaction, conversation_id: str) -> None:
    """End the open application, if there is one, and forget its facts; which messages supplied them is kept.

    Lock the conversation first.
    """
    current = await open_of(tx.connection, conversation_id)
    if current is None:
        return
    seqs = {name: _messages(fact) for name, fact in current.facts.items()}
    await tx.connection.execute(
        update(applications)
        .where(applications.c.id == current.id)
        .values(state="cancelled", facts=seqs, question=None, last_fact=None, closed_at=tx.now)
    )


def _messages(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {key: fact[key] for key in ("seq", "before") if key in fact}


async def decided(tx: Transaction, application_id: str, version: str) -> bool:
    """Close an application under the version that decided it. False when it is not open any more."""
    changed = await tx.connection.execute(
        update(applications)
        .where(applications.c.id == application_id, applications.c.state == "open")
        .values(state="decided", version=version, question=None, closed_at=tx.now)
    )
    return bool(changed.rowcount)
