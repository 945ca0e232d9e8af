"""The tables of the rules that the collector judges itself: how far each part of them is, and whose work it is."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from collector.store.schema import key, metadata, street_key

rule_state = Table(
    "rule_state",
    metadata,
    street_key(),
    key("part"),
    Column("reached_at", BigInteger, nullable=False),
    Column("saved", LargeBinary, nullable=False),
)

rule_owner = Table(
    "rule_owner",
    metadata,
    street_key(),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
