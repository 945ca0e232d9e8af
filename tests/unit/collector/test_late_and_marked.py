"""What comes late or by a wrong clock: marked, put right where that can be, and never in the way of today."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from collector.ingest import service
from collector.store import fleet, history
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.tables import gap
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.rows import row_counts
from wire.chunk import ClockFix, ClockMark, ClockState, Gap, Lane, Loss, Missed, Summary
from wire.inventory import Inventory
from wire.reading import Batch
from wire.receipt import Fate

SECOND = 1_000_000
MINUTE = 60 * SECOND
YEAR = 365 * 86_400 * SECOND


def at(*times: int, value: float = 1.0) -> tuple[Batch, ...]:
    return tuple(Batch("door-1", time, ("supply_v",), (value,)) for time in times)


def unsynced(wall: int, mono: int = 0) -> ClockMark:
    return ClockMark("boot", ClockState.UNSYNCED, wall, mono)


async def shown(web: httpx.AsyncClient) -> dict[str, Any]:
    answer = (await web.get("/devices/g-1/door-1/readings?point=supply_v")).json()
    assert isinstance(answer, dict)
    return answer


async def newest(store: SqlStore) -> list[tuple[int, float | None]]:
    return [(row.at, row.value) for row in await store.read(history.newest)]


async def test_readings_say_how_late_they_came(gateway: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    ages = (2530, 60, 59, 0, -30)
    await gateway.send(gateway.chunk(batches=at(*(clock.now() - age * SECOND for age in ages))))
    await gateway.send(gateway.chunk(batches=at(-(1 << 61))))
    assert [item[4] for item in (await shown(web))["items"]] == [(1 << 31) - 1, 2530, 60, 0, 0, 0]


async def test_readings_say_what_clock_took_them(gateway: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    for index, state in enumerate(ClockState):
        mark = ClockMark("boot", state, clock.now(), 0)
        await gateway.send(gateway.chunk(mark=mark, batches=at(clock.now() + index)))
    assert [item[3] for item in (await shown(web))["items"]] == [0, 4, 2]


async def test_a_boot_in_1970_is_put_right_by_its_fix(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore
) -> None:
    """Ten minutes of readings, then the collector is found: the fix goes ahead, or at least along."""
    truth = gateway.clock.now() - 10 * MINUTE
    chunk = gateway.chunk(mark=unsynced(5 * SECOND, 5 * SECOND), batches=at(5 * SECOND, 300 * SECOND))
    fix = gateway.chunk(Lane.ALARM, fixes=(ClockFix("boot", truth, 50, 600 * SECOND, "collector"),))
    await gateway.send(chunk, fix)
    items = (await shown(web))["items"]
    assert items == [[truth + 5 * SECOND, 1.0, 0, 1, 595], [truth + 300 * SECOND, 1.0, 0, 1, 300]]
    later = gateway.chunk(mark=unsynced(301 * SECOND, 301 * SECOND), batches=at(301 * SECOND))
    await gateway.send(later)
    assert (await shown(web))["items"][-1][0] == truth + 301 * SECOND
    assert (await store.read(fleet.tallies))["entries"] == 4


async def test_the_fix_that_was_measured_last_is_the_truth_of_its_boot_alone(
    gateway: Gateway, web: httpx.AsyncClient
) -> None:
    fixes = tuple(ClockFix("boot", offset, 1, mono, "ntp") for offset, mono in ((1000, 5), (3000, 9), (2000, 7)))
    await gateway.send(gateway.chunk(Lane.ALARM, fixes=(*fixes, ClockFix("other", 77, 1, 99, "ntp"))))
    await gateway.send(gateway.chunk(mark=unsynced(100, 100), batches=at(100)))
    stranger = ClockMark("third", ClockState.UNSYNCED, 100, 100)
    await gateway.send(gateway.chunk(mark=stranger, batches=at(100)))
    assert [(item[0], item[3]) for item in (await shown(web))["items"]] == [(100, 2), (3100, 1)]


async def test_a_fix_behind_megabytes_of_history_goes_first_all_the_same(
    gateway: Gateway, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SLICE_BYTES", 1)
    truth = gateway.clock.now() - 10 * SECOND
    history = [gateway.chunk(mark=unsynced(0), batches=at(second * SECOND)) for second in range(10)]
    fix = gateway.chunk(Lane.ALARM, fixes=(ClockFix("boot", truth, 1, 0, "ntp"),))
    await gateway.send(*history, fix)
    assert [item[0] - truth for item in (await shown(web))["items"]] == [second * SECOND for second in range(10)]


@pytest.mark.parametrize("step", [10 * YEAR, -10 * YEAR, 3600 * SECOND, -3600 * SECOND])
async def test_a_step_neither_loses_nor_doubles_nor_reorders(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore, step: int
) -> None:
    """Two hours at one reading a minute; the clock is set wrong after the first."""
    truth = gateway.clock.now() - 120 * MINUTE
    chunks = [gateway.chunk(Lane.ALARM, fixes=(ClockFix("boot", truth, 10, 0, "collector"),))]
    for minute in range(120):
        mono, wrong = minute * MINUTE, step if minute >= 60 else 0
        reading = at(truth + mono + wrong, value=float(minute))
        chunks.append(gateway.chunk(mark=unsynced(truth + mono + wrong, mono), batches=reading))
    receipts = await gateway.send(*chunks)
    assert {receipt.fate for receipt in receipts.receipts} == {Fate.ACCEPTED}
    items = (await shown(web))["items"]
    assert [item[1] for item in items] == [float(minute) for minute in range(120)]
    assert [item[0] - truth for item in items] == [minute * MINUTE for minute in range(120)]
    assert (await store.read(fleet.tallies))["readings"] == 120


async def test_an_instant_shown_twice_keeps_both_readings(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore, clock: FakeClock
) -> None:
    now = clock.now()
    await gateway.send(gateway.chunk(batches=at(now, now + 1)))
    await gateway.send(gateway.chunk(batches=at(now, value=2.0)))
    await gateway.send(gateway.chunk(batches=(*at(now, value=2.0), *at(now, value=3.0), *at(now, now + 1))))
    items = [(item[0] - now, item[1]) for item in (await shown(web))["items"]]
    assert items == [(0, 1.0), (1, 1.0), (2, 2.0), (3, 3.0)]
    counts = await store.read(fleet.tallies)
    assert (counts["readings"], counts["duplicates"], counts["entries"]) == (4, 3, 4)


async def test_the_newest_state_is_shown_at_once_and_is_no_history(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore, clock: FakeClock
) -> None:
    now = clock.now()
    state = gateway.chunk(Lane.STATE, batches=at(now, value=9.0))
    await gateway.send(state)
    assert (await newest(store), (await shown(web))["items"]) == ([(now, 9.0)], [])
    await gateway.send(gateway.chunk(batches=(*at(now - MINUTE, value=8.0), *at(now, value=9.0))))
    assert await newest(store) == [(now, 9.0)]
    assert [item[1] for item in (await shown(web))["items"]] == [8.0, 9.0]
    await gateway.send(state)
    assert await store.read(fleet.tallies) == {"readings": 2, "entries": 2, "chunks": 2, "again": 1}


async def test_a_reading_from_the_future_does_not_stand_in_the_way(
    gateway: Gateway, store: SqlStore, clock: FakeClock
) -> None:
    now = clock.now()
    await gateway.send(gateway.chunk(batches=at(now + 10 * YEAR)))
    assert await newest(store) == [(now + 10 * YEAR, 1.0)]
    await gateway.send(gateway.chunk(batches=at(now + 10 * YEAR + 1, value=2.0)))
    assert await newest(store) == [(now + 10 * YEAR + 1, 2.0)]
    await gateway.send(gateway.chunk(batches=(*at(now, value=3.0), *at(now + 9 * YEAR, value=4.0))))
    assert await newest(store) == [(now, 3.0)]
    await gateway.send(gateway.chunk(batches=at(now + 11 * YEAR, value=5.0)))
    assert await newest(store) == [(now, 3.0)]


async def test_an_inventory_by_a_wrong_clock_is_no_older_and_no_newer(gateway: Gateway, store: SqlStore) -> None:
    now = gateway.clock.now()
    sent = [gateway.chunk(Lane.ALARM, inventory=Inventory(when, "s", name, "h")) for when, name in (
        (now, "first"), (5 * SECOND, "of 1970"), (now + 10 * YEAR, "of later"), (now, "last"))]  # fmt: skip
    names = []
    for chunk in sent:
        await gateway.send(chunk)
        row = await store.read(fleet.one_gateway, "g-1")
        names.append(row.name if row else None)
    assert names == ["first", "of 1970", "of later", "last"]


async def test_summaries_stand_beside_the_readings(gateway: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    now = clock.now()

    def summary(start: int, *columns: tuple[float, ...]) -> Summary:
        n, low, mean, high, last = columns
        return Summary("door-1", start, 60, ("supply_v", "spare"), tuple(map(int, n)), low, mean, high, last)

    first = summary(now, (2, 1), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (3.0, 0.0))
    rest = summary(now, (6, 1), (2.0, 0.0), (4.0, 0.0), (9.0, 0.0), (2.0, 0.0))
    later = summary(now + MINUTE, (1, 1), (5.0, 0.0), (5.0, 0.0), (5.0, 0.0), (5.0, 0.0))
    await gateway.send(gateway.chunk(summaries=(first,)))
    await gateway.send(gateway.chunk(summaries=(rest, later)), gateway.readings(1))
    whole = [now, 60, 8, 1.0, 3.5, 9.0, 2.0]
    assert (await shown(web))["summaries"] == [whole, [now + MINUTE, 60, 1, 5.0, 5.0, 5.0, 5.0]]
    url = "/devices/g-1/door-1/readings?point=supply_v"
    assert (await web.get(f"{url}&from={now + 59 * SECOND}&to={now + MINUTE}")).json()["summaries"] == [whole]
    assert (await web.get(f"{url}&from={now + MINUTE}&limit=1")).json()["summaries"][0][0] == now + MINUTE


async def test_gaps_keep_the_numbers_that_will_never_come(gateway: Gateway, store: SqlStore) -> None:
    told = Gap("analogue", 3, "buffer_full", 1, 2, gateway.journal, 2, ((7, 9), (12, 12)), (Loss("d", "a", 0, 3),))
    await gateway.send(gateway.chunk(Lane.ALARM, gaps=(told, Gap("entries", 1, "buffer_damaged", 1, 2))))

    def kept(scope: Scope) -> list[tuple[Any, ...]]:
        columns = (gap.c.journal, gap.c.lane, gap.c.seqs, gap.c.attributed)
        return [tuple(row) for row in scope.connection.execute(select(*columns).order_by(gap.c.id))]

    assert await store.read(kept) == [(gateway.journal, 2, "[[7,9],[12,12]]", True), ("", -1, "[]", False)]


@pytest.mark.parametrize(
    "content",
    [
        {"summaries": (Summary("d", 0, 60, ("a",), (1,), (1.0,), (float("nan"),), (1.0,), (1.0,)),)},
        {"summaries": (Summary("d", 0, 60, ("a",), (-1,), (1.0,), (1.0,), (1.0,), (1.0,)),)},
        {"missed": (Missed("d", 0, ("a",), "offline", -1),)},
        {"missed": (Missed("d", 1 << 62, ("a",), "offline", 1),)},
        {"missed": (Missed("", 0, ("a",), "offline", 1),)},
        {"fixes": (ClockFix("boot", 1 << 62, 0, 0, "ntp"),)},
        {"gaps": (Gap("state", 1, "x", 0, 0, losses=(Loss("d", "", 0, 1),)),)},
    ],
)
async def test_an_account_that_makes_no_sense_is_rejected(
    gateway: Gateway, store: SqlStore, content: dict[str, Any]
) -> None:
    receipts = await gateway.send(gateway.chunk(Lane.ALARM, **content), gateway.readings(1))
    assert [(item.fate, item.reason) for item in receipts.receipts] == [
        (Fate.REJECTED, "malformed"),
        (Fate.ACCEPTED, ""),
    ]
    counts = await row_counts(store)
    assert (counts["missed"], counts["summary"], counts["clock_fix"], counts["loss"]) == (0, 0, 0, 0)
