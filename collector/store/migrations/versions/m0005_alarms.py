"""Alarm management: all states of an alert, the whole of what happened to it, and what people took out of sight."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = {"reset_by": "", "aside_by": "", "aside_note": "", "disposition": "", "flood": ""}
_NULLABLE = ("first_ack_at", "reset_at", "escalated_at", "aside_until")
_CHANGE_TEXT = {"source": "gateway", "disposition": "", "text": "{}", "values": "{}"}
_INDEXES = (
    ("ix_alert_street_id_alert_raised_at", ["street_id", "raised_at"]),
    ("ix_alert_street_id_alert_flood", ["street_id", "flood"]),
    ("ix_alert_street_id_alert_gateway_alert_device_alert_rule", ["street_id", "gateway", "device", "rule"]),
)
_KEY = ["street_id", "alert_id", "at", "what"]


def upgrade() -> None:
    """Add the columns, tell the old changes what their alerts were, and make the new table.

    A latched alert that a person had closed by acknowledging it stays closed: that was its reset.
    """
    for column in _row():
        op.add_column("alert", column)
    for name, columns in _INDEXES:
        op.create_index(name, "alert", columns)
    with op.batch_alter_table("alert_change", recreate="always") as batch:
        for column in _change():
            batch.add_column(column)
        batch.drop_constraint("pk_alert_change", type_="primary")
        batch.create_primary_key("pk_alert_change", [*_KEY, "who"])
    op.execute("UPDATE alert_change SET source = 'console' WHERE what = 'acknowledged'")
    own = "FROM alert a WHERE a.street_id = alert_change.street_id AND a.id = alert_change.alert_id"
    told = ", ".join(f'"{name}" = (SELECT a."{name}" {own})' for name in ("since", "latched", "text", "values"))
    op.execute(f"UPDATE alert_change SET {told} WHERE what IN ('raised', 'changed', 'cleared')")  # noqa: S608
    op.execute(
        "INSERT INTO alert_change (street_id, alert_id, at, what, who, level, received_at, source) "
        "SELECT street_id, id, changed_at + 1, 'reset', acknowledged_by, level, acknowledged_at, 'console' "
        "FROM alert WHERE latched AND state = 'closed' AND acknowledged_at IS NOT NULL"
    )
    op.execute("UPDATE alert SET first_ack_at = acknowledged_at, waiting_since = received_at")
    op.create_table(
        "set_aside",
        sa.Column("street_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("street_id", "gateway", "device", "kind", name="pk_set_aside"),
    )


def _row() -> list["sa.Column[Any]"]:
    whole = (sa.Column(name, sa.BigInteger(), nullable=True) for name in _NULLABLE)
    words = (sa.Column(name, sa.Text(), server_default=word, nullable=False) for name, word in _TEXT.items())
    waiting = sa.Column("waiting_since", sa.BigInteger(), server_default="0", nullable=False)
    return [*whole, *words, waiting, sa.Column("escalation", sa.Integer(), server_default="0", nullable=False)]


def _change() -> list["sa.Column[Any]"]:
    words = (sa.Column(name, sa.Text(), server_default=word, nullable=False) for name, word in _CHANGE_TEXT.items())
    times = (sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("until", "since"))
    return [*words, *times, sa.Column("latched", sa.Boolean(), server_default="0", nullable=False)]


def downgrade() -> None:
    """Drop them; states that older versions do not know become the nearest that they do."""
    op.drop_table("set_aside")
    op.execute("UPDATE alert SET state = 'returned_unacknowledged' WHERE state = 'latched'")
    aside = "('shelved', 'suppressed', 'out_of_service')"
    op.execute(f"UPDATE alert SET state = 'unacknowledged' WHERE state IN {aside}")  # noqa: S608 - our own words
    known = "('raised', 'changed', 'cleared', 'acknowledged')"
    op.execute(f"DELETE FROM alert_change WHERE what NOT IN {known}")  # noqa: S608 - our own words
    kept = "SELECT MIN(who) FROM alert_change b WHERE b.street_id = alert_change.street_id"
    same = "b.alert_id = alert_change.alert_id AND b.at = alert_change.at AND b.what = alert_change.what"
    op.execute(f"DELETE FROM alert_change WHERE who <> ({kept} AND {same})")  # noqa: S608 - our own words
    with op.batch_alter_table("alert_change", recreate="always") as batch:
        batch.drop_constraint("pk_alert_change", type_="primary")
        for column in _change():
            batch.drop_column(column.name)
        batch.create_primary_key("pk_alert_change", _KEY)
    for name, _ in _INDEXES:
        op.drop_index(name, "alert")
    for column in _row():
        op.drop_column("alert", column.name)
