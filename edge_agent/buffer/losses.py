"""What goes for good, told as gap records: how many of which class, whose, and of which hour. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from edge_agent.buffer.ranges import Ranges
from edge_agent.buffer.thinning import HOUR_US, add_up
from wire.chunk import ClockMark, ClockState, Content, Gap, Loss
from wire.codec import span
from wire.reading import Batch, Quality, Value

ANALOGUE, STATE, ENTRIES = "analogue", "state", "entries"
"""The classes of a gap: numbers; truth values and words; what is no reading, brought no value, or is not known."""

_Key = tuple[str, str, int]


class Hours:
    """Counts readings by device, point and hour, for the lines of a gap record.

    By a clock that was never set the hour is not known yet: a line then names a moment, to be corrected with the rest.
    """

    def __init__(self, mark: ClockMark) -> None:
        self._unset = mark.state is ClockState.UNSYNCED
        self._counts: Counter[_Key] = Counter()
        self._moments: dict[_Key, int] = {}

    def add(self, device: str, point: str, at: int, count: int = 1) -> None:
        """Count readings of one point taken ``at`` (µs) or soon after."""
        key = (device, point, at // HOUR_US)
        self._counts[key] += count
        if self._unset:
            self._moments.setdefault(key, at)

    def lines(self, sign: int = 1) -> tuple[Loss, ...]:
        """Return the lines, their counts times ``sign``."""
        return tuple(
            Loss(*key[:2], self._moments.get(key, key[2] * HOUR_US), sign * count)
            for key, count in self._counts.items()
        )

    def total(self) -> int:
        """Return how many were counted."""
        return self._counts.total()


@dataclass(frozen=True, slots=True)
class Told:
    """What stands for contents that are lost: ``content`` holds the gap records, earlier ones joined in, and what
    outlives the loss; ``lost`` entries are gone.
    """

    content: Content
    lost: int


def tell(contents: Sequence[Content], reason: str, numbers: Gap | None = None) -> Told:
    """Return the record of ``contents``, all of one clock, being lost for ``reason``.

    There is one gap for each class that lost something. ``numbers`` is a gap that says which sequence numbers will not
    come; the first gap takes them over. The account of what was missed, clock fixes and earlier gaps are not lost.
    Readings that summaries stood for were told as thinned before: they are taken out of that and are lost instead.
    """
    mark = contents[0].clock
    counts, lines, summed = Counter[str](), {what: Hours(mark) for what in (ANALOGUE, STATE, ENTRIES)}, Hours(mark)
    for content in contents:
        for batch in content.batches:
            _count(batch, counts, lines)
        for one in content.summaries:
            for point, n in zip(one.points, one.n, strict=True):
                lines[ANALOGUE].add(one.device, point, one.start, n)
                summed.add(one.device, point, one.start, n)
                counts[ANALOGUE] += n
        others = len(content.events) + len(content.alerts) + len(content.outcomes)
        counts[ENTRIES] += others + (content.inventory is not None)
    spans = [span(content) for content in contents]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    gaps = [Gap(what, count, reason, start, end, losses=lines[what].lines()) for what, count in counts.items() if count]
    if summed.total():
        gaps.append(Gap(ANALOGUE, -summed.total(), "thinned", start, end, losses=summed.lines(-1)))
    if numbers is not None:
        first = gaps[0] if gaps else Gap(ENTRIES, 0, reason, start, end)
        gaps[:1] = [replace(first, journal=numbers.journal, lane=numbers.lane, seqs=numbers.seqs)]
    outlives = Content(
        clock=mark,
        gaps=join((*gaps, *(gap for content in contents for gap in content.gaps))),
        missed=add_up(line for content in contents for line in content.missed),
        fixes=tuple(fix for content in contents for fix in content.fixes),
    )
    entries = sum(content.entries() for content in contents)
    return Told(outlives, entries - (outlives.entries() - len(outlives.gaps)))


def join(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return gap records with those of the same class, reason and lane made one; what comes to nothing is left out."""
    found: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        found.setdefault((gap.what, gap.reason), []).append(gap)
    joined = [_one(same) for same in found.values()]
    return tuple(gap for gap in joined if gap.count or gap.losses or gap.seqs)


def _one(gaps: list[Gap]) -> Gap:
    if len(gaps) == 1:
        return gaps[0]
    lines: dict[_Key, Loss] = {}
    for loss in (loss for gap in gaps for loss in gap.losses):
        key = (loss.device, loss.point, loss.hour // HOUR_US)
        before = lines.get(key)
        lines[key] = replace(before, count=before.count + loss.count) if before else loss
    named = next((gap for gap in gaps if gap.journal), gaps[0])
    return replace(
        named,
        count=sum(gap.count for gap in gaps),
        start=min(gap.start for gap in gaps),
        end=max(gap.end for gap in gaps),
        seqs=Ranges(pair for gap in gaps for pair in gap.seqs).pairs(),
        losses=tuple(loss for loss in lines.values() if loss.count),
    )


def _count(batch: Batch, counts: Counter[str], lines: dict[str, Hours]) -> None:
    for index, (point, value) in enumerate(zip(batch.points, batch.values, strict=True)):
        what = _class(value)
        counts[what] += 1
        if not batch.quality or batch.quality[index] != Quality.OFFLINE:  # such a row was never due
            lines[what].add(batch.device, point, batch.at)


def _class(value: Value) -> str:
    if value is None:
        return ENTRIES
    return STATE if isinstance(value, bool | str) else ANALOGUE
