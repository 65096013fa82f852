"""Leases: work that one process at a time may do, of all that share the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.engine import Transaction
from bot.store.tables import leases


async def take(tx: Transaction, name: str, owner: str, until: datetime) -> bool:
    """Become, or stay, the only one who does this until ``until``. False while another does.

    The lease of a process that died ends by itself.
    """
    insert = (postgresql if tx.is_postgresql else sqlite).insert(leases)
    taken = await tx.connection.execute(
        insert.values(name=name, owner=owner, until=until)
        .on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"owner": owner, "until": until},
            where=or_(leases.c.owner == owner, leases.c.until < tx.now),
        )
        .returning(leases.c.owner)
    )
    return taken.scalar_one_or_none() is not None


async def release(tx: Transaction, name: str, owner: str) -> None:
    """Let another take it at once."""
    await tx.connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))


async def free(tx: Transaction, name: str) -> None:
    """Take a lease away from whoever has it: right only where a single gateway runs and has just started."""
    await tx.connection.execute(delete(leases).where(leases.c.name == name))


async def release_all(tx: Transaction) -> None:
    """Forget every lease: right only where a single gateway runs and has just started."""
    await tx.connection.execute(delete(leases))
