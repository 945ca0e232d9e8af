"""What BTHome's and MiBeacon's libraries share: the advertisement in their words, and their answer in ours.

A parser is made for each advertisement: what a library remembers of earlier ones would be said again with each.
"""

import logging
import struct
import sys
from collections import deque
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from math import isfinite
from types import ModuleType
from typing import Any, Final

from config.bluetooth_formats import has_field
from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.ble.advertisement import Advertisement, long_uuid
from wire.reading import Value

_SUFFIXES: Final = {
    "%": "pct", "°C": "c", "V": "v", "A": "a", "W": "w", "kWh": "kwh", "kg": "kg", "lx": "lux", "mbar": "hpa",
    "hPa": "hpa", "mm": "mm", "m": "m", "s": "s", "min": "min", "m/s": "m_s", "m/s²": "m_s2", "°/s": "deg_s",
    "°": "deg", "L": "l", "mL": "ml", "m³": "m3", "m³/h": "m3_h", "µg/m³": "ugm3", "mg/m³": "mg_m3", "ppm": "ppm",
    "µS/cm": "us_cm", "rpm": "rpm", "ohm": "ohm",
}  # fmt: skip
_KG_PER_LB: Final = 0.45359237
_LONGEST_TEXT: Final = 200
_REPLAY_US: Final = 600_000_000
_FAULTS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError, struct.error
)  # fmt: skip
"""What such a parser is known to raise on bytes that it does not expect; whatever it is, only this reading is lost."""


_CLOUD: Final = "xiaomi_ble.cloud"
"""xiaomi-ble loads with its parser what asks Xiaomi for keys: an HTTP client of 6 MB that nobody here calls."""


class _Unused(ModuleType):
    """A module whose names are all there and all nothing."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def library(module: str, name: str) -> Callable[..., Any]:
    """Return ``name`` of ``module``; ``Misconfigured`` where the extra ``beacons`` is not installed."""
    sys.modules.setdefault(_CLOUD, _Unused(_CLOUD))
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except ImportError as error:
        raise Misconfigured(f"{module.split('.')[0]} is missing: install linli[beacons]") from error
    # what they warn of is counted here (garbled), once for each advertisement
    logging.getLogger(module.split(".")[0]).setLevel(logging.CRITICAL)
    return found


def bindkey(text: str | None) -> bytes | None:
    """Return the key; ``Misconfigured`` where it is not sixteen bytes in hex."""
    if text is None:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise Misconfigured("bindkey is not hex") from error
    if len(key) != 16:
        raise Misconfigured(f"bindkey has {len(key)} bytes, 16 are needed")
    return key


class _Heard:
    """An advertisement as those libraries want it (``BluetoothServiceInfo``), without the stack behind that class."""

    def __init__(self, heard: Advertisement, service: str, data: bytes) -> None:
        self.name = heard.name or heard.address
        self.address = heard.address
        self.rssi = heard.rssi or 0
        self.manufacturer_data: dict[int, bytes] = {}
        self.service_data = {long_uuid(service): data}
        self.service_uuids: list[str] = []
        self.source = ""
        self.time = heard.at / 1e6


def parse(parser: Any, format_: str, heard: Advertisement, service: str, data: bytes) -> dict[str, Value]:
    """Return what ``parser`` makes of one element, by the names of ``config.bluetooth_formats``."""
    try:
        update = parser.update(_Heard(heard, service, data))
        found: dict[str, Any] = {_text(key.key): event.event_type for key, event in update.events.items()}
        for key, value in update.binary_entity_values.items():
            if value.native_value is not None:
                found[_low(_text(key.key))] = bool(value.native_value)
        for key, value in update.entity_values.items():
            unit = update.entity_descriptions[key].native_unit_of_measurement
            name, number = _named(_text(key.key), _text(unit), value.native_value)
            found[name] = number
    except _FAULTS as error:
        raise CorruptAnswer(f"{format_}: {type(error).__name__}") from error
    return {name: _plain(value) for name, value in found.items() if has_field(format_, name)}


def _text(key: Any) -> str:
    return str(getattr(key, "value", key))


def _low(key: str) -> str:
    return f"battery_low{key.removeprefix('battery')}" if key.rstrip("_0123456789") == "battery" else key


def _named(key: str, unit: str, value: Any) -> tuple[str, Any]:
    if unit == "lb" and isinstance(value, int | float):
        unit, value = "kg", round(value * _KG_PER_LB, 3)
    base, _, number = key.rpartition("_")
    base, number = (base, f"_{number}") if number.isdigit() and base else (key, "")
    suffix = _SUFFIXES.get(unit)
    return f"{base}_{suffix}{number}" if suffix else key, value


def _plain(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)[:_LONGEST_TEXT]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if isinstance(value, bool | int) else None


class Replays:
    """Remembers what was decrypted: a late copy or a replay is never news.

    A counter below ``fresh`` may begin anew: a button whose battery was changed must be believed.
    """

    def __init__(self, fresh: int) -> None:
        self._fresh = fresh
        self._counter = 0
        self._seen: deque[tuple[bytes, int]] = deque(maxlen=64)

    def refuse(self, data: bytes, counter: int, at: int) -> None:
        """``CorruptAnswer`` where ``counter`` has gone back, or ``data`` was heard within ten minutes before ``at``
        (µs), before others.
        """
        if self._fresh <= counter < self._counter:
            raise CorruptAnswer("replayed: its counter has gone back")
        if any(seen == data and at - when < _REPLAY_US for seen, when in self._seen):
            raise CorruptAnswer("replayed")

    def remember(self, data: bytes, counter: int, at: int) -> None:
        """Take note of what was believed."""
        self._counter = counter
        self._seen.append((data, at))
