"""An adapter that connects on a lent clock: with few slots, and with devices that are away, slow or break off."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.api import AnswerLost, DeviceRefused, LineLost, NotSupported, Timeout
from drivers.ble.errors import NoSlot
from runtime.clock import Clock


class FakeConnection:
    """A connection to one device; its connector says what it answers."""

    def __init__(self, connector: "FakeConnector", address: str) -> None:
        self._connector, self.address = connector, address
        self._gone = asyncio.Event()
        self._told: dict[str, Callable[[bytes], None]] = {}

    async def read(self, service: str, characteristic: str) -> bytes:
        await self._connector.answering(self.address, self._gone)
        if characteristic in self._connector.refuses:
            raise DeviceRefused("ATT error", self._connector.refuses[characteristic])
        if characteristic not in self._connector.values:
            raise NotSupported(f"no {characteristic}")
        return self._connector.values[characteristic]

    async def write(self, service: str, characteristic: str, value: bytes, *, answer: bool) -> None:
        if self._gone.is_set():
            raise LineLost("gone")
        self._connector.written.append((self._connector.clock.monotonic(), self.address, value))
        if answer:
            try:
                await self._connector.answering(self.address, self._gone)
            except LineLost as error:
                raise AnswerLost("it broke off") from error

    async def subscribe(self, service: str, characteristic: str, told: Callable[[bytes], None]) -> None:
        await self._connector.answering(self.address, self._gone)
        if characteristic in self._connector.refuses:
            raise DeviceRefused("ATT error", self._connector.refuses[characteristic])
        self._told[characteristic] = told

    async def gone(self) -> None:
        await self._gone.wait()

    async def close(self) -> None:
        self._gone.set()
        await self._connector.clock.sleep(self._connector.disconnect_s)
        self._connector.open.pop(self.address, None)

    def notify(self, characteristic: str, value: bytes) -> None:
        """Have the device say something."""
        self._told[characteristic](value)

    def drop(self) -> None:
        """Have the device break off."""
        self._gone.set()


@dataclass
class FakeConnector:
    """``open`` are its connections; ``tried`` lists (time, address) of every attempt, ``most`` is how many slots were
    taken at once. ``values`` by characteristic are what every device reads, ``refuses`` the ATT errors.

    Addresses in ``absent`` do not answer for ``absent_s``, those in ``aborts`` break off after ``connect_s``, those in
    ``stuck`` connect and then never answer anything. ``away`` is raised by every attempt while it is set.
    """

    clock: Clock
    slots: int = 7
    connect_s: float = 1.5
    answer_s: float = 0.05
    disconnect_s: float = 2.5
    absent_s: float = 20.0
    values: dict[str, bytes] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    aborts: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    away: BaseException | None = None
    open: dict[str, FakeConnection | None] = field(default_factory=dict)
    tried: list[tuple[float, str]] = field(default_factory=list)
    written: list[tuple[float, str, bytes]] = field(default_factory=list)
    most: int = 0

    async def connect(self, address: str) -> FakeConnection:
        self.tried.append((self.clock.monotonic(), address))
        if self.away is not None:
            raise self.away
        if len(self.open) >= self.slots:
            raise NoSlot("no slot is free")
        self.open[address] = None
        self.most = max(self.most, len(self.open))
        try:
            if address in self.absent:
                await self.clock.sleep(self.absent_s)
                raise Timeout("the device was not there")
            await self.clock.sleep(self.connect_s)
            if address in self.aborts:
                raise DeviceRefused("it broke off", 0x3E)
        except BaseException:
            del self.open[address]
            raise
        connection = self.open[address] = FakeConnection(self, address)
        return connection

    def connection(self, address: str) -> FakeConnection:
        """Return the connection to ``address``; ``LookupError`` where there is none."""
        found = self.open[address]
        if found is None:
            raise LookupError(f"{address} is not connected yet")
        return found

    async def answering(self, address: str, gone: asyncio.Event) -> None:
        """Take as long as a device takes to answer; ``LineLost`` when it breaks off meanwhile."""
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(gone.wait())]
        if address not in self.stuck:
            waits.append(asyncio.ensure_future(self.clock.sleep(self.answer_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if gone.is_set():
            raise LineLost("gone")
