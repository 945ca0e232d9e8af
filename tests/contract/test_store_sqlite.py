"""The store's contract on SQLite, and what only a file can suffer: a second process, a newer schema, a kill."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from collector.store import migrate, people
from collector.store.errors import StoreTooNew
from collector.store.records import AuditRow
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from collector.store.tables import metadata
from tests.contract.store_suite import StoreSuite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collector.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    opened = SqlStore(SqliteDialect(path))
    await opened.open()
    yield opened
    await opened.close()


class TestSqlite(StoreSuite):
    """The suite over one file."""


async def test_the_file_is_durable_and_can_shrink(store: SqlStore) -> None:
    def pragmas(scope: Scope) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "auto_vacuum")
        return {name: scope.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    assert await store.write(pragmas) == {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2}


async def test_another_process_may_write_too(store: SqlStore, path: Path) -> None:
    other = SqlStore(SqliteDialect(path))
    await other.open()
    await other.write(people.add_audit, AuditRow(1, "cli", "x", "", "ok"))
    await other.close()
    assert [row.who for row in await store.read(people.audit_page, limit=5, before=None)] == ["cli"]


async def test_up_and_down_and_up(store: SqlStore) -> None:
    def down_and_up(scope: Scope) -> list[str]:
        migrate.downgrade(scope.connection)
        rows = scope.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        left = [str(name) for (name,) in rows]
        assert migrate.upgrade(scope.connection)
        assert not migrate.upgrade(scope.connection)
        return left

    assert set(await store.write(down_and_up)) <= {"alembic_version", "sqlite_sequence"}


async def test_migrations_make_exactly_the_tables(store: SqlStore) -> None:
    def difference(scope: Scope) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(scope.connection), metadata))

    assert await store.write(difference) == []


def test_the_head_is_the_newest_step() -> None:
    directory = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert directory.get_current_head() == migrate.HEAD


async def test_a_newer_file_is_left_alone(store: SqlStore, path: Path) -> None:
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    later = SqlStore(SqliteDialect(path))
    with pytest.raises(StoreTooNew):
        await later.open()
    await later.close()
