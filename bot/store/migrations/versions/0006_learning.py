"""Learning from talk: questions without an answer, drafts of answers, the record of what was published."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "misses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("answer", sa.String(length=80), nullable=True),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'used', 'aside')", name=op.f("ck_misses_state")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_misses_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_misses")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_misses_conversation_id_seq")),
    )
    op.create_index(op.f("ix_misses_state_asked_at"), "misses", ["state", "asked_at"])
    op.create_table(
        "publications",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("draft_id", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("added", sa.JSON(), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("published_by", sa.String(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("published_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name=op.f("fk_publications_published_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_publications_approved_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_publications")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_publications_draft_id")),
        sa.UniqueConstraint("undoes", name=op.f("uq_publications_undoes")),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="open", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("trial", sa.JSON(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("bears_policy", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("sent_by", sa.String(length=32), nullable=True),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'trying', 'tried', 'waiting', 'publishing', 'published', 'dropped')",
            name=op.f("ck_drafts_state"),
        ),
        sa.ForeignKeyConstraint(["undoes"], ["publications.number"], name=op.f("fk_drafts_undoes")),
        sa.ForeignKeyConstraint(["sent_by"], ["staff.id"], name=op.f("fk_drafts_sent_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_drafts_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_state"), "drafts", ["state"])
