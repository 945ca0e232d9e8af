"""How a Modbus device's points came to their values, purely: registers, arithmetic, the other word orders."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from config.address import Options, resolve
from config.profile import LevelPoint, Profile, RegisterPoint, StatePoint
from drivers.api.explains import Decoding, Explained
from drivers.modbus.decode import Bad, Raw, bit_unpacker, converter, register_unpacker, width
from drivers.modbus.layout import BITS, FUNCTION
from drivers.modbus.plan import Plan
from wire.reading import Value

_SMALLEST, _LARGEST = 1e-6, 1e12
"""No product tells anything beyond these in a float; bytes in a wrong order often do."""

_ORDERS: Final = ("ABCD", "CDAB", "BADC", "DCBA")
"""How the bytes of a value may come, A its highest: as they should, words swapped, bytes swapped, both."""


def explain(
    profile: Profile, options: Options, plan: Plan, answers: Sequence[bytes | int], last: dict[str, str]
) -> tuple[Explained, ...]:
    """Return every point that ``plan`` reads, internal ones and those concluded from others as well.

    ``answers`` and ``last`` are what ``Plan.decode`` takes.
    """
    values, qualities = plan.decode(answers, last)
    known = dict(zip(plan.points, values, strict=True))
    quality = dict(zip(plan.points, qualities or (0,) * len(values), strict=True))
    explained = [one for point in profile.points if (one := _register(profile, options, plan, answers, point, quality))]
    seen = {one.key: one.value for one in explained}
    explained += [
        Explained(one.key, "", _level(one, seen, options), known[one.key], quality[one.key])
        for one in profile.levels
        if one.key in known
    ]
    explained += [
        Explained(one.key, "", _state(one, seen), known[one.key], quality[one.key])
        for one in profile.states
        if one.key in known
    ]
    return tuple(explained)


def _register(
    profile: Profile,
    options: Options,
    plan: Plan,
    answers: Sequence[bytes | int],
    point: RegisterPoint,
    quality: Mapping[str, int],
) -> Explained | None:
    """Return a register point, ``None`` where the plan does not read it."""
    address, function = resolve(point.address, options), FUNCTION[point.table]
    if address is None:
        return None
    size = 1 if function in BITS else width(point.encoding)
    for run, answer in zip(plan.runs, answers, strict=True):
        if run.function != function or not run.address <= address <= run.address + run.count - size:
            continue
        if isinstance(answer, int) or len(answer) != run.size:
            why = answer if isinstance(answer, int) else quality.get(point.key, 0)
            return Explained(point.key, "", "", None, why, point.plausible)
        if function in BITS:
            (raw,) = bit_unpacker([address - run.address])(answer)
            return _told(point, str(int(raw)), raw, ())
        data = answer[2 * (address - run.address) : 2 * (address - run.address + size)]
        own = _own_order(profile)
        return _told(point, f"0x{data.hex().upper()}", _number(point, data, own), _orders(point, data, own))
    return None


def _told(point: RegisterPoint, shown: str, raw: Raw, orders: tuple[Decoding, ...]) -> Explained:
    value, quality = _converted(point, raw)
    steps = "" if isinstance(raw, bool) else _steps(point, raw)
    return Explained(point.key, shown, steps, value, quality, point.plausible, orders)


def _converted(point: RegisterPoint, raw: Raw) -> tuple[Value, int]:
    convert = converter(point)
    value = raw if convert is None else convert(raw)
    return (value.value, value.quality) if isinstance(value, Bad) else (value, 0)


def _own_order(profile: Profile) -> str:
    transport = profile.transport
    orders = {
        ("big", "big"): "ABCD",
        ("little", "big"): "CDAB",
        ("big", "little"): "BADC",
        ("little", "little"): "DCBA",
    }
    return orders[transport.word_order, transport.byte_order]


def _orders(point: RegisterPoint, data: bytes, own: str) -> tuple[Decoding, ...]:
    if len(data) != 4:
        return ()
    return tuple(_decoding(point, data, order) for order in sorted(_ORDERS, key=lambda order: order != own))


def _decoding(point: RegisterPoint, data: bytes, order: str) -> Decoding:
    raw = _number(point, data, order)
    value, quality = _converted(point, raw)
    likely = not isinstance(raw, float) or raw == 0 or _SMALLEST < abs(raw) < _LARGEST
    return Decoding(order, raw if value is None else value, plausible=not quality and likely)


def _number(point: RegisterPoint, data: bytes, order: str) -> Raw:
    """Return the number in ``data`` whose words and bytes stand in ``order``."""
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    (raw,) = register_unpacker([(0, point.encoding)], len(words), low_word_first=False)(b"".join(words))
    return raw


def _steps(point: RegisterPoint, raw: Raw) -> str:
    """Return what is done with the raw number, ``84 × 10``; the number alone where nothing is.

    A number that stands for one below zero is taken from where those begin: ``(10000 − 10050) × 0.1``.
    """
    if point.bit is not None:
        bit = int(raw) >> point.bit & 1
        return f"bit {point.bit} = {bit}"
    number = f"{raw:.7g}" if isinstance(raw, float) else str(raw)
    if point.encoding == "bool" or point.words:
        return number
    if point.negative_from is not None and raw >= point.negative_from:
        number = f"({point.negative_from} − {number})"
    if point.scale != 1:
        number += f" × {point.scale:g}"
    if point.offset:
        number += f" {'+' if point.offset > 0 else '−'} {abs(point.offset):g}"
    return number


def _level(level: LevelPoint, seen: Mapping[str, Value], options: Options) -> str:
    empty, full = options.get(level.empty), options.get(level.full)
    return f"({empty} − {seen.get(level.source)}) / ({empty} − {full}) × 100"


def _state(state: StatePoint, seen: Mapping[str, Value]) -> str:
    return ", ".join(f"{key}={_word(seen[key])}" for key in dict.fromkeys(_sources(state)) if key in seen)


def _sources(state: StatePoint) -> Iterator[str]:
    for case in state.cases:
        yield from case.when


def _word(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
