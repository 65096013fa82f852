"""Which decision a case is about, and which messages of the chats that were joined with it then are its own."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("linked_seqs", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("about", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_cases_about"), "cases", ["about"], unique=False)
    cases = sa.table(
        "cases",
        sa.column("id", sa.String),
        sa.column("conversation_id", sa.String),
        sa.column("brief", sa.JSON),
        sa.column("closed_at", Moment),
        sa.column("linked_seqs", sa.JSON),
        sa.column("about", sa.String),
    )
    op.execute(cases.update().values(about=cases.c.brief[("record", "reference")].as_string()))
    _count_linked(cases)


def _count_linked(cases: sa.TableClause) -> None:
    """What was not counted when the case was closed is taken from the clock."""
    chats = sa.table("conversations", sa.column("id", sa.String), sa.column("person_id", sa.String))
    said = sa.table(
        "messages", *(sa.column(name) for name in ("conversation_id", "seq")), sa.column("created_at", Moment)
    )
    own, others = chats.alias("own"), chats.alias("others")
    seqs = (
        sa.select(cases.c.id, others.c.id, sa.func.max(said.c.seq))
        .select_from(
            cases.join(own, own.c.id == cases.c.conversation_id)
            .join(others, (others.c.person_id == own.c.person_id) & (others.c.id != own.c.id))
            .join(said, (said.c.conversation_id == others.c.id) & (said.c.created_at <= cases.c.closed_at))
        )
        .group_by(cases.c.id, others.c.id)
    )
    found: dict[str, dict[str, int]] = {}
    for case_id, other_id, seq in op.get_bind().execute(seqs):
        found.setdefault(case_id, {})[other_id] = seq
    op.execute(cases.update().where(cases.c.closed_at.is_not(None)).values(linked_seqs={}))
    for case_id, counted in found.items():
        op.execute(cases.update().where(cases.c.id == case_id).values(linked_seqs=counted))
