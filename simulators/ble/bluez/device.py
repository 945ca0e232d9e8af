"""One device as an adapter knows it: what it advertised so far, and the connection to it."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

from dbus_fast import Message, Variant

from simulators.ble.air import Broadcast, Peripheral, full_uuid
from simulators.ble.bluez.errors import failed, in_progress, not_connected, not_ready
from simulators.ble.bluez.gatt import GattTree
from simulators.ble.bluez.host import Host
from simulators.ble.bluez.objects import Node, Reply

INTERFACE: Final = "org.bluez.Device1"
LINK_SHARE: Final = 0.7
"""As much of the time that a connection takes goes by until the link stands; the rest finds out the services."""

K = TypeVar("K", bound=Hashable)


class Device:
    """A device and its object. ``reported`` is the content that was told last, ``heard_at`` when it was heard last."""

    def __init__(self, adapter: Host, first: Broadcast) -> None:
        self.address = first.address
        self.path = f"{adapter.path}/dev_{first.address.replace(':', '_')}"
        self.reported: tuple[object, ...] | None = first.content()
        self.heard_at = adapter.clock.monotonic()
        self._adapter = adapter
        self._companies: dict[int, Variant] = {}
        self._services: dict[str, Variant] = {}
        self._uuids: list[str] = []
        self._peripheral: Peripheral | None = None
        self._attempt: asyncio.Task[None] | None = None
        self._parting: asyncio.Event | None = None
        self._gatt = GattTree(self.path, self.address, adapter)
        self._properties = {
            "Address": Variant("s", first.address),
            "AddressType": Variant("s", first.address_type),
            "Alias": Variant("s", first.address.replace(":", "-")),
            "Paired": Variant("b", False),
            "Bonded": Variant("b", False),
            "Trusted": Variant("b", False),
            "Blocked": Variant("b", False),
            "LegacyPairing": Variant("b", False),
            "Connected": Variant("b", False),
            "ServicesResolved": Variant("b", False),
            "UUIDs": Variant("as", []),
            "Adapter": Variant("o", adapter.path),
            **self._news(first, whole=False),
            "RSSI": Variant("n", first.rssi),
        }

    @property
    def occupies(self) -> bool:
        """Return whether it takes one of the adapter's slots: it is connected, or being connected to."""
        return self._peripheral is not None or self._attempt is not None

    def appear(self) -> None:
        """Let its object come."""
        methods = {
            (INTERFACE, "Connect"): self._connect,
            (INTERFACE, "Disconnect"): self._disconnect,
        }
        setters = {(INTERFACE, "Trusted"): self._trust}
        self._adapter.objects.add(self.path, Node({INTERFACE: self._properties}, methods, setters))

    def hear(self, heard: Broadcast, *, duplicates: bool, whole: bool) -> None:
        """Take a further advertisement; without ``duplicates`` one that says nothing new is not told, with ``whole``
        all that it carries is told, new or not.
        """
        self.heard_at = self._adapter.clock.monotonic()
        content = heard.content()
        if not duplicates and content == self.reported:
            return
        changed = self._news(heard, whole=whole) if whole or content != self.reported else {}
        self.reported = content
        changed["RSSI"] = Variant("n", heard.rssi)
        self._adapter.objects.change(self.path, INTERFACE, changed)

    def fade(self) -> None:
        """Take note that no scan goes on: its strength is not known any more."""
        self._adapter.objects.change(self.path, INTERFACE, {}, ("RSSI", "TxPower"))

    def give_up(self) -> None:
        """End the connection, or the attempt at one, as when the adapter goes."""
        if self._attempt is not None:
            self._attempt.cancel()
        self.lose()

    def lose(self) -> None:
        """Lose the connection, whoever ended it; fine where there is none."""
        peripheral, self._peripheral = self._peripheral, None
        if peripheral is None:
            return
        self._gatt.fall_silent()
        self._change(Connected=False, ServicesResolved=False)
        if self._parting is not None:
            self._parting.set()
        peripheral.disconnected()

    def forget_client(self, client: str) -> None:
        """End the subscriptions of a program that left."""
        self._gatt.forget_client(client)

    def tell(self, service: str, characteristic: str, value: bytes) -> bool:
        """See ``simulators.ble.air.Link``, which this is."""
        return self._peripheral is not None and self._gatt.tell(service, characteristic, value)

    def drop(self) -> None:
        """See ``simulators.ble.air.Link``."""
        self.lose()

    async def _connect(self, message: Message) -> Reply:
        if not self._adapter.powered:
            raise not_ready()
        if self._attempt is not None:
            raise in_progress()
        if self._peripheral is not None:
            return Reply()
        attempt = self._attempt = asyncio.create_task(self._make())
        try:
            await asyncio.wait({attempt})
        finally:
            attempt.cancel()
            self._attempt = None
        if attempt.cancelled():
            raise failed("br-connection-canceled")
        attempt.result()
        return Reply()

    async def _make(self) -> None:
        faults, sleep = self._adapter.faults, self._adapter.clock.sleep
        if self._adapter.links() > faults.slots:  # this attempt is one of them
            raise failed("le-connection-concurrent-connection-limit")
        takes = faults.connect_takes()
        peripheral = self._adapter.air.peripheral(self.address)
        if peripheral is None or self.address in faults.absent:
            await sleep(faults.absent_s)
            raise failed("le-connection-abort-by-local")
        await sleep(takes * LINK_SHARE)
        if faults.aborted(self.address) or self._adapter.air.peripheral(self.address) is not peripheral:
            self._change(Connected=True)
            self._change(Connected=False)
            raise failed("le-connection-abort-by-local")
        self._peripheral = peripheral
        self._change(Connected=True)
        peripheral.connected(self)
        await sleep(takes * (1 - LINK_SHARE))
        if self._peripheral is not peripheral:
            raise failed("le-connection-abort-by-remote")
        self._gatt.resolve(peripheral.services)
        self._learn_uuids(tuple(service.uuid for service in peripheral.services))
        changed = {"UUIDs": Variant("as", list(self._uuids)), "ServicesResolved": Variant("b", True)}
        self._adapter.objects.change(self.path, INTERFACE, changed)

    async def _disconnect(self, message: Message) -> Reply:
        if self._attempt is not None:
            self.give_up()
            return Reply()
        if self._peripheral is None:
            raise not_connected()
        if self._parting is not None:
            await self._parting.wait()
            return Reply()
        self._parting = asyncio.Event()
        try:
            await self._adapter.clock.sleep(self._adapter.faults.disconnect_takes())
            self.lose()
        finally:
            self._parting.set()
            self._parting = None
            self.heard_at = self._adapter.clock.monotonic()
        return Reply()

    async def _trust(self, value: bool) -> None:
        self._change(Trusted=bool(value))

    def _change(self, **values: bool) -> None:
        changed = {name: Variant("b", value) for name, value in values.items()}
        self._adapter.objects.change(self.path, INTERFACE, changed)

    def _news(self, heard: Broadcast, *, whole: bool) -> dict[str, Variant]:
        """Merge what an advertisement carries into what is known, and return the properties that are to be told: what
        an earlier one carried and this one does not stays, at its place.
        """
        news: dict[str, Variant] = {}
        if _merge(self._companies, heard.companies) or (whole and heard.companies):
            news["ManufacturerData"] = Variant("a{qv}", dict(self._companies))
        if _merge(self._services, {full_uuid(u): data for u, data in heard.services.items()}) or (
            whole and heard.services
        ):
            news["ServiceData"] = Variant("a{sv}", dict(self._services))
        if self._learn_uuids(heard.uuids):
            news["UUIDs"] = Variant("as", list(self._uuids))
        if heard.name is not None:
            news["Name"] = news["Alias"] = Variant("s", heard.name)
        if heard.tx_power is not None:
            news["TxPower"] = Variant("n", heard.tx_power)
        if heard.appearance is not None:
            news["Appearance"] = Variant("q", heard.appearance)
        return news

    def _learn_uuids(self, uuids: tuple[str, ...]) -> bool:
        new = [full for uuid in uuids if (full := full_uuid(uuid)) not in self._uuids]
        self._uuids += new
        return bool(new)


def _merge(known: dict[K, Variant], new: Mapping[K, bytes]) -> bool:
    changed = False
    for key, data in new.items():
        if key not in known or known[key].value != data:
            known[key] = Variant("ay", data)
            changed = True
    return changed
