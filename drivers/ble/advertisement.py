"""One advertisement as it was heard, whatever heard it: the data that decoding works on."""

from collections.abc import Mapping
from typing import Final, NamedTuple

SIG_BASE: Final = "-0000-1000-8000-00805f9b34fb"
"""What follows the first eight digits of a UUID that the Bluetooth SIG assigned."""


class Advertisement(NamedTuple):
    """What a device sent into the air, all its elements as the stack knows them at ``at`` (µs since the epoch, UTC).

    ``address`` is ``AA:BB:CC:DD:EE:FF``. ``companies`` is manufacturer data by company identifier, ``services`` service
    data by UUID, ``uuids`` are the services it says it has; UUIDs are lower case, short (``fcd2``) where the Bluetooth
    SIG assigned them. ``rssi`` is in dBm, ``None`` where the stack does not say. ``receiver`` is the adapter that heard
    it. A stack may keep elements of earlier advertisements of the same device beside the newest. ``address_type`` is
    ``public`` or ``random``, empty where the stack does not say.
    """

    address: str
    at: int
    rssi: int | None = None
    name: str = ""
    companies: Mapping[int, bytes] = {}
    services: Mapping[str, bytes] = {}
    uuids: tuple[str, ...] = ()
    tx_power: int | None = None
    receiver: str = ""
    address_type: str = ""


def short_uuid(uuid: str) -> str:
    """Return a UUID in lower case, four digits where it is an assigned one of 16 bits."""
    uuid = uuid.lower()
    if len(uuid) == 36 and uuid.startswith("0000") and uuid.endswith(SIG_BASE):
        return uuid[4:8]
    return uuid


def long_uuid(uuid: str) -> str:
    """Return a UUID in full, lower case."""
    return f"0000{uuid.lower()}{SIG_BASE}" if len(uuid) == 4 else uuid.lower()
