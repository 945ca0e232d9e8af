"""An emulated BlueZ on a message bus of its own, for one test: any program in this process that uses BlueZ finds it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from runtime.testing import FakeClock
from simulators.ble.air import Air
from simulators.ble.bluez.faults import Faults
from simulators.ble.bluez.stack import EmulatedBluez
from simulators.ble.bus import MessageBusDaemon, bus_installed

T = TypeVar("T")


class FakeBluez:
    """The air, the stack and the bus, with time in the test's hands. A machine without a bus skips the test.

    Devices do not expire unless a test has them do so: fake time flies while the bus takes its own.
    """

    def __init__(self, folder: Path) -> None:
        if not bus_installed():
            pytest.skip("dbus-daemon is not installed (requirements/debian.txt)")
        self.clock = FakeClock()
        self.air = Air()
        self.bus = MessageBusDaemon(folder)
        self.stack = EmulatedBluez(self.bus.address, self.air, self.clock)
        self.hci0 = self.stack.add_adapter("hci0", faults=Faults(expiry_s=1e6))

    async def through(self, work: Awaitable[T]) -> T:
        """Let fake time pass, tenth by tenth, until something is done."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.clock.advance(0.1)
            await asyncio.sleep(0.001)  # what goes over the bus takes its own time
        return await task

    def waits(self, least: float, most: float) -> bool:
        """Return whether something waits that is due in so many seconds of fake time."""
        return any(least <= due - self.clock.monotonic() <= most for due, _, _ in self.clock._sleepers)


async def until(condition: Callable[[], object]) -> None:
    """Wait for what goes over the bus."""
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came")


@asynccontextmanager
async def fake_bluez(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBluez]:
    """Run it for as long as the block lasts; every connection to the bus is gone afterwards."""
    with TemporaryDirectory(prefix="linli-bus-") as folder:
        made = FakeBluez(Path(folder))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.bus.address)
        try:
            await made.bus.start()
            await made.stack.start()
            yield made
        finally:
            await made.stack.stop()
            made.bus.kill()
            own = asyncio.current_task()
            # a program notices that its bus is gone, and lets go of its socket
            await asyncio.wait_for(
                asyncio.gather(*(t for t in asyncio.all_tasks() if t is not own), return_exceptions=True), 10
            )
