"""What pendants, bands and beacons send into the air, byte by byte, from the published layouts."""

from typing import Final

PENDANT, BAND = 1, 2
SOS, FALL, TEST, WORN = 1, 2, 4, 8
LAYOUT_COMPANY: Final = 0xFFFF
"""The company identifier kept for tests: that of the layout of our own, which no maker uses."""
HUAMI, APPLE, RADIUS = 0x0157, 0x004C, 0x0118


def call(kind: int, flags: int, number: int, battery_pct: int, heart_rate: int | None, steps: int) -> bytes:
    """Return the data of the profile ``sos/ble-field-map``: who it is, flags, number of the last event, readings."""
    rate = 0xFF if heart_rate is None else heart_rate
    return bytes([0x4C, 0x4C, kind, flags, number, battery_pct, rate]) + (steps & 0xFFFF).to_bytes(2, "little")


def mi_band(address: str, heart_rate: int | None) -> bytes:
    """Return the data of company 0157: a heart rate only while one is taken, and the band's own address at its end."""
    rate = 0xFF if heart_rate is None else heart_rate
    return bytes([0x02, 0x0A, 0xFF, rate]) + b"\xff" * 13 + b"\x03" + bytes.fromhex(address.replace(":", ""))


def mi_steps(steps: int) -> bytes:
    """Return the service data of FEE0."""
    return steps.to_bytes(4, "little")


def ibeacon(uuid: str, major: int, minor: int, measured_dbm: int) -> bytes:
    """Return the data of company 004C; ``measured_dbm`` is the strength at one metre."""
    return bytes([0x02, 0x15]) + _region(uuid, major, minor, measured_dbm)


def altbeacon(uuid: str, major: int, minor: int, measured_dbm: int) -> bytes:
    """Return the data of whatever company made it."""
    return bytes([0xBE, 0xAC]) + _region(uuid, major, minor, measured_dbm) + b"\x00"


def eddystone_tlm(battery_mv: int, celsius: float, count: int, uptime_s: float) -> bytes:
    """Return the service data of FEAA: how the beacon is."""
    warm = round(celsius * 256) & 0xFFFF
    body = battery_mv.to_bytes(2, "big") + warm.to_bytes(2, "big") + count.to_bytes(4, "big")
    return bytes([0x20, 0x00]) + body + round(uptime_s * 10).to_bytes(4, "big")


def _region(uuid: str, major: int, minor: int, measured_dbm: int) -> bytes:
    body = bytes.fromhex(uuid.replace("-", "")) + major.to_bytes(2, "big") + minor.to_bytes(2, "big")
    return body + measured_dbm.to_bytes(1, "big", signed=True)
