"""Calls for help that several gateways hear: who heard which, and into which alert it is folded."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXT = ("gateway", "alert", "device", "rule", "whose", "event", "seq")


def upgrade() -> None:
    """Make the table; what was heard before stays as it was told."""
    op.create_table(
        "heard",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXT),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "number", name="pk_heard"),
    )
    op.create_index("ix_heard_street_id_heard_call", "heard", ["street_id", "call"])
    op.create_index(
        "ix_heard_street_id_heard_whose_heard_event_heard_at", "heard", ["street_id", "whose", "event", "at"]
    )


def downgrade() -> None:
    """Drop it. Alerts that were folded stay one alert, told by the gateway that heard the call first."""
    op.drop_table("heard")
