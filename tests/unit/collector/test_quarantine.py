"""The quarantine is bounded, and what it forgets was never stored: nobody may take it for stored."""

import msgspec
import pytest
from sqlalchemy import func, select

from collector.store import fleet, quarantine, tables
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.tables import chunk_range
from tests.unit.collector.actor import Gateway
from tests.unit.collector.rows import row_counts
from wire.chunk import Chunk
from wire.receipt import Fate


def broken(chunk: Chunk) -> Chunk:
    return msgspec.structs.replace(chunk, crc=chunk.crc ^ 1)


@pytest.mark.parametrize(("chunks", "weight"), [(3, 10**9), (10**9, 3)])
async def test_the_quarantine_forgets_its_oldest(
    gateway: Gateway, store: SqlStore, monkeypatch: pytest.MonkeyPatch, chunks: int, weight: int
) -> None:
    good = [gateway.readings(1, start=number) for number in range(5)]
    size = await _weight(gateway, store, broken(gateway.readings(1, start=9)))
    monkeypatch.setattr(quarantine, "CHUNK_LIMIT", chunks)
    monkeypatch.setattr(quarantine, "BYTES_LIMIT", weight * size)
    for chunk in good:
        assert (await gateway.send(broken(chunk))).receipts[0].fate is Fate.REJECTED
    assert (await row_counts(store))["quarantine"] == 3
    assert (await store.read(fleet.tallies))["forgotten"] == 3
    # what was forgotten was never stored: it is taken when it comes whole, and not believed to be here
    await gateway.send(good[0])
    await gateway.send(good[4])
    counts = await store.read(fleet.tallies)
    assert (counts["readings"], counts.get("again", 0)) == (2, 0)

    def ranges(scope: Scope) -> list[tuple[int, int]]:
        rows = scope.connection.execute(select(chunk_range.c.first, chunk_range.c.last))
        return [(first, last) for first, last in rows]

    assert await store.read(ranges) == [(1, 1), (3, 5)]


async def _weight(gateway: Gateway, store: SqlStore, chunk: Chunk) -> int:
    await gateway.send(chunk)

    def sizes(scope: Scope) -> int:
        return int(scope.connection.execute(select(func.max(func.length(tables.quarantine.c.body)))).scalar_one())

    return await store.read(sizes)
