"""The shop's own table."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "orders",
        sa.Column("seat", sa.String, primary_key=True),
        sa.Column("contact", sa.String, nullable=False),
    )
