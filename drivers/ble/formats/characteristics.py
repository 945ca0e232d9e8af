"""Characteristics that the Bluetooth SIG laid out for health devices, as its specifications print them."""

from collections.abc import Mapping
from typing import Final

from drivers.api.errors import CorruptAnswer
from drivers.ble.decoded import Fields
from drivers.ble.formats.reader import Reader
from wire.reading import Value

_MMHG_PER_KPA: Final = 7.500616827
_KG_PER_LB: Final = 0.45359237
_M_PER_INCH: Final = 0.0254

_LOCATIONS: Final = ("other", "chest", "wrist", "finger", "hand", "ear_lobe", "foot")
_SITES: Final = (
    "", "armpit", "body", "ear", "finger", "gastro_intestinal", "mouth", "rectum", "toe", "tympanum"
)  # fmt: skip
_PRESSURE_STATUS: Final = {"body_moved": 1 << 0, "cuff_loose": 1 << 1, "irregular_pulse": 1 << 2}
_OXIMETER_STATUS: Final = {
    "measurement_ongoing": 1 << 5,
    "early_estimate": 1 << 6,
    "demonstration": 1 << 10 | 1 << 11,
    "calibrating": 1 << 12,
    "unavailable": 1 << 13,
    "questionable": 1 << 14,
    "invalid": 1 << 15,
}
_OXIMETER_SENSOR: Final = {
    "malfunction": 1 << 1 | 1 << 14,
    "weak_signal": 1 << 3 | 1 << 4,
    "low_perfusion": 1 << 5,
    "sensor_off": 1 << 11 | 1 << 13 | 1 << 15,
}


def heart_rate(data: bytes) -> Fields:
    """Return 2A37: ``heart_rate`` (bpm), ``sensor_contact`` where the sensor can tell, ``energy_expended_kj``, and of
    the beats' intervals the last (``rr_ms``).
    """
    reader = Reader(data)
    flags = reader.flags(0x1F)
    found: dict[str, Value] = {"heart_rate": reader.uint(2 if flags & 0x01 else 1)}
    if flags & 0x04:
        found["sensor_contact"] = bool(flags & 0x02)
    if flags & 0x08:
        found["energy_expended_kj"] = reader.uint(2)
    if flags & 0x10:
        intervals = reader.rest()
        if len(intervals) % 2:
            raise CorruptAnswer("half an interval between beats")
        if intervals:
            found["rr_ms"] = int.from_bytes(intervals[-2:], "little") * 1000 / 1024
    reader.end()
    return found


def body_sensor_location(data: bytes) -> Fields:
    """Return 2A38: where the heart rate sensor is worn, ``location``."""
    place = _one_byte(data)
    return {"location": _LOCATIONS[place] if place < len(_LOCATIONS) else None}


def temperature(data: bytes) -> Fields:
    """Return 2A1C or 2A1E: ``temperature_c``, ``measured_at``, ``site``."""
    reader = Reader(data)
    flags = reader.flags(0x07)
    told = reader.float32()
    if told is not None and flags & 0x01:
        told = round((told - 32) * 5 / 9, 2)
    found: dict[str, Value] = {"temperature_c": told}
    if flags & 0x02:
        found["measured_at"] = reader.moment()
    if flags & 0x04:
        site = reader.uint(1)
        found["site"] = _SITES[site] if 0 < site < len(_SITES) else None
    reader.end()
    return found


def blood_pressure(data: bytes) -> Fields:
    """Return 2A35: ``systolic_mmhg``, ``diastolic_mmhg``, ``mean_mmhg``, ``measured_at``, ``pulse_bpm``, and what the
    cuff says of the measurement.
    """
    reader = Reader(data)
    flags = reader.flags(0x1F)
    found: dict[str, Value] = {}
    for name in ("systolic_mmhg", "diastolic_mmhg", "mean_mmhg"):
        told = reader.sfloat()
        found[name] = round(told * _MMHG_PER_KPA, 1) if told is not None and flags & 0x01 else told
    if flags & 0x02:
        found["measured_at"] = reader.moment()
    if flags & 0x04:
        found["pulse_bpm"] = reader.sfloat()
    if flags & 0x08:
        reader.uint(1)  # which of the cuff's users: the person is the device's, never the cuff's guess
    if flags & 0x10:
        found |= _bits(reader.uint(2), _PRESSURE_STATUS)
    reader.end()
    return found


def pulse_oximeter(data: bytes) -> Fields:
    """Return 2A5F, what an oximeter measures continuously: ``spo2_pct``, ``pulse_bpm``, ``amplitude_pct``, status."""
    reader = Reader(data)
    flags = reader.flags(0x1F)
    found: dict[str, Value] = {"spo2_pct": reader.sfloat(), "pulse_bpm": reader.sfloat()}
    for speed in (0x01, 0x02):
        if flags & speed:
            reader.take(4)  # the same two once more, of a faster or a slower mean
    _oximeter_status(reader, flags & 0x04, flags & 0x08, flags & 0x10, found)
    reader.end()
    return found


def pulse_oximeter_spot(data: bytes) -> Fields:
    """Return 2A5E, one measurement: as ``pulse_oximeter``, with ``measured_at`` where the device's clock is set."""
    reader = Reader(data)
    flags = reader.flags(0x1F)
    found: dict[str, Value] = {"spo2_pct": reader.sfloat(), "pulse_bpm": reader.sfloat()}
    if flags & 0x01:
        moment = reader.moment()
        found["measured_at"] = None if flags & 0x10 else moment
    _oximeter_status(reader, flags & 0x02, flags & 0x04, flags & 0x08, found)
    reader.end()
    return found


def _oximeter_status(reader: Reader, measured: int, sensor: int, amplitude: int, found: dict[str, Value]) -> None:
    if measured:
        found |= _bits(reader.uint(2), _OXIMETER_STATUS)
    if sensor:
        found |= _bits(reader.uint(3), _OXIMETER_SENSOR)
    if amplitude:
        found["amplitude_pct"] = reader.sfloat()


def weight(data: bytes) -> Fields:
    """Return 2A9D: ``weight_kg`` (``None``: it did not succeed), ``measured_at``, ``bmi``, ``height_m``."""
    reader = Reader(data)
    flags = reader.flags(0x0F)
    imperial, raw = flags & 0x01, reader.uint(2)
    told = raw * _KG_PER_LB / 100 if imperial else raw * 5 / 1000
    found: dict[str, Value] = {"weight_kg": None if raw == 0xFFFF else round(told, 3)}
    if flags & 0x02:
        found["measured_at"] = reader.moment()
    if flags & 0x04:
        reader.uint(1)
    if flags & 0x08:
        found["bmi"] = reader.uint(2) / 10
        height = reader.uint(2)
        found["height_m"] = round(height / 10 * _M_PER_INCH, 4) if imperial else height / 1000
    reader.end()
    return found


def battery_level(data: bytes) -> Fields:
    """Return 2A19: ``battery_pct``."""
    level = _one_byte(data)
    if level > 100:
        raise CorruptAnswer(f"{level} % of a battery")
    return {"battery_pct": level}


def _one_byte(data: bytes) -> int:
    if len(data) != 1:
        raise CorruptAnswer(f"{len(data)} bytes instead of one")
    return data[0]


def _bits(word: int, names: Mapping[str, int]) -> dict[str, Value]:
    return {name: bool(word & mask) for name, mask in names.items()}
