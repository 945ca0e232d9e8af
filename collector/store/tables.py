"""The collector's tables, written once for every dialect; the keys of what gateways send begin with ``street_id``.

So a street can move. Times are integer microseconds since the epoch, UTC. JSON columns hold text that msgspec wrote.
What only one dialect understands (``WITHOUT ROWID``) is an option that the others ignore.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from collector.store.account_tables import clock_fix as clock_fix
from collector.store.account_tables import gap as gap
from collector.store.account_tables import given_up as given_up
from collector.store.account_tables import loss as loss
from collector.store.account_tables import missed as missed
from collector.store.account_tables import summary as summary
from collector.store.alarm_tables import alert as alert
from collector.store.alarm_tables import alert_change as alert_change
from collector.store.alarm_tables import heard as heard
from collector.store.alarm_tables import set_aside as set_aside
from collector.store.plate_tables import listed_plate as listed_plate
from collector.store.rule_tables import rule_owner as rule_owner
from collector.store.rule_tables import rule_state as rule_state
from collector.store.schema import RowNumber, key, street_key
from collector.store.schema import metadata as metadata

street = Table("street", metadata, street_key(), Column("name", Text, nullable=False))

gateway = Table(
    "gateway",
    metadata,
    street_key(),
    key("gateway"),
    Column("name", Text, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("public_key", Text, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("version", Text, nullable=False, server_default=""),
    Column("config_hash", Text, nullable=False, server_default=""),
    Column("inventory_at", BigInteger, nullable=False, server_default="0"),
    Column("inventory_journal", Text, nullable=False, server_default=""),
    Column("inventory_seq", BigInteger, nullable=False, server_default="0"),
    Column("seen_at", BigInteger),
    Column("status", LargeBinary),
    Column("clock_offset_us", BigInteger),
    Column("clock_offset_at", BigInteger),
    Column("lists_version", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("gateway"),
)

enrolment = Table(
    "enrolment",
    metadata,
    key("code_hash"),
    Column("gateway", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

chunk_range = Table(
    "chunk_range",
    metadata,
    street_key(),
    key("gateway"),
    key("journal"),
    key("lane", SmallInteger()),
    key("first", BigInteger()),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("street_id", Integer, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("journal", Text, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("street_id", "gateway", "journal", "lane", "seq"),
    sqlite_autoincrement=True,
)

device = Table(
    "device",
    metadata,
    street_key(),
    key("gateway"),
    key("device"),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("info", LargeBinary, nullable=False),
    Column("gone_at", BigInteger),
)

series = Table(
    "series",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    Column("gateway", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False, server_default=""),
    UniqueConstraint("street_id", "gateway", "device", "key"),
)

readings = Table(
    "readings",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    key("at", BigInteger()),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("text", Text),
    Column("mark", SmallInteger, nullable=False, server_default="0"),
    Column("late_s", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

latest = Table(
    "latest",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    Column("at", BigInteger, nullable=False),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("text", Text),
    Column("received_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    street_key(),
    key("gateway"),
    key("event"),
    Column("device", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Index(None, "street_id", "gateway", "device", "at"),
)

command = Table(
    "command",
    metadata,
    street_key(),
    key("id"),
    Column("gateway", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("args", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("sent_at", BigInteger),
    Column("reported", Boolean, nullable=False),
    Column("outcome_at", BigInteger),
    Column("outcome_reason", Text, nullable=False, server_default=""),
    Column("outcome_detail", Text, nullable=False, server_default=""),
    Column("readback", Text, nullable=False, server_default="{}"),
    Column("alert", Text, nullable=False, server_default=""),
    Index(None, "street_id", "state", "gateway"),
    Index(None, "street_id", "issued_at"),
    Index(None, "street_id", "alert"),
)

tally = Table(
    "tally",
    metadata,
    street_key(),
    key("gateway"),
    key("name"),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

person = Table(
    "person",
    metadata,
    street_key(),
    key("name"),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("community", Text, nullable=False, server_default=""),
)

login_failure = Table(
    "login_failure",
    metadata,
    street_key(),
    key("name"),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    street_key(),
    key("token_hash"),
    Column("person", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("street_id", Integer, nullable=False, server_default="1"),
    sqlite_autoincrement=True,
)
