"""What to ask a meter for: points to items, one question each, in the profile's order; compiled once."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from math import prod

from config.address import Options
from config.item import Item
from config.profile import Profile
from drivers.api.errors import Misconfigured, NotSupported
from drivers.meters.decode import Decode, Found, Units, decoder
from wire.reading import Quality, Value


@dataclass(frozen=True, slots=True)
class Part:
    """One question: the item, and for each of its wanted points the place among the values and the way to read it."""

    item: str
    size: int
    steps: tuple[tuple[int, Decode], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One set of points of one meter."""

    points: tuple[str, ...]
    parts: tuple[Part, ...]

    def decode(self, answers: Collection[bytes | int]) -> tuple[tuple[Value, ...], tuple[int, ...]]:
        """Return values and qualities (empty: all good) of ``points``.

        ``answers`` has each part's data, or the quality byte of one that gave none. Data of another length than the
        item has is ``CORRUPT``: it would be read at the wrong places.
        """
        found = [Found(None, Quality.BAD)] * len(self.points)
        for part, answer in zip(self.parts, answers, strict=True):
            why = answer if isinstance(answer, int) else int(Quality.CORRUPT)
            whole = answer if isinstance(answer, bytes) and len(answer) == part.size else None
            for index, decode in part.steps:
                found[index] = Found(None, why) if whole is None else decode(whole)
        values, qualities = tuple(one.value for one in found), tuple(int(one.quality) for one in found)
        return values, qualities if any(qualities) else ()


def make_plan(profile: Profile, options: Options, units: Units, wanted: Collection[str] | None = None) -> Plan:
    """Return the plan for ``wanted`` points (``None``: all) of a device with ``options``.

    ``NotSupported`` for a key that the profile lacks or when nothing remains; ``Misconfigured`` for a profile that
    meters cannot serve.
    """
    if profile.points or profile.levels or profile.states:
        raise Misconfigured(f"{profile.id}: a meter has items, no registers, levels or states")
    keys = [point.key for item in profile.items for point in item.points]
    unknown = sorted(set(wanted or ()).difference(keys))
    if unknown:
        raise NotSupported(f"{profile.id} has no point {', '.join(unknown)}")
    points = tuple(key for key in keys if wanted is None or key in wanted)
    if not points:
        raise NotSupported(f"{profile.id}: nothing to read")
    slots = {key: index for index, key in enumerate(points)}
    parts = (_part(profile, item, options, units, slots) for item in profile.items)
    return Plan(points, tuple(part for part in parts if part.steps))


_IDENTIFIER = re.compile(r"(?:[0-9A-F]{4}){1,2}")


def _part(profile: Profile, item: Item, options: Options, units: Units, slots: dict[str, int]) -> Part:
    if not _IDENTIFIER.fullmatch(item.item):
        raise Misconfigured(f"{profile.id}: {item.item} is no data identifier")
    for point in item.points:
        if max(point.at + point.length, (point.unit_at or 0) + 1) > item.size:
            raise Misconfigured(f"{profile.id}: {point.key} reaches beyond the {item.size} bytes of {item.item}")
    steps = (
        (slots[point.key], decoder(point, units, prod(number(options, name) for name in point.times)))
        for point in item.points
        if point.key in slots
    )
    return Part(item.item, item.size, tuple(steps))


def number(options: Options, name: str) -> float:
    """Return the option ``name``, which multiplies a point; ``Misconfigured`` where it is no number."""
    value = options.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misconfigured(f"{name} must be a number")
    return float(value)
