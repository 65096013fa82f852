"""Telegram: its updates, where a conversation is sent to, how far a long message has got, ratings, linked chats."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Counter, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("address", sa.String(length=80), nullable=True))
    op.add_column("conversations", sa.Column("person_id", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_conversations_person_id"), "conversations", ["person_id"], unique=False)
    op.add_column("outbox", sa.Column("parts_sent", sa.Integer(), server_default="0", nullable=False))
    op.add_column("cases", sa.Column("rating", sa.Integer(), nullable=True))
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "telegram_updates",
        sa.Column("bot", sa.String(length=20), nullable=False),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat", sa.String(length=20), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("bot", "update_id", name=op.f("pk_telegram_updates")),
    )
    op.create_index(
        "ix_telegram_updates_pending",
        "telegram_updates",
        ["bot", "update_id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "link_codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("typed_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'typed', 'agreed', 'linked', 'void')", name=op.f("ck_link_codes_state")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_link_codes_conversation_id")),
        sa.ForeignKeyConstraint(["typed_by"], ["conversations.id"], name=op.f("fk_link_codes_typed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_link_codes_code_hash")),
    )
    op.create_index(op.f("ix_link_codes_conversation_id"), "link_codes", ["conversation_id"], unique=False)
    op.create_table(
        "link_misses",
        sa.Column("id", Counter, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_link_misses_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_misses")),
    )
    op.create_index(op.f("ix_link_misses_conversation_id"), "link_misses", ["conversation_id"], unique=False)
