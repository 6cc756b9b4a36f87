"""Numbered visit sheets on paper, and what came back of each line."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user.id"], name=op.f("fk_visit_sheet_made_by_user")
        ),
        sa.ForeignKeyConstraint(
            ["returned_by"], ["user.id"], name=op.f("fk_visit_sheet_returned_by_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_sheet")),
        sa.UniqueConstraint("uuid", name=op.f("uq_visit_sheet_uuid")),
    )
    op.create_index(op.f("ix_visit_sheet_made_by"), "visit_sheet", ["made_by"], unique=False)
    op.create_table(
        "visit_sheet_line",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("is_not_visited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["contact_attempt.id"],
            name=op.f("fk_visit_sheet_line_attempt_id_contact_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_visit_sheet_line_entry_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["visit_sheet.id"], name=op.f("fk_visit_sheet_line_sheet_id_visit_sheet")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "position", name=op.f("pk_visit_sheet_line")),
    )
    op.create_index(
        op.f("ix_visit_sheet_line_entry_id"), "visit_sheet_line", ["entry_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("visit_sheet_line")
    op.drop_table("visit_sheet")
