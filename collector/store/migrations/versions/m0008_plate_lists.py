"""The lists of number plates of a community: whom its gate lets in, and who is only to be noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and a place for the community that somebody manages; no community has a list."""
    op.create_table(
        "listed_plate",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("plate", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "gateway", "kind", "plate", name="pk_listed_plate"),
    )
    op.add_column("gateway", sa.Column("lists_version", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("community", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop it: gateways keep what they were given last."""
    op.drop_column("person", "community")
    op.drop_column("gateway", "lists_version")
    op.drop_table("listed_plate")
