"""The collector's tables, written once for every dialect; the keys of what gateways send begin with ``street_id``.

So a street can move. Times are integer microseconds since the epoch, UTC. JSON columns hold text that msgspec wrote.
What only one dialect understands (``WITHOUT ROWID``) is an option that the others ignore.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_RowNumber = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str, kind: type[TypeEngine[Any]] | TypeEngine[Any] = Text) -> "Column[Any]":
    return Column(name, kind, primary_key=True, autoincrement=False)


def _street() -> "Column[Any]":
    return _key("street_id", Integer())


street = Table("street", metadata, _street(), Column("name", Text, nullable=False))

gateway = Table(
    "gateway",
    metadata,
    _street(),
    _key("gateway"),
    Column("name", Text, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("public_key", Text, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("version", Text, nullable=False, server_default=""),
    Column("config_hash", Text, nullable=False, server_default=""),
    Column("inventory_at", BigInteger, nullable=False, server_default="0"),
    Column("seen_at", BigInteger),
    Column("status", LargeBinary),
    UniqueConstraint("gateway"),
)

enrolment = Table(
    "enrolment",
    metadata,
    _key("code_hash"),
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
    _street(),
    _key("gateway"),
    _key("journal"),
    _key("lane", SmallInteger()),
    _key("first", BigInteger()),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", _RowNumber, primary_key=True, autoincrement=True),
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
    _street(),
    _key("gateway"),
    _key("device"),
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
    _street(),
    _key("series_id", BigInteger()),
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
    _street(),
    _key("series_id", BigInteger()),
    _key("at", BigInteger()),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("text", Text),
    sqlite_with_rowid=False,
)

latest = Table(
    "latest",
    metadata,
    _street(),
    _key("series_id", BigInteger()),
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
    _street(),
    _key("gateway"),
    _key("event"),
    Column("device", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Index(None, "street_id", "gateway", "device", "at"),
)

gap = Table(
    "gap",
    metadata,
    Column("id", _RowNumber, primary_key=True, autoincrement=True),
    Column("street_id", Integer, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    _street(),
    _key("id"),
    Column("gateway", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("latched", Boolean, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("values", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("street_id", "gateway", "alert"),
    Index(None, "street_id", "state", "raised_at"),
)

alert_change = Table(
    "alert_change",
    metadata,
    _street(),
    _key("alert_id"),
    _key("at", BigInteger()),
    _key("what"),
    Column("level", Text, nullable=False),
    Column("who", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("received_at", BigInteger, nullable=False),
)

command = Table(
    "command",
    metadata,
    _street(),
    _key("id"),
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
    Index(None, "street_id", "state", "gateway"),
    Index(None, "street_id", "issued_at"),
)

tally = Table(
    "tally",
    metadata,
    _street(),
    _key("gateway"),
    _key("name"),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

person = Table(
    "person",
    metadata,
    _key("name"),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

login_failure = Table(
    "login_failure",
    metadata,
    _key("name"),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    _key("token_hash"),
    Column("person", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _RowNumber, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Text, nullable=False),
    sqlite_autoincrement=True,
)
