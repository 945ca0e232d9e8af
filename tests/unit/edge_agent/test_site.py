"""A configuration at work on a real buffer and real rules: what is stored, and what a reload and a restart keep."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from config.address import Scalar
from config.bus_settings import BusSettings
from config.catalog import load_profile
from config.settings import DeviceFacts, DeviceSettings, SiteFacts
from edge_agent.buffer import Buffer
from edge_agent.inventory import make_inventory
from edge_agent.plan import SitePlan, plan_site
from edge_agent.sieve import installed_driver
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from tests.unit.edge_agent.making import BIN_FULL, plan, settings
from wire.alert import AlertState
from wire.chunk import Content
from wire.codec import unseal
from wire.reading import Value

CALM: dict[str, dict[str, Value]] = {
    "door-1": {"door_state": "closed", "lock_state": "locked"},
    "bin-1": {"distance_mm": 900, "temperature_c": 21.5, "fill_pct": 23.5},
}


class _Bench:
    """A site over a buffer in ``tmp_path``; the clock is fake, the disk is not, so each step waits for the disk."""

    def __init__(self, buffer: Buffer, clock: FakeClock) -> None:
        self.buffer, self.clock, self.keeper = buffer, clock, Timekeeper(clock, synced=lambda: True)
        self.drivers: list[FakeDriver] = []
        self.values = {device: dict(values) for device, values in CALM.items()}

    def make_driver(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> FakeDriver:
        self.drivers.append(FakeDriver(clock, self.values))
        return self.drivers[-1]

    async def pass_time(self, seconds: int) -> None:
        for _ in range(seconds * 4):
            await self.clock.advance(0.25)
            await self.buffer.alive()
            await self.clock.advance(0)

    async def stored(self) -> list[Content]:
        await self.buffer.flush()
        return [unseal(chunk) for chunk in await self.buffer.peek(10_000_000, 1000)]

    async def alerts(self) -> list[tuple[str, AlertState]]:
        return [(change.rule, change.state) for content in await self.stored() for change in content.alerts]


@asynccontextmanager
async def _bench(folder: Path) -> AsyncIterator[_Bench]:
    clock = FakeClock()
    buffer = await Buffer.open(folder / "buffer.db", clock)
    try:
        yield _Bench(buffer, clock)
    finally:
        await buffer.close()


@asynccontextmanager
async def _running(bench: _Bench, chosen: SitePlan) -> AsyncIterator[CurrentSite]:
    current = CurrentSite(chosen, "test-gate", bench.buffer, bench.keeper, bench.make_driver)
    await current.remember()
    task = asyncio.create_task(current.run())
    try:
        await bench.pass_time(1)
        yield current
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_readings_an_inventory_and_one_alert_reach_the_buffer(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench, _running(bench, plan()) as current:
        bench.values["bin-1"]["fill_pct"] = 85.0
        await bench.pass_time(5)
        assert await bench.alerts() == [("bin_full", AlertState.RAISED)]
        contents = await bench.stored()
        assert [content.inventory.config_hash for content in contents if content.inventory] == ["0123456789ab"]
        readings = [batch for content in contents for batch in content.batches]
        assert sum(batch.device == "bin-1" for batch in readings) >= 5
        assert sum(batch.device == "door-1" for batch in readings) == 1
        assert current.is_online("door-1")
        assert not current.is_online("nobody")


async def test_a_restart_neither_repeats_nor_forgets_an_alert(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.values["bin-1"]["fill_pct"] = 85.0
        for _ in range(3):
            async with _running(bench, plan()):
                await bench.pass_time(3)
        bench.values["bin-1"]["fill_pct"] = 5.0
        async with _running(bench, plan()):
            await bench.pass_time(3)
        assert await bench.alerts() == [("bin_full", AlertState.RAISED), ("bin_full", AlertState.CLEARED)]
        assert sum(content.inventory is not None for content in await bench.stored()) == 1


async def test_a_reload_closes_the_old_buses_and_keeps_open_alerts(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench, _running(bench, plan()) as current:
        bench.values["bin-1"]["fill_pct"] = 85.0
        await bench.pass_time(3)
        current.change(plan(digest="ba9876543210", rules=(BIN_FULL,)))
        await bench.pass_time(3)
        assert [driver.is_open for driver in bench.drivers] == [False, True]
        assert await bench.alerts() == [("bin_full", AlertState.RAISED)]
        inventories = [content.inventory for content in await bench.stored() if content.inventory]
        assert [one.config_hash for one in inventories] == ["0123456789ab", "ba9876543210"]


async def test_an_alert_whose_rule_is_removed_is_cleared(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench, _running(bench, plan()) as current:
        bench.values["bin-1"]["fill_pct"] = 85.0
        await bench.pass_time(3)
        current.change(plan(rules=()))
        await bench.pass_time(3)
        assert await bench.alerts() == [("bin_full", AlertState.RAISED), ("bin_full", AlertState.CLEARED)]


async def test_a_bus_without_a_driver_leaves_its_devices_offline_with_a_reason(tmp_path: Path) -> None:
    chosen = settings()
    unserved = replace(chosen.buses[0], type="carrier-pigeon")  # type: ignore[arg-type]  # no such bus
    async with _bench(tmp_path) as bench:
        current = CurrentSite(
            plan_site(replace(chosen, buses=(unserved,))),
            "test-gate",
            bench.buffer,
            bench.keeper,
            installed_driver,
        )
        task = asyncio.create_task(current.run())
        await bench.pass_time(2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert {(link.state, link.error.partition(":")[0]) for link in current.site.links()} == {
            ("offline", "misconfigured")
        }
        assert current.driver_of("nobody") is None


async def test_a_barrier_whose_buttons_alone_are_wired_stops_nobody_and_can_be_told(tmp_path: Path) -> None:
    chosen = settings(rules=())
    profile = load_profile("barrier/dry-contact-waveshare-d8")
    options: dict[str, Scalar | dict[str, int]] = {"relays": {"up": 1, "down": 2}}
    barrier = replace(chosen.devices[0], id="gate-1", profile=profile, options=options)
    everything = plan_site(replace(chosen, devices=(barrier, *chosen.devices)))
    installed_driver(chosen.buses[0], everything.settings.devices, FakeClock())
    async with _bench(tmp_path) as bench, _running(bench, everything) as current:
        bench.values["gate-1"] = {}
        await bench.pass_time(6)
        assert everything.devices["gate-1"].points == ()
        assert current.is_online("gate-1")
        assert not any(batch.device == "gate-1" for one in await bench.stored() for batch in one.batches)


async def test_a_reload_that_meets_another_under_way_is_not_lost(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench, _running(bench, plan()) as current:
        current.change(plan(digest="111111111111"))
        while current.site.settings.hash == "0123456789ab":
            await bench.clock.advance(0.01)
        current.change(plan(digest="222222222222"))
        await bench.pass_time(3)
        assert current.site.settings.hash == "222222222222"


def test_an_inventory_names_what_the_console_can_show_and_ask() -> None:
    chosen = plan()
    inventory = make_inventory(chosen.settings, chosen.devices, at=7)
    door = inventory.devices[0]
    assert (inventory.site, inventory.at, door.kind) == ("test-gate", 7, "access_door")
    assert {point.key for point in door.points} == {"door_state", "lock_state"}
    (command,) = door.commands
    assert (command.name, command.args["seconds"].max, command.args["seconds"].default) == ("pulse_unlock", 30, 5)


def test_an_inventory_says_in_which_building_a_device_is_and_whose_it_is() -> None:
    chosen = plan()
    door = chosen.settings.devices[0].id
    facts = SiteFacts(devices={door: DeviceFacts(building="3幢", person="P-0001")})
    first, *others = make_inventory(replace(chosen.settings, facts=facts), chosen.devices, at=7).devices
    assert (first.building, first.person) == ("3幢", "P-0001")
    assert {(other.building, other.person) for other in others} <= {("", "")}


async def test_what_was_asked_before_the_stop_is_heard_and_stored(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        current = CurrentSite(plan_site(settings()), "g-1", bench.buffer, bench.keeper, bench.make_driver)
        running = asyncio.create_task(current.run())
        await bench.pass_time(1)
        for driver in bench.drivers:
            driver.takes_s = 1.0
        await bench.pass_time(6)
        asked = sum(len(driver.polled) for driver in bench.drivers)
        assert any(bus.busy for bus in current.site.buses.values())
        heard = current.site.pipeline.polled
        running.cancel()
        await bench.pass_time(3)
        assert running.done()
        assert current.site.pipeline.polled > heard
        assert not any(bus.busy for bus in current.site.buses.values())
        assert sum(bus.polls for bus in current.site.buses.values()) == asked
        assert not any(driver.is_open for driver in bench.drivers)
