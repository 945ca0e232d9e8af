"""The collector's own rules: how far each part of them is, and which collector judges them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "rule_state",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("saved", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "part", name="pk_rule_state"),
    )
    op.create_table(
        "rule_owner",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", name="pk_rule_owner"),
    )


def downgrade() -> None:
    """Drop both; the rules begin anew."""
    op.drop_table("rule_owner")
    op.drop_table("rule_state")
