"""Passive scans: programs register patterns, and what matches one is heard without being asked for more."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from dbus_fast import Message, Variant

from simulators.ble.air import Broadcast, full_uuid
from simulators.ble.bluez.errors import Refusal, not_ready
from simulators.ble.bluez.objects import Reply

INTERFACE: Final = "org.bluez.AdvertisementMonitorManager1"
MONITOR: Final = "org.bluez.AdvertisementMonitor1"

Pattern = tuple[int, int, bytes]
"""Where it begins, the type of the advertisement's element, what is to stand there."""


class Telephone(Protocol):
    """How an adapter reaches other programs, and runs what takes time."""

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something beside the calls."""
        ...

    async def call(self, to: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
        """Call another program, whatever it answers."""
        ...


class Monitors:
    """The patterns that were registered with one adapter; ``powered`` says whether it is on."""

    def __init__(self, powered: Callable[[], bool], phone: Telephone) -> None:
        self._powered = powered
        self._phone = phone
        self._roots: set[tuple[str, str]] = set()
        self._patterns: dict[tuple[str, str], list[Pattern]] = {}

    @property
    def active(self) -> bool:
        """Return whether somebody listens."""
        return bool(self._patterns)

    def properties(self) -> dict[str, Variant]:
        """Return the properties of the interface."""
        return {
            "SupportedMonitorTypes": Variant("as", ["or_patterns"]),
            "SupportedFeatures": Variant("as", ["controller-patterns"]),
        }

    async def register(self, message: Message) -> Reply:
        """Take monitors of this program below this path, once it exports them."""
        if not self._powered():
            raise not_ready()
        key = (message.sender or "", message.body[0])
        if key in self._roots:
            raise Refusal("AlreadyExists", "Already Exists")
        self._roots.add(key)
        return Reply()

    async def unregister(self, message: Message) -> Reply:
        """Forget them."""
        key = (message.sender or "", message.body[0])
        if key not in self._roots:
            raise Refusal("DoesNotExist", "Does Not Exist")
        self._drop(key)
        return Reply()

    def offered(self, message: Message) -> None:
        """Take note that a program exports an object; a monitor that it registered becomes active."""
        path, interfaces = message.body
        sender = message.sender or ""
        root = next((r for r in self._roots if r[0] == sender and path.startswith(r[1])), None)
        monitor = interfaces.get(MONITOR)
        if root is None or monitor is None or "Patterns" not in monitor:
            return
        self._patterns[root] = [(start, kind, bytes(data)) for start, kind, data in monitor["Patterns"].value]
        self._phone.spawn(self._phone.call(sender, path, MONITOR, "Activate"))

    def forget(self, client: str) -> None:
        """Drop what a program registered that left."""
        for key in [key for key in self._roots if key[0] == client]:
            self._drop(key)

    def clear(self) -> None:
        """Drop everything."""
        self._roots.clear()
        self._patterns.clear()

    def matches(self, heard: Broadcast) -> bool:
        """Return whether a pattern is found in an advertisement."""
        if not self._patterns:
            return False
        elements = _elements(self.without_scan_response(heard))
        return any(
            kind == wanted and data[start : start + len(content)] == content
            for patterns in self._patterns.values()
            for start, wanted, content in patterns
            for kind, data in elements
        )

    @staticmethod
    def without_scan_response(heard: Broadcast) -> Broadcast:
        """Return what is left for who does not ask: here devices have their name in the scan response."""
        return dataclasses.replace(heard, name=None)

    def _drop(self, key: tuple[str, str]) -> None:
        self._roots.discard(key)
        self._patterns.pop(key, None)


def _elements(heard: Broadcast) -> list[tuple[int, bytes]]:
    elements = [(0x01, b"\x06")]
    elements += [(0xFF, company.to_bytes(2, "little") + data) for company, data in heard.companies.items()]
    for uuid, data in heard.services.items():
        kind, name = (0x16, bytes.fromhex(uuid)[::-1]) if len(uuid) == 4 else (0x21, _uuid_bytes(uuid))
        elements.append((kind, name + data))
    short = b"".join(bytes.fromhex(uuid)[::-1] for uuid in heard.uuids if len(uuid) == 4)
    long = b"".join(_uuid_bytes(uuid) for uuid in heard.uuids if len(uuid) != 4)
    elements += [(kind, data) for kind, data in ((0x03, short), (0x07, long)) if data]
    return elements


def _uuid_bytes(uuid: str) -> bytes:
    return bytes.fromhex(full_uuid(uuid).replace("-", ""))[::-1]
