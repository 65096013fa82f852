"""Which message was the last of a case: those that came later are not its own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("last_seq", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE cases SET last_seq = (SELECT COALESCE(MAX(messages.seq), 0) FROM messages "
        "WHERE messages.conversation_id = cases.conversation_id AND messages.created_at <= cases.closed_at) "
        "WHERE closed_at IS NOT NULL"
    )
