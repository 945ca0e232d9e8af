"""Connects through BlueZ and bleak to what a receiver has heard: one attempt at a time, and no end goes unnoticed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import close_stale_connections
from bleak_retry_connector.bluez import get_connected_devices, wait_for_disconnect
from dbus_fast import Message
from dbus_fast.errors import DBusFastError

from drivers.api.errors import AnswerLost, DeviceRefused, LineLost, NotSupported, Timeout
from drivers.ble import bleak_bus
from drivers.ble.advertisement import long_uuid
from drivers.ble.refusals import ABORTED, refused_connection, refused_request
from drivers.ble.system_bus import BLUEZ, OBJECTS, SystemBus

T = TypeVar("T")

DBUS: Final = "org.freedesktop.DBus"
DEVICE: Final = "org.bluez.Device1"

STACK_ERRORS: Final = (BleakError, DBusFastError, OSError, EOFError, AssertionError, LookupError, AttributeError)
"""What bleak lets out besides its own errors when the stack dies under it."""

_CLOSE_S: Final = 8.0
"""BlueZ takes 2 to 3 s; one that was killed never answers."""


class Heard(Protocol):
    """Whoever keeps what bleak connects to; never configuration, whose devices the stack does not know."""

    def device(self, address: str) -> BLEDevice | None:
        """Return the device if it was heard lately."""
        ...


class BluezConnector:
    """A ``Connector``. It never scans: that would end the scan of its ``receiver``.

    One call makes one attempt. What of ``bleak-retry-connector`` is of use to it is the knowledge of what to clear away
    before an attempt (a connection left by a program that died) and to await after one that failed; its own loop tries
    up to nine times, and nobody could say any more whose turn it is.
    """

    def __init__(self, receiver: Heard, *, timeout_s: float = 20.0) -> None:
        """``timeout_s`` is for one attempt."""
        self._receiver, self._timeout_s = receiver, timeout_s

    async def connect(self, address: str) -> "BluezConnection":
        """See ``Connector``."""
        device = self._receiver.device(address)
        if device is None:
            raise Timeout("it was not heard lately")
        connection = BluezConnection(device, self._timeout_s)
        try:
            await connection.make()
        except BaseException:
            await connection.close()
            raise
        return connection


class BluezConnection:
    """A ``Connection``.

    bleak takes a device for connected for ever once bluetoothd was killed, and waits for ever for what it asked of it.
    So this watches the bus itself, and ends every request when the daemon or the device's object goes.
    """

    def __init__(self, device: BLEDevice, timeout_s: float) -> None:
        """``make`` connects."""
        self._device, self._timeout_s = device, timeout_s
        self._gone = asyncio.Event()
        self._daemon_gone = self._made = False
        self._watch = SystemBus(self._told)
        self._client = BleakClient(device, disconnected_callback=lambda _: self._gone.set(), timeout=timeout_s)

    async def make(self) -> None:
        """Connect; errors as ``Connector.connect`` has them. ``close`` it in any case."""
        await self._watch.open()
        await self._watch.heed("sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'")
        path = self._device.details["path"]
        await self._watch.heed(f"sender='org.bluez',interface='{OBJECTS}',member='InterfacesRemoved',arg0path='{path}'")
        try:
            await self._unless_gone(self._clear(path))
            await self._unless_gone(self._client.connect(timeout=self._timeout_s))
            self._made = True
        except TimeoutError as error:
            raise Timeout(f"it did not answer within {self._timeout_s:g} s") from error
        except LineLost as error:
            if self._daemon_gone or not self._gone.is_set():
                raise
            await wait_for_disconnect(self._device, 0.0)
            raise DeviceRefused("it broke off", ABORTED) from error
        except STACK_ERRORS as error:
            refusal = refused_connection(error)
            if not isinstance(refusal, LineLost):
                await wait_for_disconnect(self._device, 0.0)
            raise refusal from error

    async def _clear(self, path: str) -> None:
        """End a connection to the device that a program left which died; BlueZ keeps it, and bleak would take it over.

        ``Timeout`` where the daemon does not know the device, ``LineLost`` where bleak does not know the daemon: it
        believes in the one before, and would say that all is well.
        """
        try:
            connected = await self._watch.get(path, DEVICE, "Connected")
        except LineLost as error:
            (runs,) = await self._watch.call("/org/freedesktop/DBus", DBUS, "NameHasOwner", "s", BLUEZ, whom=DBUS)
            if not runs:
                raise
            raise Timeout("BlueZ has forgotten it: it was not heard lately") from error
        if connected:
            await close_stale_connections(self._device)
            await wait_for_disconnect(self._device, 0.0)
        elif any(one.details["path"] == path for one in await get_connected_devices(self._device)):
            raise LineLost("the daemon is another one than bleak knows")

    async def read(self, service: str, characteristic: str) -> bytes:
        """See ``Connection``."""
        found = self._find(service, characteristic)
        try:
            return bytes(await self._unless_gone(self._client.read_gatt_char(found)))
        except STACK_ERRORS as error:
            raise refused_request(error) from error

    async def write(self, service: str, characteristic: str, value: bytes, *, answer: bool) -> None:
        """See ``Connection``."""
        found = self._find(service, characteristic)
        try:
            await self._unless_gone(self._client.write_gatt_char(found, value, response=answer))
        except LineLost as error:
            raise AnswerLost("the connection broke off while it was written") from error
        except STACK_ERRORS as error:
            raise refused_request(error, wrote=True) from error

    async def subscribe(self, service: str, characteristic: str, told: Callable[[bytes], None]) -> None:
        """See ``Connection``."""
        found = self._find(service, characteristic)
        try:
            await self._unless_gone(self._client.start_notify(found, lambda _, value: told(bytes(value))))
        except STACK_ERRORS as error:
            raise refused_request(error) from error

    async def gone(self) -> None:
        """See ``Connection``."""
        await self._gone.wait()

    async def close(self) -> None:
        """See ``Connection``."""
        if self._made:  # bleak clears away itself what did not become a connection, and hangs if it is told to
            with suppress(*STACK_ERRORS, TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await self._client.disconnect()
        self._gone.set()
        await self._watch.close()
        await bleak_bus.leave()

    def _find(self, service: str, characteristic: str) -> BleakGATTCharacteristic:
        if self._gone.is_set():
            raise LineLost("the connection is gone")
        try:
            offered = self._client.services.get_service(long_uuid(service))
        except BleakError as error:
            raise LineLost("the connection is gone") from error
        found = None if offered is None else offered.get_characteristic(long_uuid(characteristic))
        if found is None:
            raise NotSupported(f"the device has no characteristic {characteristic} of service {service}")
        return found

    async def _unless_gone(self, doing: Coroutine[Any, Any, T]) -> T:
        """Return what ``doing`` returns, or cancel it and raise ``LineLost`` once the connection is gone."""
        task, gone = asyncio.ensure_future(doing), asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise LineLost("the connection is gone")
            return task.result()
        finally:
            task.cancel()
            gone.cancel()
            await asyncio.gather(task, gone, return_exceptions=True)

    def _told(self, message: Message) -> None:
        body = message.body
        if message.member == "NameOwnerChanged" and body[1]:
            self._daemon_gone = True
            self._gone.set()
        elif message.member == "InterfacesRemoved" and body[0] == self._device.details["path"] and DEVICE in body[1]:
            self._gone.set()
