"""One characteristic as an object: read, written, and notifying, by signal or through a socket of its own."""

import asyncio
import contextlib
import socket
from typing import Any, Final

from dbus_fast import Message, Variant

from simulators.ble.air import AttError, GattCharacteristic, full_uuid
from simulators.ble.bluez.errors import Refusal, att_refusal, failed, in_progress
from simulators.ble.bluez.host import Host
from simulators.ble.bluez.objects import Method, Reply

INTERFACE: Final = "org.bluez.GattCharacteristic1"
DEVICE: Final = "org.bluez.Device1"
_NOT_READABLE: Final = 0x02
_NOT_WRITABLE: Final = 0x03


class Characteristic:
    """One characteristic of one device, which ``offered`` describes."""

    def __init__(self, path: str, device: str, address: str, offered: GattCharacteristic, adapter: Host) -> None:
        self.path = path
        self._device = device
        self._address = address
        self._offered = offered
        self._adapter = adapter
        self._subscribers: set[str] = set()
        self._acquired: tuple[str, socket.socket] | None = None
        self._write_acquired: socket.socket | None = None

    @property
    def notifies(self) -> bool:
        """Return whether one can subscribe to it."""
        return not {"notify", "indicate"}.isdisjoint(self._offered.flags)

    def properties(self, service: str) -> dict[str, Variant]:
        """Return the properties that its object has at first."""
        properties = {
            "UUID": Variant("s", full_uuid(self._offered.uuid)),
            "Service": Variant("o", service),
            "Value": Variant("ay", b""),
            "Flags": Variant("as", list(self._offered.flags)),
            "MTU": Variant("q", self._adapter.faults.mtu),
        }
        if self.notifies:
            properties["Notifying"] = Variant("b", False)
            properties["NotifyAcquired"] = Variant("b", False)
        if "write-without-response" in self._offered.flags:
            properties["WriteAcquired"] = Variant("b", False)
        return properties

    def methods(self) -> dict[tuple[str, str], Method]:
        """Return what can be called."""
        return {
            (INTERFACE, "ReadValue"): self._read,
            (INTERFACE, "WriteValue"): self._write,
            (INTERFACE, "StartNotify"): self._start_notify,
            (INTERFACE, "StopNotify"): self._stop_notify,
            (INTERFACE, "AcquireNotify"): self._acquire_notify,
            (INTERFACE, "AcquireWrite"): self._acquire_write,
        }

    def tell(self, value: bytes) -> bool:
        """Notify or indicate a value; return whether somebody is subscribed."""
        if self._acquired is not None:
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                self._acquired[1].send(value)
            return True
        if self._subscribers:
            self._change("Value", "ay", value)
            return True
        return False

    def fall_silent(self) -> None:
        """End every subscription: the link is gone."""
        self._subscribers.clear()
        self._release()
        self._release_write()
        self._settle(subscribed=False)

    def forget_client(self, client: str) -> None:
        """End the subscriptions of a program that left."""
        was = bool(self._subscribers) or self._acquired is not None
        self._subscribers.discard(client)
        if self._acquired is not None and self._acquired[0] == client:
            self._release()
        if was and not self._subscribers and self._acquired is None:
            self._settle(subscribed=False)

    async def _read(self, message: Message) -> Reply:
        self._ready()
        try:
            value = att_value(self._offered)
        except AttError as error:
            raise att_refusal(error.code) from error
        self._change("Value", "ay", value)
        return Reply("ay", [value])

    async def _write(self, message: Message) -> Reply:
        self._ready()
        value, options = message.body
        kind = options["type"].value if "type" in options else "request"
        needed = "write-without-response" if kind == "command" else "write"
        if self._offered.write is None or needed not in self._offered.flags:
            raise (
                att_refusal(_NOT_WRITABLE)
                if self._offered.write is None
                else Refusal("NotSupported", "Operation is not supported")
            )
        try:
            self._offered.write(bytes(value))
        except AttError as error:
            if kind != "command":  # a command has no answer that could carry it
                raise att_refusal(error.code) from error
        return Reply()

    async def _start_notify(self, message: Message) -> Reply:
        self._may_subscribe()
        client = message.sender or ""
        if client in self._subscribers:
            raise in_progress()
        first = not self._subscribers
        self._subscribers.add(client)
        if first:
            self._settle(subscribed=True)
        return Reply()

    async def _stop_notify(self, message: Message) -> Reply:
        client = message.sender or ""
        if client not in self._subscribers:
            raise failed("No notify session started")
        self.forget_client(client)
        return Reply()

    async def _acquire_notify(self, message: Message) -> Reply:
        self._may_subscribe()
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own.setblocking(False)
        self._acquired = (message.sender or "", own)
        asyncio.get_running_loop().add_reader(own, self._hung_up)
        self._change("NotifyAcquired", "b", True)
        self._settle(subscribed=True)
        return Reply("hq", [0, self._adapter.faults.mtu], [theirs.detach()])

    async def _acquire_write(self, message: Message) -> Reply:
        self._ready()
        if "write-without-response" not in self._offered.flags:
            raise Refusal("NotSupported", "Operation is not supported")
        if self._write_acquired is not None:
            raise Refusal("NotPermitted", "Write acquired")
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own.setblocking(False)
        self._write_acquired = own
        asyncio.get_running_loop().add_reader(own, self._written)
        self._change("WriteAcquired", "b", True)
        return Reply("hq", [0, self._adapter.faults.mtu], [theirs.detach()])

    def _hung_up(self) -> None:
        """The program that acquired the notifications closed its socket: it never sends anything."""
        self._release()
        self._settle(subscribed=bool(self._subscribers))

    def _written(self) -> None:
        try:
            value = self._write_acquired.recv(1024) if self._write_acquired is not None else b""
        except BlockingIOError:
            return
        if not value:
            self._release_write()
        elif self._offered.write is not None:
            with contextlib.suppress(AttError):
                self._offered.write(value)

    def _may_subscribe(self) -> None:
        self._ready()
        if not self.notifies:
            raise Refusal("NotSupported", "Operation is not supported")
        if self._acquired is not None:
            raise Refusal("NotPermitted", "Notify acquired")

    def _ready(self) -> None:
        if not self._adapter.objects.value(self._device, DEVICE, "Connected"):
            raise failed("Not connected")
        if self._adapter.faults.busy():
            raise in_progress()
        code = self._adapter.faults.att_errors.get((self._address, full_uuid(self._offered.uuid)))
        if code is not None:
            raise att_refusal(code)

    def _settle(self, *, subscribed: bool) -> None:
        """Say to programs and to the device whether somebody listens, where that changed."""
        if self.notifies and bool(self._adapter.objects.value(self.path, INTERFACE, "Notifying")) != subscribed:
            self._change("Notifying", "b", subscribed)
            if self._offered.notifying is not None:
                self._offered.notifying(subscribed)

    def _release(self) -> None:
        if self._acquired is not None:
            asyncio.get_running_loop().remove_reader(self._acquired[1])
            self._acquired[1].close()
            self._acquired = None
            self._change("NotifyAcquired", "b", False)

    def _release_write(self) -> None:
        if self._write_acquired is not None:
            asyncio.get_running_loop().remove_reader(self._write_acquired)
            self._write_acquired.close()
            self._write_acquired = None
            self._change("WriteAcquired", "b", False)

    def _change(self, name: str, signature: str, value: Any) -> None:
        self._adapter.objects.change(self.path, INTERFACE, {name: Variant(signature, value)})


def att_value(offered: GattCharacteristic) -> bytes:
    """Return what a device answers to a read; ``AttError`` where it refuses."""
    if offered.read is None or "read" not in offered.flags:
        raise AttError(_NOT_READABLE)
    return offered.read()
