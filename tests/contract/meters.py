"""What the suites of both meter protocols stand on: a pretend line, reachable in either way, and its bus."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

from config.bus_settings import MeterBus, MeterSerialBus, MeterTcpBus
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api import Driver, driver_factory
from runtime.clock import SystemClock
from simulators.meters.line import MeterLine
from simulators.meters.wires import PortWire, PtyWire
from tests.contract.driver_suite import Harness
from tests.unit.drivers.shipped import made

TIMEOUT_S = 0.3

Family = Literal["meter", "dlt645", "cjt188"]


def meter_of(*items: dict[str, object]) -> Profile:
    """Return a profile of a DL/T 645 meter with these items."""
    return made(
        driver="dlt645", kind="electric_meter", transport={"buses": ["dlt645-serial", "dlt645-tcp"]}, items=items
    )


class MeterHarness(Harness):
    """A pretend line with meters; a subclass says which, and which devices the driver is told of."""

    family: Family
    timeout_s = TIMEOUT_S

    def __init__(self, folder: Path, *, serial: bool) -> None:
        self.serial = serial
        self.clock = SystemClock()
        self.line = self.make_line()
        self.wire = PtyWire(self.line, self.clock, folder / "tty") if serial else PortWire(self.line, self.clock)

    @abstractmethod
    def make_line(self) -> MeterLine:
        """Return the line with its meters."""

    @abstractmethod
    def devices(self) -> Sequence[DeviceSettings]:
        """Return what the driver is made with."""

    def bus(self) -> MeterBus:
        """Return the bus as configuration would give it."""
        if isinstance(self.wire, PtyWire):
            serial: dict[Family, Literal["meter-serial", "dlt645-serial", "cjt188-serial"]] = {
                "meter": "meter-serial", "dlt645": "dlt645-serial", "cjt188": "cjt188-serial",
            }  # fmt: skip
            port = str(self.wire.link)
            return MeterSerialBus(id="line", type=serial[self.family], port=port, timeout_s=self.timeout_s)
        tcp: dict[Family, Literal["meter-tcp", "dlt645-tcp", "cjt188-tcp"]] = {
            "meter": "meter-tcp", "dlt645": "dlt645-tcp", "cjt188": "cjt188-tcp",
        }  # fmt: skip
        port_number = self.wire.port
        kind = tcp[self.family]
        return MeterTcpBus(id="line", type=kind, host="127.0.0.1", port=port_number, timeout_s=self.timeout_s)

    def build(self) -> None:
        """Make the driver, once the counterpart has its port."""
        self.driver: Driver = self.make(self.bus())

    def make(self, bus: MeterBus) -> Driver:
        """Return a driver of the devices on ``bus``."""
        return driver_factory(bus.type)(bus, self.devices(), self.clock)

    async def impatient(self, timeout_s: float) -> None:
        """Make the driver anew, open, with so much time for an answer."""
        await self.driver.close()
        self.timeout_s = timeout_s
        self.build()
        await self.driver.open()

    async def start(self) -> None:
        await self.wire.start()

    async def stop(self) -> None:
        await self.wire.stop()

    def freeze(self, frozen: bool) -> None:
        self.line.frozen = frozen


async def running(harness: MeterHarness) -> AsyncIterator[MeterHarness]:
    """Start a counterpart and its driver, and end both."""
    await harness.start()
    harness.build()
    yield harness
    await harness.driver.close()
    await harness.stop()
