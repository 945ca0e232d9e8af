"""Counts rows for tests that must show that nothing was changed."""

from sqlalchemy import func, select

from collector.store.api import Store
from collector.store.scope import Scope
from collector.store.tables import metadata


async def row_counts(store: Store) -> dict[str, int]:
    """Return how many rows each table has."""

    def count(scope: Scope) -> dict[str, int]:
        return {
            table.name: int(scope.connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in metadata.sorted_tables
        }

    return await store.read(count)
