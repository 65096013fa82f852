"""The decision that a chat speaks of when its code was sent from another chat."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("speaks_of", sa.String(length=32), nullable=True))
