"""The dialect of a small district: one SQLite file, written by one thread, read by a few; a commit is on the disk."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.pool import QueuePool

from collector.store.dialect import AHEAD_US, LatestTuple, ReadingTuple

_INSERT_READING = (
    "INSERT OR IGNORE INTO readings (street_id, series_id, at, value, quality, text, mark, late_s)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPSERT_LATEST = (
    "INSERT INTO latest (street_id, series_id, at, value, quality, text, received_at)"  # noqa: S608 - of constants
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (street_id, series_id) DO UPDATE SET at = excluded.at, value = excluded.value,"
    " quality = excluded.quality, text = excluded.text, received_at = excluded.received_at"
    f" WHERE (excluded.at <= excluded.received_at + {AHEAD_US}, excluded.at)"
    f" > (latest.at <= latest.received_at + {AHEAD_US}, latest.at)"
)

# auto_vacuum has no effect once WAL has been switched on, so it comes first.
_WRITER_PRAGMAS = (
    "PRAGMA busy_timeout=10000",
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-65536",
)
_READER_PRAGMAS = ("PRAGMA busy_timeout=10000", "PRAGMA query_only=ON", "PRAGMA cache_size=-16384")


class SqliteDialect:
    """One file. Other processes (``collector enrol``) may write it too: a transaction takes the lock at its start."""

    readers = 3

    def __init__(self, path: Path) -> None:
        self._writer = _engine(path, _WRITER_PRAGMAS, "BEGIN IMMEDIATE", 1)
        self._reader = _engine(path, _READER_PRAGMAS, "BEGIN", self.readers)

    def writer(self) -> Engine:
        return self._writer

    def reader(self) -> Engine:
        return self._reader

    def insert_readings(self, connection: Connection, rows: Sequence[ReadingTuple]) -> int:
        if not rows:
            return 0
        return connection.exec_driver_sql(_INSERT_READING, list(rows)).rowcount

    def upsert_latest(self, connection: Connection, rows: Sequence[LatestTuple]) -> None:
        if rows:
            connection.exec_driver_sql(_UPSERT_LATEST, list(rows))

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
        statement = _insert_new(table)
        return sum(connection.execute(statement, row).rowcount for row in rows)

    def upsert(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keep: Sequence[str]) -> None:
        if not rows:
            return
        connection.execute(_upsert(table, tuple(rows[0]), tuple(keep)), list(rows))

    def upsert_add(
        self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], add: Sequence[str]
    ) -> None:
        if not rows:
            return
        statement = insert(table)
        sums = {name: table.c[name] + statement.excluded[name] for name in add}
        keys = [column.name for column in table.primary_key]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=sums), list(rows))

    def dispose(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


@cache
def _insert_new(table: Table) -> Insert:
    return insert(table).on_conflict_do_nothing()


@cache
def _upsert(table: Table, names: tuple[str, ...], keep: tuple[str, ...]) -> Insert:
    # made once: to build such a statement takes longer than to run it
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in names if name not in keys and name not in keep}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _engine(path: Path, pragmas: Sequence[str], begin: str, size: int) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=size, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).fetchall()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
