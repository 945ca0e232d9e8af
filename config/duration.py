"""Durations as a technician writes them (``500ms``, ``5s``, ``10m``, ``2h``, ``7d``) and as programs count them."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_READINGS = re.compile(r"([1-9]\d{0,3})\s*(?:readings?|次)")
_PATTERN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def parse_duration(text: str) -> float:
    """Return seconds for a number with a unit; ``ValueError`` for anything else, a bare number included."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    return float(match[1]) * _SECONDS[match[2]]


def parse_hold(text: str) -> tuple[float, int]:
    """Return how long a condition has to hold: seconds and 0, or 0 and a number of readings (``3 readings``)."""
    if match := _READINGS.fullmatch(text.strip()):
        return 0.0, int(match[1])
    return parse_duration(text), 0


def format_duration(seconds: float) -> str:
    """Return the shortest exact form of ``seconds`` with one unit, as ``parse_duration`` reads it."""
    for unit in ("d", "h", "m", "s"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:g}{unit}"
    return f"{seconds * 1000:g}ms"
