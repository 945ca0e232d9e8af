"""A house full of devices that are visited on a lent clock, for the tests of visits and of commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from config.bluetooth import Characteristic, GattWrite
from drivers.ble.visiting import Visiting
from drivers.ble.visits import VisitTarget
from runtime.testing import FakeClock
from tests.fakes.connecting import FakeConnector

BATTERY = Characteristic(service="180f", characteristic="2a19")
PULSE = Characteristic(service="180d", characteristic="2a37", how="notify")
RING = GattWrite(service="1802", characteristic="2a06", value="02", answer=True)


def every(device: str, period_s: float = 900.0, stay_s: float = 20.0, *reads: Characteristic) -> VisitTarget:
    return VisitTarget(device, "every", period_s, stay_s, reads or (BATTERY,))


def stream(device: str) -> VisitTarget:
    return VisitTarget(device, "stream", 900.0, 20.0, (PULSE,))


class House:
    """A house full of devices, each of which advertises every second until told otherwise; ``hci0`` hears them."""

    def __init__(self, *targets: VisitTarget, slots: int = 7) -> None:
        self.clock = FakeClock()
        self.radio = FakeConnector(self.clock, slots=slots, values={"2a19": b"\x50"})
        self.told: list[tuple[float, str, bytes]] = []
        self.gone: list[tuple[str, str]] = []
        self.quiet: set[str] = set()
        self.rssi: dict[str, int] = {}
        self.devices = [target.device for target in targets]
        self.visiting = Visiting(
            targets, {"hci0": self.radio}, self.clock, slots=slots,
            told=lambda device, _, value: self.told.append((self.clock.monotonic(), device, value)),
            gone=lambda device, why: self.gone.append((device, why)),
        )  # fmt: skip

    async def live(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            for device in self.devices:
                if device not in self.quiet and device not in self.radio.open:
                    self.visiting.sighted(device, device, "hci0", self.rssi.get(device, -60))
            await self.clock.advance(1.0)

    def told_by(self, device: str) -> list[float]:
        return [at for at, who, _ in self.told if who == device]

    def tried(self, device: str) -> list[float]:
        return [at for at, who in self.radio.tried if who == device]


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.visiting.run())
    await asyncio.sleep(0)
    try:
        yield house
    finally:
        task.cancel()
        await house.clock.advance(20.0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert house.radio.open == {}
        assert len(asyncio.all_tasks()) == 1
