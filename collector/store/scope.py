"""What every piece of work inside a transaction is handed: the connection, its dialect, and the street it serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

from collector.store.dialect import Dialect


@dataclass(frozen=True)
class Scope:
    """One open transaction."""

    connection: Connection
    dialect: Dialect
    street: int

    def add_new(self, table: Table, rows: Sequence[dict[str, Any]]) -> int:
        """Insert rows of this street whose key is not there yet; return how many were new."""
        return self.dialect.insert_new(self.connection, table, [{"street_id": self.street} | row for row in rows])

    def put(self, table: Table, rows: Sequence[dict[str, Any]], keep: Sequence[str] = ()) -> None:
        """Insert or replace rows of this street; columns in ``keep`` stay as they were."""
        self.dialect.upsert(self.connection, table, [{"street_id": self.street} | row for row in rows], keep)

    def add_up(self, table: Table, rows: Sequence[dict[str, Any]], add: Sequence[str]) -> None:
        """Insert rows of this street, or add the columns ``add`` to those of an existing row."""
        self.dialect.upsert_add(self.connection, table, [{"street_id": self.street} | row for row in rows], add)
