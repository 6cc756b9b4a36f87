"""Canned words between desk and crew, and what a driver says of a stop until staff has checked it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("address") as table:
        table.add_column(sa.Column("stopped_note", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "crew_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("to_crew", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("by_driver_id", sa.Integer(), nullable=True),
        sa.Column("by_escort_id", sa.Integer(), nullable=True),
        sa.Column("driver_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escort_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("desk_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("desk_read_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_driver_id"], ["driver.id"], name=op.f("fk_crew_note_by_driver_id_driver")
        ),
        sa.ForeignKeyConstraint(
            ["by_escort_id"], ["escort.id"], name=op.f("fk_crew_note_by_escort_id_escort")
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user.id"], name=op.f("fk_crew_note_by_user_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["desk_read_by"], ["user.id"], name=op.f("fk_crew_note_desk_read_by_user")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_crew_note_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_note")),
        sa.UniqueConstraint("uuid", name=op.f("uq_crew_note_uuid")),
    )
    op.create_index("ix_crew_note_run", "crew_note", ["run_id", "sent_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_crew_note_run", table_name="crew_note")
    op.drop_table("crew_note")
    with op.batch_alter_table("address") as table:
        table.drop_column("stopped_at")
        table.drop_column("stopped_note")
