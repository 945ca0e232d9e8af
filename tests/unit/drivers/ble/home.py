"""A driver on adapters without a radio, with a pendant, a band and a cuff in the air around it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from config.bus_settings import BleBus
from config.catalog import load_profile
from config.settings import DeviceSettings
from drivers.api import Heard
from drivers.ble.advertisement import Advertisement
from drivers.ble.driver import BleDriver, Ear
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.air import FakeReceiver
from tests.fakes.connecting import FakeConnector
from wire.event import Event

PENDANT, BAND, CUFF = "C1:00:00:00:00:01", "C1:00:00:00:00:02", "C1:00:00:00:00:03"
MEASURED = bytes.fromhex("00 78 00 50 00 5d 00")
"""120 over 80, mean 93 mmHg."""


def device(name: str, profile: str, mac: str) -> DeviceSettings:
    return DeviceSettings(id=name, name=name, bus="ble", unit=0, profile=load_profile(profile), options={"mac": mac})


DEVICES = (
    device("sos-1", "sos/ble-field-map", PENDANT),
    device("band-1", "band/pendant-with-fall", BAND),
    device("cuff-1", "health/blood-pressure", CUFF),
)


@dataclass
class Home:
    """A driver with its adapters and what it told. ``go_on`` lets whoever hears be slow."""

    adapters: tuple[str, ...] = ("hci0",)
    devices: Sequence[DeviceSettings] = DEVICES
    clock: FakeClock = field(default_factory=FakeClock)
    heard: list[Heard] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.receivers = {name: FakeReceiver(name) for name in self.adapters}
        self.connector = FakeConnector(self.clock, values={"2a19": b"\x50"})
        self.bus = BleBus(id="ble", type="ble", adapters=self.adapters)
        self.driver = BleDriver(self.bus, self.devices, self.clock, self._ear)
        self.go_on.set()

    def _ear(self, bus: BleBus, adapter: str, clock: Clock) -> Ear:
        return self.receivers[adapter], self.connector

    async def hear(self, told: Sequence[Heard]) -> Awaitable[object]:
        await self.go_on.wait()
        self.heard += told
        safe: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        safe.set_result(None)
        return safe

    @asynccontextmanager
    async def listening(self) -> "AsyncIterator[asyncio.Task[None]]":
        await self.driver.open()
        task = asyncio.create_task(self.driver.listen(self.hear))
        await self.clock.advance(0.01)
        try:
            yield task
        finally:
            task.cancel()
            await self.clock.advance(5)
            await asyncio.gather(task, return_exceptions=True)
            await self.driver.close()

    async def say(self, mac: str, data: bytes, *, through: str = "hci0", rssi: int = -60) -> None:
        """Have a device advertise its data, and give what is to be told its turn."""
        at = self.clock.now()
        self.receivers[through].say(Advertisement(mac, at, rssi, companies={0xFFFF: data}, receiver=through))
        await self.clock.advance(0.01)

    async def press(self, number: int, **more: str) -> None:
        await self.say(PENDANT, pendant(1, number), **more)  # type: ignore[arg-type]

    async def walk(self, seconds: int, *macs: str) -> None:
        """Let so long pass while these devices advertise every second."""
        for _ in range(seconds):
            for mac in macs:
                await self.say(mac, band(72) if mac == BAND else pendant(0, 0))
            await self.clock.advance(0.99)

    def events(self) -> list[Event]:
        return [item for item in self.heard if isinstance(item, Event)]


def pendant(flags: int, number: int, battery: int = 80) -> bytes:
    return bytes([0x4C, 0x4C, 1, flags, number, battery])


def band(rate: int, flags: int = 8, number: int = 0) -> bytes:
    return bytes([0x4C, 0x4C, 2, flags, number, 80, rate, 0, 0])
