"""The table of number plates that a community lists; the version of all its lists is with its gateway."""

from sqlalchemy import BigInteger, Column, Table, Text

from collector.store.schema import key, metadata, street_key

listed_plate = Table(
    "listed_plate",
    metadata,
    street_key(),
    key("gateway"),
    key("kind"),
    key("plate"),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""``since`` and ``until`` are from when until when an entry counts (empty: without end); ``by`` wrote it ``at``."""
