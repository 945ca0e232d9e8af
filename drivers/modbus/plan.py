"""What to ask a device for and how to read the answer: points to the fewest requests, compiled once, used for ever."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from config.address import Options, resolve
from config.profile import Profile, RegisterPoint
from config.transport import Transport
from drivers.api.errors import Misconfigured, NotSupported
from drivers.modbus.decode import (
    Bad,
    Convert,
    StateMachine,
    Together,
    Unpack,
    bit_unpacker,
    converter,
    fill_level,
    register_unpacker,
    together,
    width,
)
from drivers.modbus.layout import BITS, FUNCTION, Layout, Span
from wire.reading import Quality, Value

LevelStep = Callable[[Value], "Value | Bad"]

_MOST_BITS, _MOST_REGISTERS = 2000, 125
_LAST = 65535


class _Read(NamedTuple):
    """A register point with its place among the values and the addresses that it wants."""

    slot: int
    point: RegisterPoint
    span: Span


@dataclass(frozen=True, slots=True)
class Run:
    """One request and how its answer is spread: ``steps`` are (index in the values, index of the field, conversion).
    ``spans`` are the addresses that points want, in order.
    """

    function: int
    address: int
    count: int
    size: int
    spans: tuple[Span, ...]
    unpack: Unpack
    steps: tuple[tuple[int, int, Convert | None], ...]
    direct: bool
    """The fields are the values, in order, and they are all of them; ``together`` converts them."""
    together: Together = tuple


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about one set of points of one device. ``points`` are reported, in order; more values may follow."""

    points: tuple[str, ...]
    runs: tuple[Run, ...]
    size: int
    levels: tuple[tuple[int, int, LevelStep], ...]
    states: tuple[tuple[int, str, StateMachine], ...]

    def decode(self, answers: Sequence[bytes | int], last: dict[str, str]) -> tuple[tuple[Value, ...], tuple[int, ...]]:
        """Return values and qualities (empty: all good) of ``points``.

        ``answers`` has each run's data, or the quality byte of one that gave none. ``last`` holds the last state of
        each state point and is brought up to date. Data of another length than was asked for is ``CORRUPT``.
        """
        run, answer = self.runs[0], answers[0]
        if run.direct and isinstance(answer, bytes) and len(answer) == run.size:
            found = run.together(run.unpack(answer))
            if found is not None:
                return found, ()
        values: list[Value] = [None] * self.size
        bad: dict[int, int] = {}
        for run, answer in zip(self.runs, answers, strict=True):
            if isinstance(answer, int) or len(answer) != run.size:
                why = answer if isinstance(answer, int) else int(Quality.CORRUPT)
                bad.update((index, why) for index, _, _ in run.steps)
                continue
            fields = run.unpack(answer)
            for index, field, convert in run.steps:
                value = fields[field] if convert is None else convert(fields[field])
                if isinstance(value, Bad):
                    bad[index] = value.quality
                    value = value.value
                values[index] = value
        if self.levels or self.states:
            self._conclude(values, bad, last)
        n = len(self.points)
        qualities = tuple(bad.get(index, 0) for index in range(n)) if bad else ()
        return tuple(values[:n]), qualities if any(qualities) else ()

    def _conclude(self, values: list[Value], bad: dict[int, int], last: dict[str, str]) -> None:
        for index, source, level in self.levels:
            value = Bad(bad[source]) if source in bad else level(values[source])
            if isinstance(value, Bad):
                bad[index] = value.quality
                value = value.value
            values[index] = value
        for index, key, machine in self.states:
            qualities = [bad.get(slot, 0) for slot in range(self.size)]
            state = machine.conclude(values, qualities, last.get(key))
            if isinstance(state, Bad):
                bad[index] = state.quality
                values[index] = state.value
            else:
                values[index] = last[key] = state


def make_plan(
    profile: Profile, options: Options, wanted: Collection[str] | None = None, layout: Layout | None = None
) -> Plan:
    """Return the plan for ``wanted`` points (``None``: all that the device has; unwired ones are left out).

    ``layout`` knows what the device taught (``None``: only what its profile says). A device with no points, such as a
    barrier whose buttons alone are wired, is read for its internal ones and reports nothing: that it answers is all
    there is to know. An internal point may be wanted by name (interlocks, golden frames). ``NotSupported`` for a key
    that the profile lacks or when nothing remains; ``Misconfigured`` for a profile that Modbus cannot serve.
    """
    by_key = {point.key: point for point in profile.points}
    addresses = {key: at for key, point in by_key.items() if (at := resolve(point.address, options)) is not None}
    points = profile.points_on(options)
    if wanted is not None:
        internal = tuple(point.key for point in profile.points if point.internal)
        unknown = sorted(set(wanted).difference(profile.keys(), internal))
        if unknown:
            raise NotSupported(f"{profile.id} has no point {', '.join(unknown)}")
        points = tuple(key for key in points + internal if key in wanted and (key in addresses or key in points))
    sources = _sources(profile, points)
    if wanted is None and not points:
        sources = {point.key for point in profile.points if point.internal}
    keys = points + tuple(key for key in addresses if key in sources and key not in points)
    slots = {key: index for index, key in enumerate(keys)}
    reads = [_Read(slots[key], by_key[key], _span(by_key[key], addresses[key])) for key in keys if key in addresses]
    if not reads:
        raise NotSupported(f"{profile.id}: nothing to read with these options")
    levels = tuple(
        (slots[one.key], slots[one.source], fill_level(_number(options, one.empty), _number(options, one.full)))
        for one in profile.levels
        if one.key in slots
    )
    states = tuple((slots[one.key], one.key, StateMachine(one, slots)) for one in profile.states if one.key in slots)
    lone = not levels and not states and len(points) == len(keys)
    runs = _runs(reads, layout or Layout(profile.transport), profile.transport, len(keys) if lone else -1)
    return Plan(points, runs, len(keys), levels, states)


def _sources(profile: Profile, points: Collection[str]) -> set[str]:
    """Return the register points that the wanted levels and states are made of."""
    found = {level.source for level in profile.levels if level.key in points}
    return found.union(
        key for state in profile.states if state.key in points for case in state.cases for key in case.when
    )


def _number(options: Options, name: str) -> float:
    value = options.get(name)
    if isinstance(value, bool | str | Mapping) or value is None:
        raise Misconfigured(f"{name} must be a number")
    return float(value)


def _span(point: RegisterPoint, address: int) -> Span:
    bits = FUNCTION[point.table] in BITS
    if bits and point.encoding != "bool":
        raise Misconfigured(f"{point.key}: a {point.table} is a bool")
    span = Span(FUNCTION[point.table], address, address + (1 if bits else width(point.encoding)))
    if address < 0 or span.end > _LAST + 1:
        raise Misconfigured(f"{point.key}: address {address} is outside 0..{_LAST}")
    return span


def _runs(reads: Sequence[_Read], layout: Layout, transport: Transport, size: int) -> tuple[Run, ...]:
    """Merge what may be read together. ``size`` is how many values a run gives that is the whole answer (-1: none)."""
    by_span: dict[Span, list[_Read]] = {}
    for read in reads:
        by_span.setdefault(read.span, []).append(read)
    return tuple(_run(block, by_span, layout.start_of(block[0]), transport, size) for block in layout.blocks(by_span))


def _run(
    block: Sequence[Span], by_span: Mapping[Span, Sequence[_Read]], start: int, transport: Transport, size: int
) -> Run:
    function, count = block[0].function, max(span.end for span in block) - start
    reads = [read for span in block for read in by_span[span]]
    if count > (_MOST_BITS if function in BITS else _MOST_REGISTERS):
        raise Misconfigured(f"{reads[0].point.key}: {count} addresses from {start} on are more than one request takes")
    if function in BITS:
        unpack = bit_unpacker([one.span.first - start for one in reads])
    else:
        fields = [(one.span.first - start, one.point.encoding) for one in reads]
        unpack = register_unpacker(
            fields,
            count,
            low_word_first=transport.word_order == "little",
            low_byte_first=transport.byte_order == "little",
        )
    steps = tuple((one.slot, field, converter(one.point)) for field, one in enumerate(reads))
    direct = len(steps) == size and all(index == field for index, field, _ in steps)
    octets = (count + 7) // 8 if function in BITS else 2 * count
    return Run(
        function, start, count, octets, tuple(block), unpack, steps, direct, together([one.point for one in reads])
    )
