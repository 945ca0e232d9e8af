"""Old history made coarser: numbers become summaries over windows of 1, 5, then 15 minutes; all else stays. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite
from operator import attrgetter

from msgspec.structs import replace

from wire.chunk import ClockMark, ClockState, Content, Loss, Missed, Summary
from wire.reading import Batch, Quality, Value, is_usable

WIDTHS_S = (60, 300, 900)
"""The windows, finest first; each divides the next, and all divide the hour."""

FEWEST = 4
"""A summary is as large as this many readings; fewer of a point in one window stay as they are."""

HOUR_US = 3_600_000_000

_EXACT = 2**53
_SAME_CLOCK_US = 1000


@dataclass(frozen=True, slots=True)
class Thinned:
    """The coarser ``content``, and whose readings it no longer holds.

    ``made`` summaries are new; ``merged`` entries (earlier, finer summaries and account lines) went into others.
    Entries before = entries after - ``made`` + ``readings`` + ``merged``.
    """

    content: Content
    losses: tuple[Loss, ...]
    made: int
    merged: int

    @property
    def readings(self) -> int:
        """How many readings summaries now stand for."""
        return sum(loss.count for loss in self.losses)


@dataclass(slots=True)
class _Pile:
    """What is known of one point in one window, in the order of time."""

    values: list[float] = field(default_factory=list)
    parts: list[tuple[int, float, float, float]] = field(default_factory=list)
    last_part: float = 0.0
    values_before: int = 0

    def columns(self) -> tuple[int, float, float, float, float]:
        """Return n, lowest, mean, highest and last of it all."""
        parts = self.parts + ([_part(self.values)] if self.values else [])
        n = sum(part[0] for part in parts)
        last = self.last_part if self.parts and len(self.values) == self.values_before else float(self.values[-1])
        mean = parts[0][2] if len(parts) == 1 else _mean(parts, n)
        return n, min(part[1] for part in parts), mean, max(part[3] for part in parts), last


_Window = tuple[str, int]
_Piles = dict[_Window, defaultdict[str, _Pile]]


def thin(contents: Sequence[Content], width_s: int) -> Thinned:
    """Return ``contents``, given in the order of time and of one clock (``same_clock``), as a single coarser one.

    Numbers of usable quality are summed up over windows of ``width_s``; so are finer summaries. A window that may go
    on after the last of ``contents`` waits, so no window is summed up in two places. Truth values, words, numbers that
    a float cannot hold, bad readings, events, gaps and all the rest stay whole; account lines about the same are added.
    """
    width = width_s * 1_000_000
    batches = [batch for content in contents for batch in sorted(content.batches, key=attrgetter("at"))]
    end = max([batch.at for batch in batches] + [_end(one) for content in contents for one in content.summaries] + [0])
    complete = end // width * width
    piles: _Piles = {}
    whole: list[Summary] = []
    merged = 0
    for content in contents:
        entries: list[Batch | Summary] = [*content.batches, *content.summaries]
        for one in sorted(entries, key=_when):
            if isinstance(one, Batch):
                if one.at < complete:
                    _add_batch(piles, one, width)
            elif one.width_s < width_s and one.start < complete:
                _add_summary(piles, one, width)
                merged += 1
            else:
                whole.append(one)
    summaries, losses, gone = _sum_up(piles, width)
    missed = add_up(line for content in contents for line in content.missed)
    merged += sum(len(content.missed) for content in contents) - len(missed)
    kept = (rest for batch in batches if (rest := _rest(batch, gone.get((batch.device, batch.at // width * width)))))
    content = Content(
        clock=contents[0].clock,
        batches=tuple(kept),
        events=tuple(event for content in contents for event in content.events),
        alerts=tuple(change for content in contents for change in content.alerts),
        outcomes=tuple(outcome for content in contents for outcome in content.outcomes),
        gaps=tuple(gap for content in contents for gap in content.gaps),
        inventory=next((one.inventory for one in reversed(contents) if one.inventory is not None), None),
        missed=missed,
        summaries=(*whole, *summaries),
        fixes=tuple(fix for content in contents for fix in content.fixes),
    )
    return Thinned(content, losses, len(summaries), merged)


def finest_s(content: Content) -> int:
    """Return how fine the numbers in ``content`` still are: 0 for readings, else the narrowest window (s); the widest
    one where there are none, because nothing is left to thin.
    """
    if any(is_number(batch, i) for batch in content.batches for i in range(len(batch.points))):
        return 0
    return min((one.width_s for one in content.summaries), default=WIDTHS_S[-1])


def same_clock(one: ClockMark, other: ClockMark) -> bool:
    """Tell whether times under both marks mean the same, now and once corrected, so that they may stand together."""
    if (one.boot, one.state) != (other.boot, other.state):
        return False
    step = (one.wall - one.mono) - (other.wall - other.mono)
    return one.state is not ClockState.UNSYNCED or abs(step) < _SAME_CLOCK_US


def add_up(lines: Iterable[Missed]) -> tuple[Missed, ...]:
    """Return account lines with those about the same device, hour, points and reason added together."""
    sums: dict[tuple[str, int, tuple[str, ...], str], Missed] = {}
    for line in lines:
        key = (line.device, line.hour, line.points, line.reason)
        found = sums.get(key)
        sums[key] = line if found is None else replace(found, count=found.count + line.count)
    return tuple(sums.values())


def is_number(batch: Batch, index: int) -> bool:
    """Tell whether the reading at ``index`` may be thinned: a usable number that a float holds exactly."""
    return _thinnable(batch.values[index], batch.quality[index] if batch.quality else Quality.GOOD)


def _thinnable(value: Value, quality: int) -> bool:
    if type(value) is float:
        return isfinite(value) and is_usable(quality)
    return type(value) is int and -_EXACT <= value <= _EXACT and is_usable(quality)


def _when(one: Batch | Summary) -> int:
    return one.at if isinstance(one, Batch) else one.start


def _end(one: Summary) -> int:
    return one.start + one.width_s * 1_000_000


def _plain(batch: Batch) -> bool:
    """Tell, faster than one by one, that all its readings are numbers; ``False`` may mean that some are not."""
    return not batch.quality and set(map(type, batch.values)) == {float} and isfinite(sum(batch.values))  # type: ignore[arg-type]


def _numbers(batch: Batch) -> Iterable[tuple[str, float]]:
    if _plain(batch):
        return zip(batch.points, batch.values, strict=True)  # type: ignore[arg-type]
    return _usable_numbers(batch)


def _usable_numbers(batch: Batch) -> Iterator[tuple[str, float]]:
    quality = batch.quality
    for index, (point, value) in enumerate(zip(batch.points, batch.values, strict=True)):
        if _thinnable(value, quality[index] if quality else 0):
            yield point, value  # type: ignore[misc]  # _thinnable lets numbers through only


def _add_batch(piles: _Piles, batch: Batch, width: int) -> None:
    window = (batch.device, batch.at // width * width)
    pile = piles.get(window)
    if pile is None:
        pile = piles[window] = defaultdict(_Pile)
    for point, value in _numbers(batch):
        pile[point].values.append(value)


def _add_summary(piles: _Piles, one: Summary, width: int) -> None:
    pile = piles.setdefault((one.device, one.start // width * width), defaultdict(_Pile))
    for point, n, low, mean, high, last in zip(one.points, one.n, one.low, one.mean, one.high, one.last, strict=True):
        found = pile[point]
        found.parts.append((n, low, mean, high))
        found.last_part, found.values_before = last, len(found.values)


def _sum_up(piles: _Piles, width: int) -> tuple[list[Summary], tuple[Loss, ...], dict[_Window, set[str]]]:
    """Return the summaries, whose readings they stand for, and which points of each window have one."""
    summaries: list[Summary] = []
    counts: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    gone: dict[_Window, set[str]] = {}
    for (device, start), pile in piles.items():
        summed = {point: one for point, one in pile.items() if one.parts or len(one.values) >= FEWEST}
        if not summed:
            continue
        gone[device, start] = set(summed)
        for point, one in summed.items():
            if one.values:
                counts[device, point, start // HOUR_US * HOUR_US] += len(one.values)
        columns = zip(*(one.columns() for one in summed.values()), strict=True)
        summaries.append(Summary(device, start, width // 1_000_000, tuple(summed), *map(tuple, columns)))
    return summaries, tuple(Loss(*key, count) for key, count in counts.items()), gone


def _rest(batch: Batch, gone: set[str] | None) -> Batch | None:
    """Return what no summary stands for; ``None`` where nothing is left."""
    if not gone:
        return batch
    if gone.issuperset(batch.points) and _plain(batch):
        return None
    stay = [i for i, point in enumerate(batch.points) if point not in gone or not is_number(batch, i)]
    if not stay:
        return None
    if len(stay) == len(batch.points):
        return batch
    points, values = tuple(batch.points[i] for i in stay), tuple(batch.values[i] for i in stay)
    return Batch(batch.device, batch.at, points, values, tuple(batch.quality[i] for i in stay) if batch.quality else ())


def _part(values: list[float]) -> tuple[int, float, float, float]:
    n = len(values)
    try:
        mean = fsum(values) / n
    except OverflowError:
        mean = fsum(value / n for value in values)
    return n, float(min(values)), mean, float(max(values))


def _mean(parts: list[tuple[int, float, float, float]], n: int) -> float:
    try:
        mean = fsum(part[0] * part[2] for part in parts) / n
    except OverflowError:
        mean = float("inf")
    return mean if isfinite(mean) else fsum(part[2] * (part[0] / n) for part in parts)
