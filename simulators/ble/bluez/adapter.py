"""One adapter: who scans with it and how, what it hears, and the devices that it knows of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from dbus_fast import Message, Variant

from runtime.clock import Clock
from simulators.ble.air import Air, Broadcast, Reach, full_uuid
from simulators.ble.bluez.device import Device
from simulators.ble.bluez.errors import Refusal, failed, in_progress, invalid_arguments, not_ready
from simulators.ble.bluez.faults import Faults
from simulators.ble.bluez.monitors import INTERFACE as MONITORS
from simulators.ble.bluez.monitors import Monitors, Telephone
from simulators.ble.bluez.objects import Node, Objects, Reply

INTERFACE: Final = "org.bluez.Adapter1"

Depth = Literal["", "scan", "power", "reset"]


@dataclass(frozen=True)
class Filter:
    """What one program wants to hear of."""

    duplicates: bool = True
    uuids: frozenset[str] = frozenset()
    rssi: int | None = None
    pattern: str = ""
    transport: str = "auto"

    def passes(self, heard: Broadcast) -> bool:
        """Return whether this advertisement is one of those."""
        if self.transport == "bredr" or (self.rssi is not None and heard.rssi < self.rssi):
            return False
        if self.uuids and self.uuids.isdisjoint(map(full_uuid, heard.uuids)):
            return False
        return not self.pattern or heard.address.startswith(self.pattern) or (heard.name or "").startswith(self.pattern)


class Adapter:
    """An adapter, and an ear in the air from ``plug_in`` to ``pull_out``.

    ``faults`` and ``reach`` may be changed at any time. ``spawn`` runs what goes on beside the calls.
    """

    def __init__(
        self, name: str, address: str, air: Air, objects: Objects, clock: Clock, phone: Telephone, reach: Reach
    ) -> None:
        self.name = name
        self.path = f"/org/bluez/{name}"
        self.address = address
        self.air = air
        self.objects = objects
        self.clock = clock
        self.spawn: Callable[[Awaitable[None]], None] = phone.spawn
        self.reach = reach
        self.faults = Faults()
        self.powered = True
        self.devices: dict[str, Device] = {}
        self._filters: dict[str, Filter] = {}
        self._scanning: set[str] = set()
        self._since = 0.0
        self._deaf: Depth = ""
        self._duplicates = False
        self._sweeping = False
        self._monitors = Monitors(lambda: self.powered, phone)

    @property
    def scanning(self) -> bool:
        """Return whether a program scans, actively or passively."""
        return bool(self._scanning) or self._monitors.active

    @property
    def hears(self) -> bool:
        """Return whether what is sent now reaches a program: it is on, scans, and is not deaf."""
        return self.powered and self.scanning and not self._deaf

    def plug_in(self) -> None:
        """Let it come: its object, and its ear."""
        interfaces = {
            INTERFACE: self._properties(),
            "org.bluez.GattManager1": {},
            "org.bluez.LEAdvertisingManager1": {},
        }
        if self.faults.monitors:
            interfaces[MONITORS] = self._monitors.properties()
        methods = {
            (INTERFACE, "SetDiscoveryFilter"): self._set_filter,
            (INTERFACE, "GetDiscoveryFilters"): self._get_filters,
            (INTERFACE, "StartDiscovery"): self._start,
            (INTERFACE, "StopDiscovery"): self._stop,
            (INTERFACE, "RemoveDevice"): self._remove_device,
        }
        if self.faults.monitors:
            methods[MONITORS, "RegisterMonitor"] = self._monitors.register
            methods[MONITORS, "UnregisterMonitor"] = self._monitors.unregister
        self.objects.add(self.path, Node(interfaces, methods, {(INTERFACE, "Powered"): self.set_power}))
        self.air.listen(self, self.reach)

    def pull_out(self) -> None:
        """Let it go, as when it is unplugged: connections are lost, its objects removed."""
        self.air.leave(self)
        for device in self.devices.values():
            device.give_up()
        self.devices.clear()
        self._filters.clear()
        self._scanning.clear()
        self._monitors.clear()
        self.objects.remove(self.path)

    def deafen(self, until: Depth) -> None:
        """Let it hear nothing and say nothing of it, until the next scan, power-cycle or reset; ``""`` ends it."""
        self._deaf = until

    def reset(self) -> None:
        """Reset the hardware: it leaves and comes back, and hears again."""
        self.pull_out()
        self._deaf = ""
        self.powered = True
        self.plug_in()

    async def set_power(self, on: bool) -> None:
        """Switch it; ``False`` ends scans and loses connections."""
        if on == self.powered:
            return
        self.powered = bool(on)
        if on and self._deaf == "power":
            self._deaf = ""
        if not on:
            self._end_scans()
            for device in self.devices.values():
                device.give_up()
        self.objects.change(self.path, INTERFACE, {"Powered": Variant("b", self.powered)})

    def heard(self, broadcast: Broadcast) -> None:
        """Take an advertisement from the air."""
        if self._deaf or not self.powered:
            return
        if not self._scanning:
            if not self._monitors.matches(broadcast):
                return
            broadcast, duplicates = self._monitors.without_scan_response(broadcast), True
        else:
            duplicates = self._duplicates or self.faults.version == "5.66"
            if not duplicates and self._blind():
                return
            if not any(self._filters.get(client, _NONE).passes(broadcast) for client in self._scanning):
                return
        device = self.devices.get(broadcast.address)
        if device is None:
            self.devices[broadcast.address] = device = Device(self, broadcast)
            device.appear()
            self._sweep()
        else:
            device.hear(broadcast, duplicates=duplicates, whole=self._duplicates)

    def vanished(self, address: str) -> None:
        """Lose the connection to who answers no more."""
        device = self.devices.get(address)
        if device is not None:
            device.lose()

    def forget_client(self, client: str) -> None:
        """Take note that a program left the bus: its scan and its subscriptions end; its connections stand."""
        self._filters.pop(client, None)
        self._end_scan(client)
        self._monitors.forget(client)
        for device in self.devices.values():
            device.forget_client(client)

    def offered(self, message: Message) -> None:
        """Take note that a program exports an object, which may be a pattern to listen for."""
        self._monitors.offered(message)

    def links(self) -> int:
        """Return how many connections stand or are being made."""
        return sum(device.occupies for device in self.devices.values())

    def remove_device(self, address: str) -> None:
        """Let a device's object go, connection and all."""
        device = self.devices.pop(address, None)
        if device is not None:
            device.give_up()
            self.objects.remove(device.path)

    def _blind(self) -> bool:
        period = self.faults.listens_s + self.faults.blind_s
        return (self.clock.monotonic() - self._since) % period >= self.faults.listens_s

    def _sweep(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            self.spawn(self._expire())

    async def _expire(self) -> None:
        try:
            while self.devices:
                now, expiry = self.clock.monotonic(), self.faults.expiry_s
                for device in [d for d in self.devices.values() if not d.occupies and now - d.heard_at >= expiry]:
                    self.remove_device(device.address)
                next_due = min((d.heard_at + expiry for d in self.devices.values()), default=now)
                await self.clock.sleep(max(next_due - now, expiry / 30))
        finally:
            self._sweeping = False

    async def _set_filter(self, message: Message) -> Reply:
        if not self.powered:
            raise not_ready()
        asked: dict[str, Any] = {name: variant.value for name, variant in message.body[0].items()}
        if not isinstance(asked.get("UUIDs", []), list):
            raise invalid_arguments()
        client = message.sender or ""
        if asked:
            self._filters[client] = Filter(
                asked.get("DuplicateData", True),
                frozenset(map(full_uuid, asked.get("UUIDs", []))),
                asked.get("RSSI"),
                asked.get("Pattern", ""),
                asked.get("Transport", "auto"),
            )
        else:
            self._filters.pop(client, None)
        self._reckon()
        return Reply()

    async def _get_filters(self, message: Message) -> Reply:
        return Reply("as", [["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"]])

    async def _start(self, message: Message) -> Reply:
        if not self.powered:
            raise not_ready()
        client = message.sender or ""
        if client in self._scanning:
            raise in_progress()
        if not self._scanning:
            self._since = self.clock.monotonic()
            if self._deaf == "scan":
                self._deaf = ""
            for device in self.devices.values():
                device.reported = None
        self._scanning.add(client)
        self._reckon()
        self.objects.change(self.path, INTERFACE, {"Discovering": Variant("b", True)})
        return Reply()

    async def _stop(self, message: Message) -> Reply:
        if not self.powered:
            raise not_ready()
        client = message.sender or ""
        if client not in self._scanning:
            raise failed("No discovery started")
        self._end_scan(client)
        return Reply()

    async def _remove_device(self, message: Message) -> Reply:
        address = next((d.address for d in self.devices.values() if d.path == message.body[0]), None)
        if address is None:
            raise Refusal("DoesNotExist", "Does Not Exist")
        self.remove_device(address)
        return Reply()

    def _end_scans(self) -> None:
        for client in tuple(self._scanning):
            self._end_scan(client)

    def _end_scan(self, client: str) -> None:
        if client not in self._scanning:
            return
        self._scanning.discard(client)
        self._reckon()
        if not self._scanning:
            for device in self.devices.values():
                device.fade()
            self.objects.change(self.path, INTERFACE, {"Discovering": Variant("b", False)})

    def _reckon(self) -> None:
        self._duplicates = any(self._filters[c].duplicates for c in self._scanning if c in self._filters)

    def _properties(self) -> dict[str, Variant]:
        return {
            "Address": Variant("s", self.address),
            "AddressType": Variant("s", "public"),
            "Name": Variant("s", "linli"),
            "Alias": Variant("s", "linli"),
            "Class": Variant("u", 0),
            "Powered": Variant("b", self.powered),
            "Discoverable": Variant("b", False),
            "Pairable": Variant("b", False),
            "Discovering": Variant("b", bool(self._scanning)),
            "UUIDs": Variant("as", []),
            "Modalias": Variant("s", "usb:v1D6Bp0246d0542"),
            "Roles": Variant("as", ["central", "peripheral"]),
        }


_NONE: Final = Filter()
