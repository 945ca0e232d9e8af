"""Goes to see the devices that must be asked: connects, reads, listens, keeps streams up, delivers commands."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from config.bluetooth import Characteristic, GattWrite
from drivers.api.errors import DeviceRefused, DriverError, LineLost, NotSupported, Timeout
from drivers.api.patience import within
from drivers.ble.air import Connection, Connector
from drivers.ble.endings import Ended, how_ended
from drivers.ble.orders import Link, Order
from drivers.ble.visits import Rank, Start, Visits, VisitTarget
from runtime.clock import Clock
from runtime.logs import get_logger

GUARD_S: Final = 60.0
"""No visit lasts longer than this, and what it stays beyond 20 s, whatever the stack does; a stream is set up in it."""

COMMAND_S: Final = 25.0
"""So long a command waits for a connection; until there is one nothing was sent."""

_AGAIN_S: Final = 2.0
_CLOSE_S: Final = 15.0
_USUAL_STAY_S: Final = 20.0


class Visiting:
    """The one who connects, for all adapters of a bus.

    ``told`` gets every value that a device is read or sends while it is connected to. ``gone`` gets a device and why (a
    stable word, a colon, one line) each time a visit to it failed or a stream to it broke; what was read before that
    was told. Neither may raise.
    """

    def __init__(
        self,
        targets: Sequence[VisitTarget],
        connectors: Mapping[str, Connector],
        clock: Clock,
        *,
        slots: int,
        told: Callable[[str, Characteristic, bytes], None],
        gone: Callable[[str, str], None],
    ) -> None:
        """``connectors`` by the name of their receiver; ``slots``: connections that each holds at once."""
        self._targets = {target.device: target for target in targets}
        self._connectors, self._clock, self._told, self._gone = connectors, clock, told, gone
        self._visits = Visits(targets, connectors, slots)
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: dict[str, Link] = {}
        self._orders: defaultdict[str, list[Order]] = defaultdict(list)
        self._failing: set[str] = set()
        self._running = False
        self._log = get_logger("ble.visiting")

    def sighted(self, device: str, address: str, receiver: str, rssi: int | None) -> None:
        """Note an advertisement of a device that is visited or told to do things."""
        if self._visits.heard(device, address, receiver, rssi, self._clock.monotonic()):
            self._wake.set()

    async def run(self) -> None:
        """Make connections as they are due, until cancelled; every one is closed before this ends (2 to 3 s)."""
        self._running = True
        try:
            while True:
                self._wake.clear()
                now = self._clock.monotonic()
                for start in self._visits.starts(now):
                    task = asyncio.create_task(self._serve(start), name=f"visit {start.device}")
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await self._woken()
        finally:
            self._running = False
            for device in list(self._orders):
                self._refuse(device, LineLost("the bus is closed"))
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._visits.closed()

    async def write(self, device: str, how: GattWrite) -> None:
        """Write a command to a device, once, on the connection that there is or on one made for it.

        ``Timeout`` and ``LineLost``: there was none to be had, nothing was sent; ``AnswerLost``: it was sent and nobody
        knows what became of it; ``DeviceRefused`` and ``NotSupported`` are what the device says to it.
        """
        if link := self._links.get(device):
            with suppress(LineLost):  # it is gone already, nothing was sent
                await link.write(how)
                return
        until = self._clock.monotonic() + COMMAND_S
        while True:
            now = self._clock.monotonic()
            if not self._running:
                raise LineLost("the bus is closed")
            if not self._visits.is_near(device, now):
                raise Timeout(f"{device} was not heard lately")
            order = Order(how)
            try:
                await self._delivered(device, order, until - now)
            except DriverError as error:
                if order.begun:
                    raise
                if self._clock.monotonic() + _AGAIN_S >= until:
                    raise Timeout(f"no connection to {device}: {error}") from error
                await self._clock.sleep(_AGAIN_S)
            else:
                return

    async def _delivered(self, device: str, order: Order, seconds: float) -> None:
        """Queue ``order`` for the next connection and wait ``seconds`` for that, then for what comes of it."""
        self._orders[device].append(order)
        self._visits.ask(device)
        self._wake.set()
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((order.done, timer), return_when=asyncio.FIRST_COMPLETED)
            if not order.done.done() and not order.begun:
                raise Timeout(f"not connected within {seconds:g} s")
            await order.done
        finally:
            order.done.cancel()
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)
            if order in self._orders[device]:
                self._orders[device].remove(order)
            self._no_orders(device)

    async def _serve(self, start: Start) -> None:
        """Make one connection and do all that belongs to it; its slot is free when this ends."""
        device = start.device
        target = None if start.rank is Rank.COMMAND else self._targets.get(device)
        error: DriverError | None = None
        connected = False
        try:
            try:
                await self._see(start, target)
                await self._links[device].unused()
            finally:
                connected = device in self._links
                await self._close(device)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            error = LineLost("the stack under it gave up")  # nobody asked for this cancellation
        except DriverError as caught:
            error = caught
        except Exception as fault:  # noqa: BLE001 - the task's boundary: a fault of ours costs this visit only
            self._log.exception("visit_broke", device=device)
            error = DriverError(f"{type(fault).__name__}: {fault}")
        self._finish(start, error, connected=connected)

    async def _see(self, start: Start, target: VisitTarget | None) -> None:
        stay_s = 0.0 if target is None or target.when == "stream" else target.listens_s
        guard_s = GUARD_S + max(0.0, stay_s - _USUAL_STAY_S)
        try:
            await within(self._clock, guard_s, self._visit(start, target, stay_s))
        except TimeoutError as timeout:
            raise Timeout(f"the visit was {timeout}") from timeout
        if target is not None and target.when == "stream":
            await self._links[start.device].connection.gone()
            raise LineLost("the stream broke")

    async def _visit(self, start: Start, target: VisitTarget | None, stay_s: float) -> None:
        link = Link(await self._connectors[start.receiver].connect(start.address), self._clock)
        self._links[start.device] = link
        await self._deliver(start.device, link)
        if target is None:
            return
        heard = await self._ask(target, link.connection)
        if not stay_s:
            return
        gone, stay = asyncio.ensure_future(link.connection.gone()), asyncio.ensure_future(self._clock.sleep(stay_s))
        try:
            await asyncio.wait((gone, stay), return_when=asyncio.FIRST_COMPLETED)
            if not stay.done() and not heard:
                raise LineLost("it broke off before it said anything")
        finally:
            gone.cancel()
            stay.cancel()
            await asyncio.gather(gone, stay, return_exceptions=True)

    async def _deliver(self, device: str, link: Link) -> None:
        """Do what was ordered while there was no connection."""
        for order in self._orders.pop(device, []):
            await order.deliver(link)
        self._no_orders(device)

    async def _ask(self, target: VisitTarget, connection: Connection) -> list[bytes]:
        """Subscribe to what is notified, read the rest; return a list with the last value told, empty while none was.

        What the device does not have, or refuses, costs itself only; where it has nothing of what it must have, that is
        raised.
        """
        heard: list[bytes] = []
        refused: list[DriverError] = []
        for which in sorted(target.reads, key=lambda read: read.how == "read"):
            take = self._taker(target.device, which, heard)
            try:
                if which.how == "notify":
                    await connection.subscribe(which.service, which.characteristic, take)
                else:
                    take(await connection.read(which.service, which.characteristic))
            except (NotSupported, DeviceRefused) as error:
                if not which.optional:
                    refused.append(error)
        if refused and len(refused) == sum(not read.optional for read in target.reads):
            raise refused[0]
        for one in refused:
            self._gone(target.device, f"{one.word}: {one}")
        return heard

    def _taker(self, device: str, which: Characteristic, heard: list[bytes]) -> Callable[[bytes], None]:
        def take(value: bytes) -> None:
            heard[:] = [value]
            self._told(device, which, value)

        return take

    async def _close(self, device: str) -> None:
        """Disconnect, even while this is being cancelled."""
        link = self._links.pop(device, None)
        if link is None:
            return
        closing = asyncio.ensure_future(within(self._clock, _CLOSE_S, link.connection.close()))
        try:
            await asyncio.shield(closing)
        except TimeoutError:
            self._log.warning("disconnect_stuck", device=device, after_s=_CLOSE_S)
        except asyncio.CancelledError:
            await asyncio.gather(closing, return_exceptions=True)
            raise

    def _finish(self, start: Start, error: DriverError | None, *, connected: bool) -> None:
        device, ended = start.device, how_ended(error, connected=connected)
        self._visits.finished(device, ended, self._clock.monotonic())
        self._wake.set()
        if error is not None:
            self._refuse(device, error)
        if ended is Ended.DONE and device in self._failing:
            self._failing.remove(device)
            self._log.info("visit_works", device=device)
        elif ended is Ended.NO_SLOT and start.receiver not in self._failing:
            self._failing.add(start.receiver)
            self._log.warning("fewer_slots", receiver=start.receiver, why=str(error))
        elif ended in (Ended.ABSENT, Ended.BROKE_OFF) and error is not None:
            if device not in self._failing:
                self._failing.add(device)
                self._log.warning("visit_failed", device=device, error=error.word, why=str(error))
            self._gone(device, f"{error.word}: {error}")

    def _refuse(self, device: str, error: DriverError) -> None:
        """Tell whoever wanted the connection that this try came to nothing."""
        for order in self._orders.pop(device, []):
            order.refuse(error)
        self._no_orders(device)

    def _no_orders(self, device: str) -> None:
        if not self._orders.get(device):
            self._orders.pop(device, None)
            self._visits.withdraw(device)

    async def _woken(self) -> None:
        """Wait until something was heard or has ended that matters, or the time of the next visit."""
        now = self._clock.monotonic()
        wake_at = self._visits.wake_at(now)
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if wake_at is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep(wake_at - now)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
