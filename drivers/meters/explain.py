"""How a meter's points came to their values, purely: which bytes of the answer, which digits, which arithmetic."""

from collections.abc import Iterator, Sequence
from math import prod

from config.address import Options
from config.item import Item, ItemPoint
from config.profile import Profile
from drivers.api.explains import Explained
from drivers.meters.decode import Units, digits_of
from drivers.meters.plan import Plan, number


def explain(
    profile: Profile, options: Options, units: Units, plan: Plan, answers: Sequence[bytes | int]
) -> tuple[Explained, ...]:
    """Return every point of ``plan``; ``answers`` is what ``Plan.decode`` takes.

    ``raw`` are the point's bytes as the standard prints them, the highest first.
    """
    values, qualities = plan.decode(answers)
    told = dict(zip(plan.points, zip(values, qualities or (0,) * len(values), strict=True), strict=True))
    heard = {part.item: answer for part, answer in zip(plan.parts, answers, strict=True)}
    return tuple(
        Explained(point.key, *_way(item, point, options, units, heard[item.item]), *told[point.key], point.plausible)
        for item, point in _points(profile)
        if point.key in told
    )


def _points(profile: Profile) -> Iterator[tuple[Item, ItemPoint]]:
    for item in profile.items:
        for point in item.points:
            yield item, point


def _way(item: Item, point: ItemPoint, options: Options, units: Units, answer: bytes | int) -> tuple[str, str]:
    """Return the bytes of a point and what is done with them, both empty where there are none."""
    if isinstance(answer, int) or len(answer) != item.size:
        return "", ""
    data = answer[point.at : point.at + point.length]
    raw = data[::-1].hex(" ").upper()
    if point.bits is not None:
        lowest, count = point.bits
        bits = int.from_bytes(data, "little") >> lowest & (1 << count) - 1
        span = f"bit {lowest}" if count == 1 else f"bits {lowest}..{lowest + count - 1}"
        return raw, f"{span} = {bits:0{count}b}"
    digits = digits_of(point, data)
    if digits is None:
        return raw, "—"
    steps = str(digits)
    if point.scale != 1:
        steps += f" × {point.scale:g}"
    if point.unit_at is not None:
        unit, factor = units.get(answer[point.unit_at], ("?", 0.0))
        steps += f" × {factor:g} {unit} ({answer[point.unit_at]:02X}H)"
    times = prod(number(options, name) for name in point.times)
    return raw, steps if times == 1 else f"{steps} × {times:g}"
