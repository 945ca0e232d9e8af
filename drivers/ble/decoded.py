"""What data means once it is decoded: fields by name, and what a device's decoder makes of an advertisement."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from wire.reading import Value

Fields: TypeAlias = Mapping[str, Value]
"""Decoded fields by name; ``None``: the device says that it has no value (NaN, "not at this resolution", 0xFF).

A field that the data does not hold is not there at all.
"""


class Occurrence(NamedTuple):
    """An event that data told: its catalogue ``name``, the device's own ``number`` of it (empty: none), its fields."""

    name: str
    number: str
    fields: Mapping[str, Value]


class Meaning(NamedTuple):
    """What one piece of data says of a device: values with a quality each (``wire.reading``), and what happened."""

    values: Mapping[str, tuple[Value, int]]
    occurrences: tuple[Occurrence, ...] = ()
