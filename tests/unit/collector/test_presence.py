"""Gateways going silent and coming back, by a clock in the test's hands."""

from collector.app import Collector
from collector.fleet.presence import Link, Presence
from collector.store import fleet
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway


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
        row = await collector.parts.store.read(fleet.one_gateway, "g-1")
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert clock.monotonic() < 60
