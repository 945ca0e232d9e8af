"""The advertisement of Mi Band and Amazfit bands that broadcast their heart rate (manufacturer data of 0x0157)."""

from drivers.api.errors import CorruptAnswer
from drivers.ble.decoded import Fields

_NO_PULSE = 0xFF


def miband(data: bytes) -> Fields:
    """Return ``heart_rate`` (bpm; ``None``: it does not measure now) and the band's own ``address``."""
    if len(data) != 24 or data[0] != 0x02:
        raise CorruptAnswer("no advertisement of a Mi Band")
    return {"heart_rate": None if data[3] == _NO_PULSE else data[3], "address": data[18:24].hex(":").upper()}
