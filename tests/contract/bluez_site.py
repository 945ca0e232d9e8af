"""An emulated BlueZ on a message bus of its own, for bleak as it is; nothing of a program may be left afterwards."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from drivers.ble.advertisement import Advertisement
from drivers.ble.bluez import BluezReceiver
from simulators.ble.air import Broadcast
from tests.fakes.bluez import FakeBluez, until

PATIENCE_S = 10.0
"""What does not happen by then does not happen."""


class Site(FakeBluez):
    """The stack with what one program hears of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.heard: list[Advertisement] = []

    def receiver(self, adapter: str = "hci0", *, passive: bool = False) -> BluezReceiver:
        """Return a receiver that is not started."""
        return BluezReceiver(adapter, passive=passive, clock=self.clock)

    async def hears(self, broadcast: Broadcast, receiver: BluezReceiver) -> None:
        """Send until this receiver hears; callbacks are there only some time after a scan began."""
        count = len([one for one in self.heard if one.receiver == receiver.name])

        def heard() -> bool:
            self.air.transmit(broadcast)
            return len([one for one in self.heard if one.receiver == receiver.name]) > count

        await until(heard)

    async def lost(self, receiver: BluezReceiver, after_s: float = 1.0) -> str:
        """Return what the receiver says when the stack has said so and ``after_s`` have gone by."""
        told = asyncio.create_task(receiver.lost())
        async with asyncio.timeout(PATIENCE_S):
            while not told.done():
                await asyncio.sleep(0.01)
                await self.clock.advance(after_s / 4)
        return told.result()

    async def names(self) -> set[str]:
        """Return who is on the bus beside the daemon's own connection and this question."""
        bus = await MessageBus(bus_address=self.bus.address).connect()
        try:
            answer = await bus.call(
                Message(
                    destination="org.freedesktop.DBus",
                    path="/org/freedesktop/DBus",
                    interface="org.freedesktop.DBus",
                    member="ListNames",
                )
            )
            assert answer is not None
            return {name for name in answer.body[0] if name.startswith(":")} - {str(bus.unique_name)}
        finally:
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def site(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Run one for as long as the block lasts; then no task, no file and no connection of the program may be left."""
    made = Site(folder)
    patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.bus.address)
    files, tasks, complaints = _files(), _tasks(), _complaints()
    try:
        await made.bus.start()
        await made.stack.start()
        yield made
        if made.bus.pid is not None:
            own = 1 if made.stack.runs else 0
            async with asyncio.timeout(PATIENCE_S):  # the bus notices a closed connection when it looks at it next
                while len(await made.names()) > own:
                    await asyncio.sleep(0.01)
    finally:
        await made.stack.kill()
        made.bus.kill()
    await until(lambda: _tasks() <= tasks)
    assert _files() == files
    gc.collect()  # nobody took note of a failed future: it complains when it is thrown away
    assert complaints == []


def _tasks() -> set[asyncio.Task[object]]:
    this = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not this}


def _complaints() -> list[str]:
    """Return what the loop complains of from now on; that bleak's clients do not look how their bus ended is known."""
    complaints: list[str] = []

    def complain(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        if not isinstance(context.get("exception"), EOFError):
            complaints.append(f"{context.get('message')} {context.get('exception')!r}")

    asyncio.get_running_loop().set_exception_handler(complain)
    return complaints


def _files() -> int:
    return len(os.listdir("/proc/self/fd"))
