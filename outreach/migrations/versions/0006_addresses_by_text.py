"""Addresses found by their text and households by their address: an import asks for both by the thousand."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A hash takes a text of any length, which PostgreSQL's usual index does not.
    op.create_index("ix_address_text", "address", ["text"], postgresql_using="hash")
    op.create_index("ix_household_address_id", "household", ["address_id"])


def downgrade() -> None:
    op.drop_index("ix_household_address_id", "household")
    op.drop_index("ix_address_text", "address")
