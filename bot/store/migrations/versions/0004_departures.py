"""Departures from decisions, posts of staff, openings of masked facts, languages, tries to prove a reference."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("language", sa.String(length=10), server_default="en", nullable=False))
    op.add_column("conversations", sa.Column("status_tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("staff", sa.Column("posts", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("departs_from", sa.String(length=32), nullable=True))
        decisions.create_foreign_key(op.f("fk_decisions_departs_from"), "decisions", ["departs_from"], ["id"])
        decisions.create_unique_constraint(op.f("uq_decisions_departs_from"), ["departs_from"])
        decisions.drop_constraint("uq_decisions_application_id", type_="unique")
    op.create_index(
        "ix_decisions_of_rules",
        "decisions",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("departs_from IS NULL"),
        postgresql_where=sa.text("departs_from IS NULL"),
    )
    op.create_table(
        "openings",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_openings_case_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_openings_staff_id")),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name=op.f("pk_openings")),
    )
