"""The tables of the completeness account: what never came and why, what is left of it, and how clocks were put right.

Counts are kept by point and hour; ``hour`` is the hour's first microsecond.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, SmallInteger, Table, Text

from collector.store.schema import RowNumber, key, metadata, street_key

missed = Table(
    "missed",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    key("hour", BigInteger()),
    key("reason"),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

loss = Table(
    "loss",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    key("hour", BigInteger()),
    key("reason"),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

summary = Table(
    "summary",
    metadata,
    street_key(),
    key("series_id", BigInteger()),
    key("start", BigInteger()),
    key("width_s", Integer()),
    Column("n", BigInteger, nullable=False),
    Column("low", Double, nullable=False),
    Column("mean", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("last", Double, nullable=False),
    sqlite_with_rowid=False,
)

gap = Table(
    "gap",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("street_id", Integer, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("journal", Text, nullable=False, server_default=""),
    Column("lane", SmallInteger, nullable=False, server_default="-1"),
    Column("seqs", Text, nullable=False, server_default="[]"),
    Column("attributed", Boolean, nullable=False, server_default="0"),
    Column("came", BigInteger, nullable=False, server_default="0"),
    Column("told", LargeBinary),
    Index(None, "street_id", "gateway", "end"),
)
"""``attributed``: the gap said whose readings they were, and ``loss`` counts them. ``came``: so many came after all and
are not in ``count`` any more; ``told`` is what would have to be taken back if the rest came too.
"""

given_up = Table(
    "given_up",
    metadata,
    street_key(),
    key("gateway"),
    key("journal"),
    key("lane", SmallInteger()),
    key("first", BigInteger()),
    key("gap_id", BigInteger()),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Numbers of chunks that a gap says will never come, and that never came."""

clock_fix = Table(
    "clock_fix",
    metadata,
    street_key(),
    key("gateway"),
    key("boot"),
    key("mono", BigInteger()),
    Column("offset", BigInteger, nullable=False),
    Column("width", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
