"""What every table is made with: the list of them all, the names of constraints, and the columns of keys."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database hands out."""


def key(name: str, kind: type[TypeEngine[Any]] | TypeEngine[Any] = Text) -> "Column[Any]":
    """Return a column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def street_key() -> "Column[Any]":
    """Return the first column of the key of whatever belongs to a street."""
    return key("street_id", Integer())
