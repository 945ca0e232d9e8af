"""The services of a connected device, as objects below it; they stay after a disconnect, as BlueZ keeps its cache."""

from collections.abc import Sequence
from typing import Final

from dbus_fast import Message, Variant

from simulators.ble.air import AttError, GattCharacteristic, GattService, full_uuid
from simulators.ble.bluez.characteristic import Characteristic, att_value
from simulators.ble.bluez.host import Host
from simulators.ble.bluez.objects import Node, Reply

SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"
BATTERY: Final = "org.bluez.Battery1"
DEVICE: Final = "org.bluez.Device1"
_BATTERY_SERVICE: Final = full_uuid("180f")
_BATTERY_LEVEL: Final = full_uuid("2a19")
_CLIENT_CONFIGURATION: Final = full_uuid("2902")


class GattTree:
    """The services of one device. They are found out at the first connection."""

    def __init__(self, device: str, address: str, adapter: Host) -> None:
        self._device = device
        self._address = address
        self._adapter = adapter
        self._characteristics: dict[tuple[str, str], Characteristic] = {}

    def resolve(self, services: Sequence[GattService]) -> None:
        """Let the objects come, if they are not there yet, and the battery, if there is one."""
        if not self._characteristics:
            handle = 0x000A
            for service in services:
                if not (self._adapter.faults.hides_battery and full_uuid(service.uuid) == _BATTERY_SERVICE):
                    handle = self._export(service, handle)
        self._show_battery(services)

    def fall_silent(self) -> None:
        """End every subscription: the link is gone."""
        for characteristic in self._characteristics.values():
            characteristic.fall_silent()
        self._adapter.objects.shorten(self._device, BATTERY)

    def forget_client(self, client: str) -> None:
        """End the subscriptions of a program that left."""
        for characteristic in self._characteristics.values():
            characteristic.forget_client(client)

    def tell(self, service: str, characteristic: str, value: bytes) -> bool:
        """Have a value notified; return whether somebody is subscribed."""
        found = self._characteristics.get((full_uuid(service), full_uuid(characteristic)))
        return found is not None and found.tell(value)

    def _export(self, service: GattService, handle: int) -> int:
        objects = self._adapter.objects
        path = f"{self._device}/service{handle:04x}"
        properties = {
            "UUID": Variant("s", full_uuid(service.uuid)),
            "Device": Variant("o", self._device),
            "Primary": Variant("b", True),
            "Includes": Variant("ao", []),
        }
        objects.add(path, Node({SERVICE: properties}))
        for offered in service.characteristics:
            handle = self._export_characteristic(service, path, offered, handle + 1)
        return handle + 1

    def _export_characteristic(self, service: GattService, path: str, offered: GattCharacteristic, handle: int) -> int:
        """Let a characteristic and its descriptors come, and return the last handle that they take."""
        objects = self._adapter.objects
        own = Characteristic(f"{path}/char{handle:04x}", self._device, self._address, offered, self._adapter)
        self._characteristics[full_uuid(service.uuid), full_uuid(offered.uuid)] = own
        objects.add(own.path, Node({CHARACTERISTIC: own.properties(path)}, own.methods()))
        handle += 1  # its value
        descriptors = {full_uuid(uuid): value for uuid, value in offered.descriptors.items()}
        if own.notifies:
            descriptors[_CLIENT_CONFIGURATION] = b"\x00\x00"
        for uuid, value in descriptors.items():
            handle += 1
            properties = {
                "UUID": Variant("s", uuid),
                "Characteristic": Variant("o", own.path),
                "Value": Variant("ay", value),
                "Flags": Variant("as", ["read"]),
            }

            async def read(message: Message, value: bytes = value) -> Reply:
                return Reply("ay", [value])

            objects.add(
                f"{own.path}/desc{handle:04x}", Node({DESCRIPTOR: properties}, {(DESCRIPTOR, "ReadValue"): read})
            )
        return handle

    def _show_battery(self, services: Sequence[GattService]) -> None:
        for service in services:
            for offered in service.characteristics:
                if full_uuid(offered.uuid) == _BATTERY_LEVEL and full_uuid(service.uuid) == _BATTERY_SERVICE:
                    try:
                        percentage = att_value(offered)[0]
                    except (AttError, IndexError):
                        continue
                    self._adapter.objects.extend(self._device, BATTERY, {"Percentage": Variant("y", percentage)})
