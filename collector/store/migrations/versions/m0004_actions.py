"""What gateways did by themselves: a command may have been asked for by the rule of an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEX = "ix_command_street_id_command_alert"


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("command", sa.Column("alert", sa.Text(), server_default="", nullable=False))
    op.create_index(_INDEX, "command", ["street_id", "alert"])


def downgrade() -> None:
    """Drop both."""
    op.drop_index(_INDEX, "command")
    op.drop_column("command", "alert")
