"""What differs between databases, kept behind a few functions so that everything else is written once."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table

ReadingTuple = tuple[int, int, int, float | None, int, str | None, int, int]
"""street_id, series_id, at, value, quality, text, mark, late_s."""

LatestTuple = tuple[int, int, int, float | None, int, str | None, int]
"""street_id, series_id, at, value, quality, text, received_at."""

AHEAD_US = 300_000_000
"""A reading whose time is further than this ahead of its receipt comes from a wrong clock."""


class Dialect(Protocol):
    """One kind of database."""

    readers: int
    """How many transactions may read at once."""

    def writer(self) -> Engine:
        """Return the engine whose transactions may write."""
        ...

    def reader(self) -> Engine:
        """Return the engine whose transactions only read, each a consistent picture."""
        ...

    def insert_readings(self, connection: Connection, rows: Sequence[ReadingTuple]) -> int:
        """Insert rows that are not there yet and return how many were new; the hot path."""
        ...

    def upsert_latest(self, connection: Connection, rows: Sequence[LatestTuple]) -> None:
        """Move the newest values forward; a row that is older than what is there changes nothing.

        A row of more than ``AHEAD_US`` after its own receipt is older than any that is not.
        """
        ...

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
        """Insert rows whose key is not there yet and return how many were new."""
        ...

    def upsert(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keep: Sequence[str]) -> None:
        """Insert rows, or replace all columns of an existing row but its key and ``keep``."""
        ...

    def upsert_add(
        self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], add: Sequence[str]
    ) -> None:
        """Insert rows, or add the columns ``add`` to those of an existing row."""
        ...

    def dispose(self) -> None:
        """Close every connection."""
        ...
