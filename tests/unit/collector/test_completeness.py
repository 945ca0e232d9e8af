"""The completeness ledger: each line of its arithmetic, what it infers, and what its API lets one ask."""

from typing import Any

import httpx
import pytest

from collector.store.completeness import HOUR_US, GapRow, HourRow, infer
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from wire.chunk import Gap, Lane, Loss, Missed, Summary
from wire.inventory import DeviceInfo, Inventory, PointInfo
from wire.reading import Batch, Quality

SECOND = 1_000_000
MINUTE = 60 * SECOND
BIN = DeviceInfo("bin-1", "1号桶", "bin", "bin/x", points=(PointInfo("fill_pct", "float", "%", period_s=60.0),))


@pytest.fixture
def hour(clock: FakeClock) -> int:
    """The hour that is over: nobody measures in it any more."""
    return clock.now() // HOUR_US * HOUR_US - HOUR_US


async def asked(web: httpx.AsyncClient, start: int, end: int, **more: str) -> dict[str, Any]:
    answer = await web.get("/gateways/g-1/completeness", params={"from": start, "to": end, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def readings(hour: int, minutes: range, quality: tuple[int, ...] = ()) -> tuple[Batch, ...]:
    return tuple(Batch("bin-1", hour + one * MINUTE, ("fill_pct",), (float(one),), quality) for one in minutes)


async def test_every_line_of_an_hour(gateway: Gateway, web: httpx.AsyncClient, hour: int) -> None:
    names = ("unchanged", "no_answer", "offline", "bus_busy", "not_running", "no_value", "extra")
    missed = tuple(Missed("bin-1", hour, ("fill_pct",), reason, 1 + index) for index, reason in enumerate(names))
    summary = Summary("bin-1", hour + 20 * MINUTE, 300, ("fill_pct",), (5,), (1.0,), (2.0,), (3.0,), (2.0,))
    gaps = (
        Gap("analogue", 4, "buffer_full", hour, hour + MINUTE, losses=(Loss("bin-1", "fill_pct", hour, 4),)),
        Gap("analogue", 5, "thinned", hour, hour + MINUTE, losses=(Loss("bin-1", "fill_pct", hour, 5),)),
    )
    gone = Batch("bin-1", hour + 59 * MINUTE, ("fill_pct",), (None,), (int(Quality.OFFLINE),))
    silent = Batch("bin-1", hour + 58 * MINUTE, ("fill_pct",), (None,), (int(Quality.TIMEOUT),))
    await gateway.send(
        gateway.chunk(batches=(*readings(hour, range(10)), gone, silent), missed=missed, summaries=(summary,)),
        gateway.chunk(Lane.ALARM, gaps=gaps),
        gateway.chunk(Lane.STATE, batches=readings(hour, range(30, 31))),
    )
    shown = await asked(web, hour, hour + HOUR_US)
    lost = {"no_answer": 2, "offline": 3, "bus_busy": 4, "not_running": 5, "no_value": 6, "buffer_full": 4}
    # ten and one silent were stored, seven of them besides what was due; the mark of the outage was never due
    line: dict[str, Any] = {
        "expected": 11 - 7 + 1 + 5 + 24,
        "collected": 11 - 7 + 1 + 5 + 4,
        "delivered": 11,
        "extra": 7,
    }
    line |= {"unchanged": 1, "thinned": 5, "lost": lost}
    place = {"device": "bin-1", "point": "fill_pct", "hour": hour, "estimated": False, "behind": False}
    assert shown["items"] == [place | line]
    assert shown["totals"] == line | {"pending": None, "pending_oldest_at": None}
    assert [(one["reason"], one["count"], one["attributed"]) for one in shown["gaps"]] == [
        ("thinned", 5, True),
        ("buffer_full", 4, True),
    ]


async def test_lines_of_many_chunks_add_up(gateway: Gateway, web: httpx.AsyncClient, hour: int) -> None:
    for count in (1, 2):
        chunk = gateway.chunk(missed=(Missed("bin-1", hour + count, ("fill_pct", "temp_c"), "offline", count),))
        await gateway.send(chunk)
        await gateway.send(chunk)
    shown = await asked(web, hour, hour + 1)
    assert [(one["point"], one["lost"], one["expected"]) for one in shown["items"]] == [
        ("fill_pct", {"offline": 3}, 3),
        ("temp_c", {"offline": 3}, 3),
    ]


async def test_what_was_thinned_and_then_dropped_is_lost_once(
    gateway: Gateway, web: httpx.AsyncClient, hour: int
) -> None:
    def lines(count: int) -> tuple[Loss, ...]:
        return (Loss("bin-1", "fill_pct", hour, count),)

    gaps = (
        Gap("analogue", 60, "thinned", hour, hour, losses=lines(60)),
        Gap("analogue", 60, "buffer_full", hour, hour, losses=lines(60)),
        Gap("analogue", -60, "thinned", hour, hour, losses=lines(-60)),
    )
    await gateway.send(gateway.chunk(Lane.ALARM, gaps=gaps))
    [item] = (await asked(web, hour, hour + HOUR_US))["items"]
    assert (item["expected"], item["thinned"], item["lost"]) == (60, 0, {"buffer_full": 60})


async def test_hours_and_devices_are_kept_apart(gateway: Gateway, web: httpx.AsyncClient, hour: int) -> None:
    other = Batch("bin-2", hour, ("fill_pct",), (1.0,))
    await gateway.send(gateway.chunk(batches=(*readings(hour, range(50, 70)), other)))
    shown = await asked(web, hour, hour + 2 * HOUR_US)
    assert [(one["device"], (one["hour"] - hour) // HOUR_US, one["delivered"]) for one in shown["items"]] == [
        ("bin-1", 0, 10),
        ("bin-1", 1, 10),
        ("bin-2", 0, 1),
    ]
    shown = await asked(web, hour + HOUR_US, hour + HOUR_US + 1, device="bin-1")
    assert [one["delivered"] for one in shown["items"]] == [10]
    assert (await asked(web, hour - HOUR_US, hour))["items"] == []


async def test_hours_before_1970_are_hours_too(gateway: Gateway, web: httpx.AsyncClient) -> None:
    await gateway.send(gateway.chunk(batches=readings(-HOUR_US, range(58, 62))))
    shown = await asked(web, -HOUR_US, HOUR_US)
    assert [(one["hour"], one["delivered"]) for one in shown["items"]] == [(-HOUR_US, 2), (0, 2)]


async def test_what_is_owed_is_behind_and_never_a_loss(
    gateway: Gateway, web: httpx.AsyncClient, hour: int, clock: FakeClock
) -> None:
    inventory = Inventory(clock.now(), "s", "n", "h", (BIN,))
    blind = Gap("entries", 500, "buffer_damaged", hour - HOUR_US, hour + HOUR_US)
    await gateway.send(gateway.chunk(Lane.ALARM, inventory=inventory, gaps=(blind,)))
    await gateway.send(gateway.chunk(batches=(*readings(hour - HOUR_US, range(40)), *readings(hour, range(10)))))
    await gateway.tell(pending=50, pending_oldest_at=hour + 10 * MINUTE)
    shown = await asked(web, hour - HOUR_US, hour + HOUR_US)
    found = [(one["behind"], one["expected"], one["lost"], one["estimated"]) for one in shown["items"]]
    assert found == [(False, 60, {"buffer_damaged": 20}, True), (True, 10, {}, False)]
    assert (shown["totals"]["pending"], shown["totals"]["pending_oldest_at"]) == (50, hour + 10 * MINUTE)
    await gateway.tell(pending=0)
    shown = await asked(web, hour - HOUR_US, hour + HOUR_US)
    assert [(one["behind"], one["expected"], one["estimated"]) for one in shown["items"]] == [
        (False, 60, True),
        (False, 60, True),
    ]
    assert shown["behind_from"] == clock.now()


async def test_after_the_last_word_of_a_gateway_everything_is_behind(
    gateway: Gateway, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    at = clock.now()
    await gateway.tell(pending=0)
    await gateway.send(gateway.readings(1))
    await clock.advance(600)
    shown = await asked(web, at, clock.now())
    assert (shown["behind_from"], [one["behind"] for one in shown["items"]]) == (at, [True])


async def test_questions_are_bounded(gateway: Gateway, web: httpx.AsyncClient, hour: int) -> None:
    day = 24 * HOUR_US
    for start, end, device, status in (
        (hour, hour + day, None, 200),
        (hour, hour + day + 1, None, 422),
        (hour, hour + 7 * day, "bin-1", 200),
        (hour, hour + 7 * day + 1, "bin-1", 422),
        (hour, hour, None, 422),
        (-(10**30), hour, None, 422),
    ):
        params: dict[str, Any] = {"from": start, "to": end} | ({"device": device} if device else {})
        answer = await web.get("/gateways/g-1/completeness", params=params)
        assert answer.status_code == status, (start, end, device)
    answer = await web.get("/gateways/none/completeness", params={"from": hour, "to": hour + 1})
    assert (answer.status_code, answer.json()["error"]) == (404, "no_such_gateway")
    assert (await web.get("/gateways/g-1/completeness")).status_code == 422


def blind(count: int, start: int, end: int, reason: str = "buffer_damaged") -> GapRow:
    return GapRow("entries", reason, count, start, end, attributed=False, received_at=0)


POINTS = {("d", "a"): 60.0, ("d", "b"): 600.0}


def test_inference_takes_what_the_period_promises_and_nothing_explains() -> None:
    rows = {("d", "a", 0): HourRow("d", "a", 0, delivered=40, unread={"offline": 5})}
    infer(rows, [blind(10**6, 0, HOUR_US)], POINTS, range(0, HOUR_US, HOUR_US))
    assert {name: (row.gone, row.expected, row.estimated) for name, row in rows.items()} == {
        ("d", "a", 0): ({"buffer_damaged": 15}, 60, True),
        ("d", "b", 0): ({"buffer_damaged": 6}, 6, True),
    }


def test_inference_takes_no_more_than_the_gap_spans() -> None:
    rows: dict[tuple[str, str, int], HourRow] = {}
    infer(rows, [blind(10**6, HOUR_US - 5 * MINUTE, HOUR_US + 5 * MINUTE)], POINTS, range(0, 2 * HOUR_US, HOUR_US))
    assert {name: row.expected for name, row in rows.items()} == {
        ("d", "a", 0): 5,
        ("d", "b", 0): 1,
        ("d", "a", HOUR_US): 5,
        ("d", "b", HOUR_US): 1,
    }


def test_inference_takes_no_more_than_the_gap_counts() -> None:
    rows: dict[tuple[str, str, int], HourRow] = {}
    infer(rows, [blind(62, 0, 3 * HOUR_US), blind(1, 0, HOUR_US, "disk")], POINTS, range(0, 3 * HOUR_US, HOUR_US))
    assert sum(row.expected for row in rows.values()) == 63
    assert rows[("d", "b", 0)].lost == {"buffer_damaged": 2, "disk": 1}


def test_a_full_hour_is_left_alone() -> None:
    rows = {("d", "a", 0): HourRow("d", "a", 0, delivered=61, extra=1)}
    infer(rows, [blind(100, 0, HOUR_US)], {("d", "a"): 60.0}, range(0, HOUR_US, HOUR_US))
    assert (rows[("d", "a", 0)].expected, rows[("d", "a", 0)].estimated) == (60, False)
