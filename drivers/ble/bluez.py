"""One adapter that listens through BlueZ and bleak: a scanner that is never stopped on its own account."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs, OrPattern
from bleak.assigned_numbers import AdvertisementDataType as Ad
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDBusError, BleakError
from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from drivers.api.errors import DriverError, LineLost, Misconfigured
from drivers.ble import bleak_bus, usb
from drivers.ble.advertisement import Advertisement, short_uuid
from drivers.ble.system_bus import ADAPTER, CALL_S, OBJECTS, SystemBus, refusal
from runtime.clock import Clock

START_S: Final = 12.0
"""What does not listen by then does not in this attempt."""

KNOWN_S: Final = 60.0
"""A device that was not heard for so long cannot be connected to: the stack has forgotten it."""

MOST_KNOWN: Final = 4096
"""So many devices are remembered at most; the air of a busy street changes its addresses all the time."""

PATTERNS: Final = (
    *(OrPattern(0, Ad.FLAGS, bytes((flags,))) for flags in (0x02, 0x04, 0x05, 0x06, 0x18, 0x1A)),
    OrPattern(0, Ad.MANUFACTURER_SPECIFIC_DATA, b"\x4c\x00\x02\x15"),
    OrPattern(0, Ad.MANUFACTURER_SPECIFIC_DATA, b"\x57\x01"),
    *(OrPattern(0, Ad.SERVICE_DATA_UUID16, uuid) for uuid in (b"\xd2\xfc", b"\x95\xfe", b"\xaa\xfe")),
)
"""What passive listening asks for, as it must ask for something: whoever sends flags, and the beacons that do not."""

_STACK_ERRORS: Final = (BleakError, DBusFastError, OSError, EOFError, AssertionError, LookupError)
"""What bleak lets out besides its own errors when the stack dies under it."""

_STOP_S: Final = 1.2
_REMARK_S: Final = 0.5
"""A daemon that ends says first that its adapters are off and gone."""

_PAUSE_S: Final = 15.0
"""BlueZ itself pauses a scan for some seconds, to connect or between two rounds, and says so."""

_NO_RSSI: Final = -127
_ADDRESS: Final = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_short = lru_cache(maxsize=512)(short_uuid)


class _Known(NamedTuple):
    """A device as it was heard last, at ``at`` (monotonic): ``link`` is how it was connected, ``content`` what came."""

    device: BLEDevice
    at: float
    link: tuple[object, object]
    content: tuple[int, dict[int, bytes], dict[str, bytes]]


class BluezReceiver:
    """A ``Receiver``; ``adapter`` is ``hci0`` or an adapter's own address, which stays when numbers change."""

    def __init__(self, adapter: str, *, passive: bool = False, clock: Clock) -> None:
        self._name, self._passive, self._clock = adapter, passive, clock
        self._path = "" if _ADDRESS.fullmatch(adapter.upper()) else f"/org/bluez/{adapter}"
        self._scanner: BleakScanner | None = None
        self._watch: SystemBus | None = None
        self._used: MessageBus | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._lost: asyncio.Future[str] | None = None
        self._fresh = False
        self._heard: Callable[[Advertisement], None] = _nobody
        self._known: dict[str, _Known] = {}

    @property
    def name(self) -> str:
        """See ``Receiver``."""
        return self._name

    def device(self, address: str) -> BLEDevice | None:
        """Return what bleak connects to, if the device was heard lately."""
        known = self._known.get(address)
        return None if known is None or self._clock.monotonic() - known.at > KNOWN_S else known.device

    async def start(self, heard: Callable[[Advertisement], None]) -> None:
        """See ``Receiver``; one attempt, of ``START_S`` at most."""
        await self.stop()
        self._heard, self._lost, self._fresh = heard, asyncio.get_running_loop().create_future(), False
        try:
            async with asyncio.timeout(START_S):
                await self._begin_to_watch()
                await self._begin_to_scan()
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise LineLost(f"{self._name}: bluetoothd takes too long to begin") from error
            raise

    async def stop(self) -> None:
        """See ``Receiver``."""
        scanner, self._scanner = self._scanner, None
        watch, self._watch = self._watch, None
        used, self._used = self._used, None
        self._heard = _nobody
        self._known.clear()
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result("stopped")
        if scanner is not None and (self._fresh or used is None or not used.connected):
            bleak_bus.abandon(scanner)
        elif scanner is not None:
            with suppress(*_STACK_ERRORS, TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await scanner.stop()
        if watch is not None:
            await watch.close()
        if self._fresh:
            await bleak_bus.drop(used)
        await bleak_bus.leave()

    async def lost(self) -> str:
        """See ``Receiver``; at once where it does not listen."""
        return "stopped" if self._lost is None else await asyncio.shield(self._lost)

    async def power_cycle(self) -> None:
        """See ``Receiver``."""
        async with _Asking() as bus:
            path = await self._find(bus)
            try:
                with suppress(LineLost):
                    await bus.set(path, ADAPTER, "Powered", Variant("b", False))
            except asyncio.CancelledError:
                with suppress(DriverError, TimeoutError):  # nobody finds an adapter that we left off
                    async with asyncio.timeout(_STOP_S):
                        await bus.set(path, ADAPTER, "Powered", Variant("b", True))
                raise
            await bus.set(path, ADAPTER, "Powered", Variant("b", True))

    async def reset(self) -> None:
        """See ``Receiver``. Takes a USB adapter, and the right to write to its device node."""
        with suppress(DriverError):  # the number that it had last will do
            async with _Asking() as bus:
                await self._find(bus)
        if not self._path:
            raise LineLost(f"nobody knows which adapter {self._name} was")
        await asyncio.to_thread(usb.reset, usb.node_of(self._path.rpartition("/")[2]))

    async def _find(self, bus: SystemBus) -> str:
        """Return the adapter's object path; ``LineLost`` where it is not there."""
        (objects,) = await bus.call("/", OBJECTS, "GetManagedObjects")
        adapters = {path: parts[ADAPTER] for path, parts in objects.items() if ADAPTER in parts}
        wanted = self._name.upper()
        for path, properties in adapters.items():
            if wanted in (path.rpartition("/")[2].upper(), str(properties["Address"].value).upper()):
                self._path = str(path)
                return self._path
        there = ", ".join(sorted(path.rpartition("/")[2] for path in adapters)) or "none"
        raise LineLost(f"there is no adapter {self._name} (there: {there})")

    async def _begin_to_watch(self) -> None:
        watch = self._watch = SystemBus(self._told)
        await watch.open()
        await watch.heed("sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'")
        path = await self._find(watch)
        await watch.heed(f"interface='{OBJECTS}',member='InterfacesRemoved',arg0path='{path}'")
        await watch.heed(f"path='{path}',member='PropertiesChanged',arg0='{ADAPTER}'")
        self._tasks["bus"] = asyncio.create_task(self._watch_bus(watch), name=f"bus of {self._name}")

    async def _begin_to_scan(self) -> None:
        mode: Literal["active", "passive"] = "passive" if self._passive else "active"
        asked: BlueZScannerArgs = {"adapter": self._path.rpartition("/")[2]}
        if self._passive:
            asked["or_patterns"] = list(PATTERNS)
        else:
            asked["filters"] = {"DuplicateData": True}
        scanner = BleakScanner(self._take, scanning_mode=mode, bluez=asked)
        try:
            async with asyncio.timeout(CALL_S):
                await scanner.start()
        except TimeoutError as error:
            raise LineLost(f"{self._name}: bluetoothd does not begin to scan") from error
        except BleakDBusError as error:
            raise refusal(error.dbus_error, list(error.args[1:]), "to scan") from error
        except _STACK_ERRORS as error:
            if self._passive and "passive scanning" in str(error):
                raise Misconfigured("passive listening takes bluetoothd -E, BlueZ 5.56 and Linux 5.10") from error
            raise LineLost(f"{self._name}: {type(error).__name__} {error}") from error
        self._scanner, self._used = scanner, bleak_bus.present()

    def _take(self, device: BLEDevice, data: AdvertisementData) -> None:
        """Take what bleak tells, for every change of a device's properties; only some of them are advertisements."""
        rssi = data.rssi
        if rssi == _NO_RSSI:
            return  # known from the disk, or the scan ends
        properties: dict[str, Any] = data.platform_data[1]
        address = device.address
        companies, services = data.manufacturer_data, data.service_data
        link, content = (properties.get("Connected"), properties.get("ServicesResolved")), (rssi, companies, services)
        known = self._known
        before = known.pop(address, None)
        if before is not None and before.link != link and before.content == content:
            known[address] = _Known(device, before.at, link, content)
            return  # a connection came or went
        now = self._clock.monotonic()
        known[address] = _Known(device, now, link, content)
        oldest = next(iter(known))
        if len(known) > MOST_KNOWN or now - known[oldest].at > KNOWN_S:
            del known[oldest]
        self._heard(
            Advertisement(
                address,
                self._clock.now(),
                rssi,
                data.local_name or "",
                companies,
                {_short(uuid): value for uuid, value in services.items()} if services else services,
                tuple([_short(uuid) for uuid in data.service_uuids]),
                data.tx_power,
                self._name,
                properties.get("AddressType", ""),
            )
        )

    def _told(self, message: Message) -> None:
        """Take what the bus says of the daemon and of our adapter."""
        if self._watch is None:
            return  # what we end ourselves is no loss
        body = message.body
        if message.member == "NameOwnerChanged":
            if body[1]:
                self._say("daemon restarted" if body[2] else "daemon gone")
        elif message.member == "InterfacesRemoved":
            if body[0] == self._path and ADAPTER in body[1]:
                self._suspect("adapter gone", _REMARK_S)
        elif message.member == "PropertiesChanged" and message.path == self._path:
            changed = {name: value.value for name, value in body[1].items()}
            if changed.get("Powered") is False:
                self._suspect("adapter off", _REMARK_S)
            if changed.get("Discovering") is False and not self._passive:
                self._suspect("scan ended", _PAUSE_S)
            elif "Discovering" in changed and (doubt := self._tasks.pop("scan ended", None)) is not None:
                doubt.cancel()

    def _suspect(self, word: str, patience_s: float) -> None:
        if word not in self._tasks:
            self._tasks[word] = asyncio.create_task(self._say_later(word, patience_s), name=f"{self._name} {word}")

    async def _say_later(self, word: str, patience_s: float) -> None:
        await self._clock.sleep(patience_s)
        self._say(word)

    async def _watch_bus(self, watch: SystemBus) -> None:
        await watch.gone()
        self._say("system bus gone")

    def _say(self, word: str) -> None:
        if word.startswith(("daemon", "system bus")):
            self._fresh = True
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(word)


class _Asking:
    """A connection for one question."""

    def __init__(self) -> None:
        self._bus = SystemBus()

    async def __aenter__(self) -> SystemBus:
        await self._bus.open()
        return self._bus

    async def __aexit__(self, *_: object) -> None:
        await self._bus.close()


def _nobody(_advertisement: Advertisement) -> None:
    """Nobody listens."""
