"""One simulated day: wearables live, the radio breaks in every way, and what was told is held against what happened."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.settings import GatewaySettings
from drivers.api import Driver, driver_factory
from edge_agent.devices import BusLoop
from edge_agent.occurrences import Occurrences
from edge_agent.pipeline import Pipeline
from edge_agent.plan import plan_site
from rules.engine import RuleSet
from runtime.clock import Clock
from simulators.ble.air import Broadcast
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.payloads import LAYOUT_COMPANY
from simulators.ble.wearables.wearable import Wearable
from wire.alert import AlertChange
from wire.event import Event
from wire.reading import Batch

STEADY_S = 5.0


@dataclass
class Told:
    """What the gateway made of it: everything that would have been stored, in order."""

    batches: list[Batch] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    alerts: list[AlertChange] = field(default_factory=list)
    keep: bool = True

    async def put(self, item: Batch | Event) -> None:
        """See ``edge_agent.pipeline.Store``."""
        if isinstance(item, Event):
            self.events.append(item)
        elif self.keep:
            self.batches.append(item)

    async def put_now(
        self,
        *,
        events: Sequence[Event] = (),
        alerts: Sequence[AlertChange] = (),
        rules_state: bytes | None = None,
        notes: Mapping[str, bytes] | None = None,
    ) -> bool:
        """See ``edge_agent.pipeline.Store``."""
        self.events += events
        self.alerts += alerts
        return True


@dataclass
class Gateway:
    """The bus loop of an agent with its rules, on a store of ours. ``deaf`` are the spells in which nothing was heard,
    as (since, until) in monotonic seconds.
    """

    settings: GatewaySettings
    clock: Clock
    told: Told = field(default_factory=Told)
    deaf: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        plan = plan_site(self.settings)
        names = {device.id: device.name for device in self.settings.devices}
        rules = RuleSet(self.settings.rules, names, "gw", self.settings.facts)
        occurrences = Occurrences("gw", self.clock)
        self.pipeline = Pipeline(plan.devices, rules, self.told, self.clock, occurrences=occurrences)
        [bus] = self.settings.buses
        self.driver: Driver = driver_factory(bus.type)(bus, self.settings.devices, self.clock)
        self.loop = BusLoop(
            bus.id,
            list(plan.devices.values()),
            self.driver,
            sink=self.pipeline.feed,
            clock=self.clock,
            events=self.pipeline,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Gateway"]:
        """Run while the block does."""
        tasks = [
            asyncio.create_task(self.loop.run(), name="bus"),
            asyncio.create_task(self.pipeline.run_timers(), name="rules"),
            asyncio.create_task(self._watch(), name="watch"),
        ]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        broken = [one for one in results if isinstance(one, Exception)]
        assert not broken, broken

    def online(self) -> set[str]:
        """Return the devices that count as there."""
        return {name for name, link in self.loop.links.items() if link.state == "online"}

    async def _watch(self) -> None:
        since: float | None = None
        while True:
            now, is_deaf = self.clock.monotonic(), bool(self.driver.deaf())  # type: ignore[attr-defined]
            if is_deaf and since is None:
                since = now
            elif not is_deaf and since is not None:
                self.deaf.append((since, now))
                since = None
            await self.clock.sleep(0.5)


async def trouble(air: Neighbourhood, dice: random.Random, clock: Clock, every_s: float, log: list[str]) -> None:
    """Let the radio break in one way or another, on average ``every_s`` apart, until cancelled."""
    faults = (_killed, _restarted, _off, _unplugged, _bus_restarted, _busy, _mute)
    while True:
        await clock.sleep(120 + dice.expovariate(1 / every_s))
        fault = dice.choice(faults)
        log.append(fault.__name__.strip("_"))
        await fault(air, dice, clock)


async def _killed(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    await air.kill_bluetooth()
    await clock.sleep(dice.uniform(0.5, 25))
    await air.start_bluetooth()


async def _restarted(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    await air.restart_bluetooth(dice.uniform(0.2, 10))


async def _off(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    await air.adapter_off()
    await clock.sleep(dice.uniform(1, 20))
    await air.adapter_on()


async def _unplugged(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    air.unplug()
    await clock.sleep(dice.uniform(1, 20))
    air.plug_in()


async def _bus_restarted(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    await air.restart_bus()


async def _busy(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    adapter = air.bluez.adapter()
    adapter.faults.in_progress = dice.randint(1, 5)
    adapter.faults.aborts.update(dict.fromkeys(list(adapter.faults.absent)[:2], 3))


async def _mute(air: Neighbourhood, dice: random.Random, clock: Clock) -> None:
    """Let the adapter hear nothing and say nothing of it, until somebody scans anew or its power is cycled."""
    air.bluez.adapter().deafen(dice.choice(("scan", "power")))


@asynccontextmanager
async def neighbourhood(folder: Path, clock: Clock, **how: str) -> AsyncIterator[Neighbourhood]:
    """Lend a running message bus and emulated BlueZ that this process's D-Bus clients find."""
    air = Neighbourhood(folder, clock, **how)  # type: ignore[arg-type]
    before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
    await air.start()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = air.address
    try:
        yield air
    finally:
        await air.stop()
        if before is None:
            del os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
        else:
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before


class Witness:
    """An ear beside the adapters that notes which calls were in the air while some adapter was able to hear them: how
    often, by whose and which number. It reads the calls' layout by itself.
    """

    def __init__(self, air: Neighbourhood, wearables: Mapping[str, Wearable]) -> None:
        self.calls: Counter[tuple[str, int]] = Counter()
        self._air, self._wearables = air, wearables
        air.air.listen(self)

    def heard(self, broadcast: Broadcast) -> None:
        """See ``simulators.ble.air.Ear``."""
        data = broadcast.companies.get(LAYOUT_COMPANY, b"")
        if data[:2] == b"LL" and len(data) >= 9 and data[3] & 7 and self._air.hears:
            whose = next(name for name, one in self._wearables.items() if one.address == broadcast.address)
            self.calls[whose, data[4]] += 1

    def vanished(self, address: str) -> None:
        """See ``simulators.ble.air.Ear``."""
