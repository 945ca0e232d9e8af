"""Uploads: every chunk gets its fate, what is wrong is kept visible, and nothing is stored twice."""

from math import inf, nan

import httpx
import msgspec
import pytest
from sqlalchemy import select

from collector.app import Collector
from collector.ingest import service
from collector.store import fleet, history
from collector.store.records import Judged, Quarantined
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.tables import chunk_range, quarantine
from runtime.testing import FakeClock
from tests.unit.collector.actor import CHUNKS, Gateway, refusal
from tests.unit.collector.rows import row_counts
from wire.chunk import Gap, Lane
from wire.codec import decode, encode, encode_chunks, unseal, unsealed_size
from wire.event import Event
from wire.reading import Batch, Quality
from wire.receipt import Fate, Receipts


async def test_readings_are_stored_and_counted(gateway: Gateway, store: SqlStore) -> None:
    receipts = await gateway.send(gateway.readings(3), gateway.readings(2, start=10))
    assert [(item.seq, item.fate) for item in receipts.receipts] == [(1, Fate.ACCEPTED), (2, Fate.ACCEPTED)]
    assert receipts.time == gateway.clock.now()
    assert await store.read(fleet.tallies) == {"readings": 5, "entries": 5, "chunks": 2}


async def test_a_chunk_seen_again_is_accepted_and_changes_nothing(gateway: Gateway, store: SqlStore) -> None:
    chunk = gateway.readings(3)
    await gateway.send(chunk)
    before = await row_counts(store)
    receipts = await gateway.send(chunk, chunk)
    assert {item.fate for item in receipts.receipts} == {Fate.ACCEPTED}
    tallies = await store.read(fleet.tallies)
    assert (tallies["readings"], tallies["again"], tallies.get("duplicates", 0)) == (3, 2, 0)
    assert await row_counts(store) == before | {"tally": before["tally"] + 1}


async def test_chunks_out_of_order_leave_one_range(gateway: Gateway, store: SqlStore) -> None:
    chunks = [gateway.readings(1, start=i) for i in range(5)]
    for index in (4, 0, 2, 1, 3):
        await gateway.send(chunks[index])

    def ranges(scope: Scope) -> list[tuple[int, int]]:
        rows = scope.connection.execute(select(chunk_range.c.first, chunk_range.c.last))
        return [(first, last) for first, last in rows]

    assert await store.read(ranges) == [(1, 5)]
    assert (await store.read(fleet.tallies))["readings"] == 5


async def test_one_bad_chunk_costs_only_itself(gateway: Gateway, store: SqlStore) -> None:
    good, bad = gateway.readings(2), gateway.readings(2, start=10)
    broken = msgspec.structs.replace(bad, body=bad.body[:-1] + b"!")
    strange = msgspec.structs.replace(gateway.readings(1, start=20), codec=9)
    receipts = await gateway.send(good, broken, strange)
    fates = {item.seq: (item.fate, item.reason) for item in receipts.receipts}
    assert fates == {
        1: (Fate.ACCEPTED, ""),
        2: (Fate.REJECTED, "bad_checksum"),
        3: (Fate.REJECTED, "unknown_codec"),
    }
    assert await store.read(fleet.tallies) == {"readings": 2, "entries": 2, "chunks": 1, "rejected": 2}

    def kept(scope: Scope) -> list[tuple[int, str]]:
        rows = scope.connection.execute(select(quarantine.c.seq, quarantine.c.reason).order_by(quarantine.c.seq))
        return [(seq, reason) for seq, reason in rows]

    assert await store.read(kept) == [(2, "bad_checksum"), (3, "unknown_codec")]


async def test_a_rejected_chunk_is_rejected_again_and_let_out_when_it_is_good(
    gateway: Gateway, store: SqlStore
) -> None:
    good = gateway.readings(2)
    broken = msgspec.structs.replace(good, crc=good.crc ^ 1)
    for _ in range(2):
        receipts = await gateway.send(broken)
        assert receipts.receipts[0].fate is Fate.REJECTED
    assert (await row_counts(store))["quarantine"] == 1
    receipts = await gateway.send(good)
    assert receipts.receipts[0].fate is Fate.ACCEPTED
    assert (await row_counts(store))["quarantine"] == 0
    assert (await store.read(fleet.tallies))["readings"] == 2


async def test_entries_that_cannot_be_named_get_no_receipt(gateway: Gateway) -> None:
    chunk = gateway.readings(1)
    body = encode([chunk, "nonsense", msgspec.structs.replace(chunk, journal="no journal")])
    answer = await gateway.post(CHUNKS, body)
    receipts = decode(answer.content, Receipts)
    assert [(item.journal, item.seq, item.fate) for item in receipts.receipts] == [(chunk.journal, 1, Fate.ACCEPTED)]


async def test_a_body_that_is_no_array_is_malformed(gateway: Gateway, store: SqlStore) -> None:
    before = await row_counts(store)
    for body in (b"", b"garbage", encode({"a": 1}), encode_chunks([gateway.readings(1)])[:-3]):
        answer = await gateway.post(CHUNKS, body)
        assert (answer.status_code, refusal(answer).error) == (400, "malformed")
    assert await row_counts(store) == before


async def test_too_large_is_refused_while_reading(gateway: Gateway, client: httpx.AsyncClient) -> None:
    body = b"x" * (8 * 1024 * 1024 + 1)
    answer = await gateway.post(CHUNKS, body)
    assert (answer.status_code, refusal(answer).error) == (413, "too_large")

    async def pieces() -> "object":
        for _ in range(9):
            yield b"x" * 1024 * 1024

    headers = gateway.token("POST", CHUNKS, b"")
    answer = await client.post(CHUNKS, content=pieces(), headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, refusal(answer).error) == (413, "too_large")


async def test_values_keep_their_kind_and_the_impossible_is_bad(gateway: Gateway, store: SqlStore) -> None:
    values = (True, 7, 2.5, "open", None, nan, inf, "a\0b")
    points = ("b", "i", "f", "s", "n", "nan", "inf", "zero")
    await gateway.send(gateway.chunk(batches=(Batch("door-1", 1_000, points, values),)))
    newest = {row.key: (row.value, row.text, row.quality) for row in await store.read(history.newest)}
    bad = (None, None, int(Quality.BAD))
    assert newest == {
        "b": (1.0, None, 0),
        "i": (7.0, None, 0),
        "f": (2.5, None, 0),
        "s": (None, "open", 0),
        "n": bad,
        "nan": bad,
        "inf": bad,
        "zero": bad,
    }


async def test_newest_values_only_move_forward(gateway: Gateway, store: SqlStore, clock: FakeClock) -> None:
    await gateway.send(gateway.readings(1, start=100))
    await gateway.send(gateway.readings(1, start=50))
    rows = await store.read(history.newest)
    assert [row.at for row in rows] == [clock.now() + 100_000_000]
    assert (await store.read(fleet.tallies))["readings"] == 2


async def test_one_instant_twice_in_two_chunks_is_counted_as_a_duplicate(gateway: Gateway, store: SqlStore) -> None:
    await gateway.send(gateway.readings(2))
    await gateway.send(gateway.readings(2))
    assert await store.read(fleet.tallies) == {"readings": 2, "entries": 2, "duplicates": 2, "chunks": 2}


async def test_a_store_that_cannot_gives_keep(gateway: Gateway, collector: Collector, store: SqlStore) -> None:
    def spoil(scope: Scope) -> None:
        scope.connection.exec_driver_sql("ALTER TABLE latest RENAME TO gone")

    def mend(scope: Scope) -> None:
        scope.connection.exec_driver_sql("ALTER TABLE gone RENAME TO latest")

    chunk = gateway.readings(1)
    await store.write(spoil)
    receipts = await gateway.send(chunk)
    assert [(item.fate, item.reason) for item in receipts.receipts] == [(Fate.KEEP, "store_unavailable")]
    assert receipts.wait_s > 0
    assert not collector.parts.ingest.healthy
    await store.write(mend)
    receipts = await gateway.send(chunk)
    assert receipts.receipts[0].fate is Fate.ACCEPTED
    assert collector.parts.ingest.healthy
    assert await store.read(fleet.tallies) == {"readings": 1, "entries": 1, "chunks": 1}


async def test_events_and_gaps_are_kept_once(gateway: Gateway, store: SqlStore) -> None:
    event = Event("e-1", "door-1", "door_forced", 5, {"why": "crowbar"})
    gap = Gap("readings", 40, "buffer_full", 1, 2)
    await gateway.send(gateway.chunk(Lane.ALARM, events=(event,), gaps=(gap,)))
    await gateway.send(gateway.chunk(Lane.ALARM, events=(event,)))
    counts = await row_counts(store)
    assert (counts["event"], counts["gap"]) == (1, 1)


async def test_judged_and_quarantined_of_one_number_in_one_upload(gateway: Gateway, store: SqlStore) -> None:
    chunk = gateway.readings(1)
    entries: list[Judged | Quarantined] = [Judged(chunk, unseal(chunk)), Quarantined(chunk, "malformed", "")]
    done = await store.ingest("g-1", entries, 5)
    assert (done.chunks, done.again, done.rejected) == (1, 1, 0)


async def test_a_crowd_is_asked_to_come_back(gateway: Gateway, collector: Collector) -> None:
    collector.parts.ingest.held = service.HELD_LIMIT
    answer = await gateway.post(CHUNKS, encode_chunks([gateway.readings(1)]))
    assert (answer.status_code, refusal(answer).error, answer.headers["retry-after"]) == (503, "busy", "2")
    collector.parts.ingest.held = 0
    assert (await gateway.send(gateway.readings(1))).receipts[0].fate is Fate.ACCEPTED


async def test_more_than_fits_in_memory_is_kept_for_the_next_upload(
    gateway: Gateway, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [gateway.readings(50, start=50 * number) for number in range(3)]
    monkeypatch.setattr(service, "UNSEALED_LIMIT", unsealed_size(chunks[0]) + unsealed_size(chunks[1]) - 1)
    fates = []
    while chunks:
        receipts = (await gateway.send(*chunks)).receipts
        fates.append([(item.fate, item.reason) for item in receipts])
        chunks = [chunk for chunk, item in zip(chunks, receipts, strict=True) if item.fate is Fate.KEEP]
    taken, kept = (Fate.ACCEPTED, ""), (Fate.KEEP, "too_much_at_once")
    assert fates == [[taken, kept, kept], [taken, kept], [taken]]
    assert (await store.read(fleet.tallies))["readings"] == 150
