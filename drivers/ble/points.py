"""Decoded fields to a device's points: scale, words, plausibility, and what makes a value not to be believed."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

from config.bluetooth import BluetoothPoint
from drivers.ble.decoded import Fields
from wire.reading import Quality, Value

_NO_VALUE: Final = (None, int(Quality.NO_VALUE))
_BAD: Final = (None, int(Quality.BAD))
_IMPLAUSIBLE: Final = int(Quality.IMPLAUSIBLE)
_GOOD: Final = int(Quality.GOOD)
_NOTHING: Final = object()
_LARGEST: Final = 2.0**53


class PointMap:
    """The points that one kind of data brings, made ready."""

    def __init__(self, points: Sequence[BluetoothPoint]) -> None:
        self._points = [(point.source or point.key, point) for point in points]

    def values(self, fields: Fields) -> dict[str, tuple[Value, int]]:
        """Return value and quality of every point that ``fields`` say something of; of a key that several points have,
        the first that does.
        """
        values: dict[str, tuple[Value, int]] = {}
        for source, point in self._points:
            found = fields.get(source, _NOTHING)
            if found is not _NOTHING and point.key not in values:
                values[point.key] = _value(point, found, fields)  # type: ignore[arg-type]  # a field's value, then
        return values


def word(value: Value) -> str:
    """Return a value as profiles write it in ``words``: ``true``, ``1``, ``press``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def by_words(words: Mapping[str, bool | int | float | str], value: Value) -> Value:
    """Return the word for ``value``, ``None`` where there is none for it; itself where there are no words at all."""
    return words.get(word(value)) if words else value


def _value(point: BluetoothPoint, found: Value, fields: Fields) -> tuple[Value, int]:
    if found is None or (point.only_if and not _is_believed(point, fields)):
        return _NO_VALUE
    if point.words:
        said = by_words(point.words, found)
        return _BAD if said is None else (said, _GOOD)
    if isinstance(found, bool | str):
        return found, _GOOD
    if point.scale != 1.0 or point.offset:
        found = float(f"{found * point.scale + point.offset:.12g}")
    if not isfinite(found) or abs(found) > _LARGEST:
        return _BAD
    if point.whole:
        found = round(found)
    if point.plausible is not None and not point.plausible[0] <= found <= point.plausible[1]:
        return found, _IMPLAUSIBLE
    return found, _GOOD


def _is_believed(point: BluetoothPoint, fields: Fields) -> bool:
    said = ((fields.get(name), wanted) for name, wanted in point.only_if.items())
    return all(value is None or value == wanted for value, wanted in said)
