"""Beacons that say who they are, and how full their battery is: iBeacon, AltBeacon, Eddystone UID and TLM."""

from uuid import UUID

from drivers.api.errors import CorruptAnswer
from drivers.ble.decoded import Fields


def ibeacon(data: bytes) -> Fields:
    """Return Apple's proximity beacon (manufacturer data of 0x004C): ``uuid``, ``major``, ``minor``,
    ``measured_power_dbm`` at one metre. Makers append a byte of their own, which is not looked at.
    """
    if len(data) not in (23, 24) or data[:2] != b"\x02\x15":
        raise CorruptAnswer("no iBeacon")
    return _proximity(data[2:23])


def altbeacon(data: bytes) -> Fields:
    """Return an AltBeacon (manufacturer data of any company): fields as of an iBeacon."""
    if len(data) != 24 or data[:2] != b"\xbe\xac":
        raise CorruptAnswer("no AltBeacon")
    return _proximity(data[2:23])


def eddystone_uid(data: bytes) -> Fields:
    """Return Eddystone's identity (service data of FEAA): ``namespace``, ``instance`` (hex), ``power_0m_dbm``."""
    if len(data) not in (18, 20) or data[0] != 0x00:
        raise CorruptAnswer("no Eddystone UID")
    power = int.from_bytes(data[1:2], "big", signed=True)
    return {"namespace": data[2:12].hex(), "instance": data[12:18].hex(), "power_0m_dbm": power}


def eddystone_tlm(data: bytes) -> Fields:
    """Return Eddystone's telemetry (service data of FEAA, not encrypted): ``battery_mv``, ``temperature_c``,
    ``adv_count`` and ``uptime_s`` since it was switched on.
    """
    if len(data) != 14 or data[:2] != b"\x20\x00":
        raise CorruptAnswer("no Eddystone TLM")
    millivolts = int.from_bytes(data[2:4], "big")
    celsius = int.from_bytes(data[4:6], "big", signed=True)
    return {
        "battery_mv": millivolts or None,
        "temperature_c": None if celsius == -0x8000 else celsius / 256,
        "adv_count": int.from_bytes(data[6:10], "big"),
        "uptime_s": int.from_bytes(data[10:14], "big") / 10,
    }


def _proximity(data: bytes) -> Fields:
    return {
        "uuid": str(UUID(bytes=data[:16])),
        "major": int.from_bytes(data[16:18], "big"),
        "minor": int.from_bytes(data[18:20], "big"),
        "measured_power_dbm": int.from_bytes(data[20:21], "big", signed=True),
    }
