"""How long words are kept, what a part costs, and who proposed an experiment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sending_control") as table:
        table.add_column(sa.Column("keep_days", sa.Integer(), nullable=False, server_default="180"))
        table.add_column(
            sa.Column("part_price_micros", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("experiment") as table:
        table.add_column(sa.Column("made_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("made_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_experiment_made_by_user"), "user", ["made_by"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("experiment") as table:
        table.drop_constraint(op.f("fk_experiment_made_by_user"), type_="foreignkey")
        table.drop_column("made_at")
        table.drop_column("made_by")
    with op.batch_alter_table("sending_control") as table:
        table.drop_column("part_price_micros")
        table.drop_column("keep_days")
