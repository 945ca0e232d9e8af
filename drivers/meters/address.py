"""A meter's address between its plate and the wire: digits to pairs, the lowest first, and who is meant by it."""

from config.meters import is_meter_address
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured

_ANY = 0xAA


def wire_address(device: DeviceSettings, digits: int) -> bytes:
    """Return the bytes of the option ``address`` as they go over the wire; ``Misconfigured`` where it is none."""
    given = device.options.get("address")
    if not isinstance(given, str) or not is_meter_address(given, digits):
        raise Misconfigured(f"{device.id}: the address must be a text of {digits} digits")
    return bytes.fromhex(given)[::-1]


def plate(address: bytes) -> str:
    """Return an address of the wire as the plate has it."""
    return address[::-1].hex().upper()


def is_meant(asked: bytes, answered: bytes) -> bool:
    """Tell whether the meter ``answered`` is one that ``asked`` reaches: a pair AA is any pair."""
    return len(asked) == len(answered) and all(a in (_ANY, b) for a, b in zip(asked, answered, strict=True))
