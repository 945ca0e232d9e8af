"""The whole of it: ``org.bluez`` on a bus, its adapters, and its deaths."""

import contextlib
from collections.abc import Awaitable
from typing import Any

from dbus_fast import Message

from runtime.clock import Clock, SystemClock
from simulators.ble.air import Air, Reach
from simulators.ble.bluez.adapter import Adapter
from simulators.ble.bluez.connection import Connection
from simulators.ble.bluez.faults import Faults
from simulators.ble.bluez.objects import Node, Objects, Reply


class EmulatedBluez:
    """A Bluetooth daemon. ``bus`` is the address of its message bus, ``clock`` measures everything that takes time.

    Adapters are plugged in before or after it is started, and outlive it: what a program set there does not.
    """

    def __init__(self, bus: str, air: Air, clock: Clock | None = None) -> None:
        self._bus = bus
        self._air = air
        self._clock = clock or SystemClock()
        self._objects = Objects(self._send)
        self._connection: Connection | None = None
        self._adapters: dict[str, Adapter] = {}

    @property
    def runs(self) -> bool:
        """Return whether it is on the bus; one whose bus died is not, and is to be started again."""
        return self._connection is not None and self._connection.stands

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """Return the adapters that are plugged in."""
        return tuple(self._adapters.values())

    def adapter(self, name: str = "hci0") -> Adapter:
        """Return an adapter: its faults and how well it hears are set there."""
        return self._adapters[name]

    def add_adapter(
        self, name: str = "hci0", *, address: str = "", reach: Reach | None = None, faults: Faults | None = None
    ) -> Adapter:
        """Plug an adapter in; without ``reach`` it hears everything, without ``faults`` all goes well, as with 5.66."""
        address = address or f"00:1A:7D:DA:71:{0x10 + len(self._adapters):02X}"
        adapter = Adapter(name, address, self._air, self._objects, self._clock, self, reach or Reach())
        adapter.faults = faults or adapter.faults
        self._adapters[name] = adapter
        if self.runs:
            adapter.plug_in()
        return adapter

    def remove_adapter(self, name: str) -> None:
        """Pull an adapter out."""
        self._adapters.pop(name).pull_out()

    async def start(self, ready_s: float = 0.0) -> None:
        """Come to the bus with new objects; ``NoBus`` where there is none. The name is there first, the adapters
        ``ready_s`` later, when the hardware is set up.
        """
        await self._leave(farewell=False)
        connection = Connection(self._bus, self._answer, self._left, self._offered)
        try:
            await connection.open()
            self._connection = connection
            self._objects.add("/org/bluez", Node({"org.bluez.AgentManager1": {}, "org.bluez.ProfileManager1": {}}))
            await connection.own_name()
        except BaseException:
            await self._leave(farewell=False)
            await connection.close(farewell=False)
            raise
        if ready_s:
            await self._clock.sleep(ready_s)
        if self._connection is connection:
            for adapter in self._adapters.values():
                adapter.plug_in()

    async def stop(self) -> None:
        """Say what goes, and leave the bus; connections are lost. Fine to call when it does not run."""
        for adapter in self._adapters.values():
            adapter.pull_out()
        await self._leave(farewell=True)

    async def kill(self) -> None:
        """Leave the bus as after SIGKILL: nothing is said, programs only see the name vanish. Connections are lost."""
        await self._leave(farewell=False)

    async def restart(self, down_s: float = 1.0, ready_s: float = 0.0) -> None:
        """Stop, stay away for ``down_s``, and come back with new objects, as when the service is restarted."""
        await self.stop()
        await self._clock.sleep(down_s)
        await self.start(ready_s)

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something for as long as it is on the bus."""
        if self._connection is not None:
            self._connection.spawn(work)

    async def call(self, to: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
        """Call another program on the bus, whatever it answers."""
        with contextlib.suppress(OSError, EOFError):  # the bus is gone, and whoever was called with it
            if self._connection is not None:
                await self._connection.call(to, path, interface, member, signature, *body)

    async def _leave(self, *, farewell: bool) -> None:
        connection, self._connection = self._connection, None
        for adapter in self._adapters.values():
            adapter.pull_out()
        self._objects.forget()
        if connection is not None:
            await connection.close(farewell=farewell)

    def _send(self, message: Message) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def _left(self, client: str) -> None:
        for adapter in self._adapters.values():
            adapter.forget_client(client)

    def _offered(self, message: Message) -> None:
        for adapter in self._adapters.values():
            adapter.offered(message)

    async def _answer(self, message: Message) -> Reply | None:
        path = message.path or ""
        for adapter in self._adapters.values():
            if path == adapter.path or path.startswith(f"{adapter.path}/"):
                refuse, how = adapter.faults.refused(message.member or "")
                if refuse:
                    if how is None:
                        return None
                    raise how
        return await self._objects.answer(message)
