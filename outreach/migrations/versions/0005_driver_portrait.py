"""A driver's photo, by which a family may know them at the door."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("driver") as table:
        table.add_column(sa.Column("portrait", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("portrait_type", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("driver") as table:
        table.drop_column("portrait_type")
        table.drop_column("portrait")
