"""Gateways going silent and coming back, by a clock in the test's hands."""

import httpx
import pytest

from collector.access.gateways import Refused
from collector.app import Collector
from collector.fleet.presence import ClockOffset, Link, Presence
from collector.store import fleet
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway

SECOND = 1_000_000


async def test_silence_makes_late_then_offline(gateway: Gateway, collector: Collector, clock: FakeClock) -> None:
    presence = collector.parts.presence
    assert presence.link("g-1") is Link.UNKNOWN
    await gateway.tell()
    assert presence.link("g-1") is Link.ONLINE
    await clock.advance(61)
    assert presence.link("g-1") is Link.LATE
    await clock.advance(120)
    assert presence.link("g-1") is Link.OFFLINE
    await gateway.send(gateway.readings(1))
    assert presence.link("g-1") is Link.ONLINE


async def test_a_wall_clock_step_changes_no_link(gateway: Gateway, collector: Collector, clock: FakeClock) -> None:
    await gateway.tell()
    clock.step_wall(10**12)
    assert collector.parts.presence.link("g-1") is Link.ONLINE


async def test_changes_are_told_once(store: SqlStore, clock: FakeClock) -> None:
    told: list[str] = []
    presence = Presence(store, clock, told.append)
    presence.heard("g")
    presence.heard("g")
    assert told == ["g"]
    await clock.advance(61)
    presence.look()
    presence.look()
    assert told == ["g", "g"]
    presence.heard("g")
    assert told == ["g", "g", "g"]


async def test_what_was_heard_outlives_a_restart(gateway: Gateway, collector: Collector, clock: FakeClock) -> None:
    await gateway.tell(pending=7)
    await collector.parts.presence.keep()
    await clock.advance(100)
    after = Presence(collector.parts.store, clock, lambda _: None)
    after.restore(await collector.parts.store.read(fleet.gateways))
    status = after.status("g-1")
    assert status is not None
    assert (after.link("g-1"), status.pending, after.devices("g-1")["door-1"].state) == (Link.LATE, 7, "online")


async def test_the_job_looks_and_keeps(gateway: Gateway, collector: Collector, clock: FakeClock) -> None:
    import asyncio

    presence = collector.parts.presence
    await gateway.tell()
    job = asyncio.create_task(presence.run())
    row = None
    while row is None or row.seen_at is None:
        await clock.advance(2)
        await collector.parts.store.write(lambda _: None)  # behind what the job has asked the same thread for
        row = await collector.parts.store.read(fleet.one_gateway, "g-1")
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert clock.monotonic() < 60


def test_the_measurement_that_travelled_least_is_the_best() -> None:
    clock = ClockOffset()
    for late in (300, 20, 900):
        clock.measured(42_000_000 - late)
    assert (clock.best, clock.newest) == (41_999_980, 41_999_100)
    clock.measured(30_000_000)
    assert clock.best == 30_000_000
    for _ in range(8):
        clock.measured(29_999_000)
    assert clock.best == 29_999_000


async def test_how_far_a_gateways_clock_is_off(
    gateway: Gateway, web: httpx.AsyncClient, collector: Collector, client: httpx.AsyncClient
) -> None:
    async def offset() -> float | None:
        item = (await web.get("/gateways")).json()["items"][0]
        return float(item["clock_offset_s"]) if item["clock_offset_s"] is not None else None

    async def tell(wall: int) -> None:
        headers = gateway.token("GET", "/gateway/v1/commands", wall=wall)
        await collector.parts.gate.greet("GET", "/gateway/v1/commands", headers["Authorization"])

    await gateway.tell()
    assert await offset() is None
    now = gateway.clock.now()
    for late in (300_000, 20_000, 900_000):
        await tell(now + 42 * SECOND - late)
    assert await offset() == 41.98
    assert 'linli_collector_gateway_clock_offset_seconds{gateway="g-1"} 41.98' in (await client.get("/metrics")).text
    await collector.parts.presence.keep()
    row = await collector.parts.store.read(fleet.one_gateway, "g-1")
    assert row is not None
    assert (row.clock_offset_us, row.clock_offset_at) == (41_980_000, now)
    await tell(now - 10_000)
    assert await offset() == -0.01
    with pytest.raises(Refused, match="expired"):
        await _greet(collector, gateway.token("GET", "/x", wall=now + 99 * SECOND, issued_at=now - 9999 * SECOND))
    assert await offset() == -0.01


async def _greet(collector: Collector, headers: dict[str, str]) -> None:
    await collector.parts.gate.greet("GET", "/x", headers["Authorization"])


async def test_a_gateway_tells_how_its_buffer_and_clock_are(gateway: Gateway, web: httpx.AsyncClient) -> None:
    told = {"clock": "synced", "clock_source": "ntp", "buffer_problem": "read-only", "thinned": 5, "dropped": 6}
    told |= {"quarantined": 7, "written_per_day": 8, "card_years": 9.5}
    item = (await web.get("/gateways")).json()["items"][0]
    assert (item["thinned"], item["card_years"], item["clock"]) == (None, None, "")
    await gateway.tell(**told)
    item = (await web.get("/gateways")).json()["items"][0]
    assert {name: item[name] for name in told} == told
