"""How often a message was answered with what cannot be used."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("unusable", sa.Integer(), server_default="0", nullable=False))
