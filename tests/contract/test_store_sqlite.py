"""The store's contract on SQLite, and what only a file can suffer: a second process, a newer schema, a kill."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from collector.store import alerts, completeness, history, migrate, people
from collector.store.errors import StoreRefused, StoreTooNew
from collector.store.records import AuditRow
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from collector.store.tables import metadata
from tests.contract.after_all_suite import AfterAllSuite
from tests.contract.calls_suite import CallsSuite
from tests.contract.rules_suite import RulesSuite
from tests.contract.store_suite import StoreSuite, history_chunk
from wire.reading import Batch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collector.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    opened = SqlStore(SqliteDialect(path))
    await opened.open()
    yield opened
    await opened.close()


class TestSqlite(StoreSuite, AfterAllSuite, RulesSuite, CallsSuite):
    """The suites over one file."""


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


async def test_points_that_another_process_met_first_are_known(store: SqlStore, path: Path) -> None:
    other = SqlStore(SqliteDialect(path))
    await other.open()
    for each, seq, key in ((store, 1, "a"), (other, 2, "b"), (store, 3, "b"), (other, 4, "c"), (store, 5, "c")):
        done = await each.ingest("g-1", [history_chunk(seq, Batch("d", seq, (key,), (1.0,)))], 10)
        assert done.readings == 1
    await other.close()


async def test_up_and_down_and_up(store: SqlStore) -> None:
    def down_and_up(scope: Scope) -> list[str]:
        migrate.downgrade(scope.connection)
        rows = scope.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        left = [str(name) for (name,) in rows]
        assert migrate.upgrade(scope.connection)
        assert not migrate.upgrade(scope.connection)
        return left

    assert set(await store.write(down_and_up)) <= {"alembic_version", "sqlite_sequence"}


async def test_what_was_there_outlives_the_newest_step(store: SqlStore) -> None:
    def from_before(scope: Scope) -> None:
        migrate.downgrade(scope.connection, "0002")
        for statement in (
            "INSERT INTO person VALUES ('me', 'h', 'admin', 1)",
            "INSERT INTO session VALUES ('t', 'me', 1, 1, '')",
            "INSERT INTO audit VALUES (1, 1, 'me', 'x', '', 'ok', '', '')",
            "INSERT INTO series (street_id, series_id, gateway, device, key) VALUES (1, 1, 'g', 'd', 'a')",
            "INSERT INTO readings VALUES (1, 1, 5, 2.5, 0, NULL)",
            "INSERT INTO gap VALUES (1, 1, 'g', 'readings', 3, 'buffer_full', 1, 2, 3)",
        ):
            scope.connection.exec_driver_sql(statement)
        migrate.upgrade(scope.connection)

    await store.write(from_before)
    assert await store.read(history.stretch, 1, None, None, 5) == [(5, 2.5, None, 0, 0, 0)]
    assert await store.read(people.one_session, "t") is not None
    assert [row.who for row in await store.read(people.audit_page, limit=5, before=None)] == ["me"]
    [gap] = (await store.read(completeness.account, "g", None, 0, completeness.HOUR_US)).gaps
    assert (gap.count, gap.attributed) == (3, False)

    def change(scope: Scope) -> None:
        scope.connection.exec_driver_sql("DELETE FROM audit")

    with pytest.raises(StoreRefused, match="append-only"):
        await store.write(change)


async def test_alerts_from_before_stand_as_they_stood(store: SqlStore) -> None:
    def from_before(scope: Scope) -> None:
        migrate.downgrade(scope.connection, "0004")
        for number, state, latched, cleared, acked in (
            ("a", "unacknowledged", 0, None, None),
            ("b", "closed", 1, 20, 30),
            ("c", "acknowledged", 0, None, 15),
            ("d", "returned_unacknowledged", 1, 20, None),
        ):
            who = "'me'" if acked else "''"
            end, ack, text = cleared or "NULL", acked or "NULL", '{"zh":"火"}'
            scope.connection.exec_driver_sql(
                f"INSERT INTO alert VALUES (1, '{number}', 'g', '{number}', 'd', 'r', 'red', '{state}', "  # noqa: S608
                f"{latched}, 4, 5, {cleared or acked or 5}, {end}, {ack}, {who}, 'seen', '{text}', '{{}}', 9)"
            )
            told = [("raised", 5, "''"), ("cleared", cleared, "''"), ("acknowledged", acked, who)]
            for what, at, by in [one for one in told if one[1]]:
                scope.connection.exec_driver_sql(
                    f"INSERT INTO alert_change VALUES (1, '{number}', {at}, '{what}', 'red', {by}, '', 9)"  # noqa: S608
                )
        migrate.upgrade(scope.connection)

    await store.write(from_before)

    def again(scope: Scope) -> list[tuple[str, str, int, bool, dict[str, str]]]:
        rows = [alerts.settled(scope, row, 99) for row in alerts.chosen(scope, [])]
        return [(row.id, row.state, row.since, row.latched, row.text) for row in rows]

    assert await store.write(again) == [
        ("a", "unacknowledged", 4, False, {"zh": "火"}),
        ("b", "closed", 4, True, {"zh": "火"}),
        ("c", "acknowledged", 4, False, {"zh": "火"}),
        ("d", "returned_unacknowledged", 4, True, {"zh": "火"}),
    ]


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
