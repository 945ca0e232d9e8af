"""Nothing lost unseen: readings know how late they came and by what clock, and what never came is counted by reason."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PEOPLE = {"person": ["name"], "login_failure": ["name"], "session": ["token_hash"]}


def upgrade() -> None:
    """Add the columns and the tables."""
    _columns()
    _accounts()
    _clocks()
    for table, keys in _PEOPLE.items():
        with op.batch_alter_table(table, recreate="always") as batch:
            batch.add_column(sa.Column("street_id", sa.Integer(), server_default="1", nullable=False))
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", ["street_id", *keys])
    op.add_column("audit", sa.Column("street_id", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Drop the tables and the columns."""
    op.drop_column("audit", "street_id")
    for table, keys in _PEOPLE.items():
        with op.batch_alter_table(table, recreate="always") as batch:
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.drop_column("street_id")
            batch.create_primary_key(f"pk_{table}", keys)
    for name in ("clock_fix", "summary", "given_up", "loss", "missed"):
        op.drop_table(name)
    op.drop_index("ix_gap_street_id_gap_gateway_gap_end", "gap")
    _drop("gap", "told", "came", "attributed", "seqs", "lane", "journal")
    _drop("gateway", "clock_offset_at", "clock_offset_us", "inventory_seq", "inventory_journal")
    _drop("readings", "late_s", "mark")


def _drop(table: str, *names: str) -> None:
    for name in names:
        op.drop_column(table, name)


def _add(table: str, columns: Sequence["sa.Column[object]"]) -> None:
    for column in columns:
        op.add_column(table, column)


def _columns() -> None:
    _add(
        "readings",
        (
            sa.Column("mark", sa.SmallInteger(), server_default="0", nullable=False),
            sa.Column("late_s", sa.Integer(), server_default="0", nullable=False),
        ),
    )
    _add(
        "gateway",
        (
            sa.Column("inventory_journal", sa.Text(), server_default="", nullable=False),
            sa.Column("inventory_seq", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("clock_offset_us", sa.BigInteger(), nullable=True),
            sa.Column("clock_offset_at", sa.BigInteger(), nullable=True),
        ),
    )
    _add(
        "gap",
        (
            sa.Column("journal", sa.Text(), server_default="", nullable=False),
            sa.Column("lane", sa.SmallInteger(), server_default="-1", nullable=False),
            sa.Column("seqs", sa.Text(), server_default="[]", nullable=False),
            sa.Column("attributed", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("came", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("told", sa.LargeBinary(), nullable=True),
        ),
    )
    op.create_index("ix_gap_street_id_gap_gateway_gap_end", "gap", ["street_id", "gateway", "end"])


def _accounts() -> None:
    for name in ("missed", "loss"):
        op.create_table(
            name,
            sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("series_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("street_id", "series_id", "hour", "reason", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "given_up",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("journal", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gap_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "gateway", "journal", "lane", "first", "gap_id", name="pk_given_up"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "summary",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("width_s", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "series_id", "start", "width_s", name="pk_summary"),
        sqlite_with_rowid=False,
    )


def _clocks() -> None:
    op.create_table(
        "clock_fix",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("boot", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("mono", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "gateway", "boot", "mono", name="pk_clock_fix"),
        sqlite_with_rowid=False,
    )
