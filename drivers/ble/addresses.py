"""What a Bluetooth address is worth: whether its device keeps it (Bluetooth Core, Vol 6, Part B, 1.3)."""

from typing import Final

from drivers.api.overhears import AddressKind

_RANDOM: Final[dict[int, AddressKind]] = {0b11: "static", 0b01: "resolvable", 0b00: "non_resolvable"}


def address_kind(address: str, address_type: str) -> AddressKind:
    """Return the kind of ``AA:BB:CC:DD:EE:FF``: of a ``random`` one (``address_type``) the two top bits tell it."""
    if address_type == "public":
        return "public"
    if address_type != "random":
        return "unknown"
    return _RANDOM.get(int(address[:2], 16) >> 6, "unknown")
