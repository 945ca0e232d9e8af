"""The elements of an advertisement as they go over the air (Core Specification Supplement, A), and HCI's reports."""

from typing import Final

from drivers.api.errors import CorruptAnswer
from drivers.ble.advertisement import SIG_BASE, Advertisement, short_uuid

_UUIDS: Final = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}
_SERVICE_DATA: Final = {0x16: 2, 0x20: 4, 0x21: 16}
_NAMES: Final = (0x08, 0x09)
_TX_POWER: Final = 0x0A
_COMPANY: Final = 0xFF

_LE_META: Final = b"\x04\x3e"
_NO_RSSI: Final = 127


def advertisement(
    data: bytes, *, address: str, at: int = 0, rssi: int | None = None, receiver: str = ""
) -> Advertisement:
    """Return what the elements in ``data`` say; one that does not end within it is lost, and what follows it.

    Of two elements of the same kind the later one counts, for a complete name the complete one.
    """
    name, tx_power = "", None
    companies: dict[int, bytes] = {}
    services: dict[str, bytes] = {}
    uuids: list[str] = []
    for kind, value in _elements(data):
        if kind in _NAMES:
            name = value.decode("utf-8", "replace") if kind == _NAMES[1] or not name else name
        elif kind == _TX_POWER and len(value) == 1:
            tx_power = int.from_bytes(value, "big", signed=True)
        elif kind == _COMPANY and len(value) >= 2:
            companies[int.from_bytes(value[:2], "little")] = value[2:]
        elif kind in _SERVICE_DATA and len(value) >= _SERVICE_DATA[kind]:
            size = _SERVICE_DATA[kind]
            services[_uuid(value[:size])] = value[size:]
        elif kind in _UUIDS:
            size = _UUIDS[kind]
            uuids += [_uuid(value[start : start + size]) for start in range(0, len(value) - size + 1, size)]
    return Advertisement(
        address=address, at=at, rssi=rssi, name=name, companies=companies, services=services,
        uuids=tuple(dict.fromkeys(uuids)), tx_power=tx_power, receiver=receiver,
    )  # fmt: skip


def hci_report(packet: bytes, *, at: int = 0, receiver: str = "") -> Advertisement:
    """Return the one advertisement in an HCI event ``LE Advertising Report`` or ``LE Extended Advertising Report``,
    header and all, as sniffers record it; ``CorruptAnswer`` for anything else.
    """
    match packet[3:5] if packet[:2] == _LE_META else b"":
        case b"\x02\x01":
            address, size_at, rssi_at = packet[7:13], 13, None
        case b"\x0d\x01":
            address, size_at, rssi_at = packet[8:14], 28, 18
        case _:
            raise CorruptAnswer("no report of one advertisement")
    if len(packet) <= size_at:
        raise CorruptAnswer("the report ends in its header")
    end = size_at + 1 + packet[size_at]
    rssi_at = end if rssi_at is None else rssi_at
    if len(packet) < max(end, rssi_at + 1):
        raise CorruptAnswer("the report ends early")
    rssi = int.from_bytes(packet[rssi_at : rssi_at + 1], "big", signed=True)
    return advertisement(
        packet[size_at + 1 : end],
        address=address[::-1].hex(":").upper(),
        at=at,
        rssi=None if rssi == _NO_RSSI else rssi,
        receiver=receiver,
    )


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data) and data[at]:
        end = at + 1 + data[at]
        if end > len(data):
            break
        found.append((data[at + 1], data[at + 2 : end]))
        at = end
    return found


def _uuid(raw: bytes) -> str:
    text = raw[::-1].hex()
    if len(raw) < 16:
        return short_uuid(f"{text:0>8}{SIG_BASE}")
    return short_uuid(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
