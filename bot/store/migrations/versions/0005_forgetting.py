"""Conversations that Rasa still has to forget, those that ended before among them."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgetting",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_forgetting_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_forgetting")),
    )
    op.create_index(op.f("ix_forgetting_due_at"), "forgetting", ["due_at"], unique=False)
    op.execute(
        "INSERT INTO forgetting (conversation_id, asked_at, due_at, attempts) "
        "SELECT id, ended_at, ended_at, 0 FROM conversations WHERE ended_at IS NOT NULL"
    )
