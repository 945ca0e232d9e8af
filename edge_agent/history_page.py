"""What ``edge-agent history`` prints: of each point its course in one line, its bounds and its newest value."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from edge_agent.buffer.history import Coverage, Item
from edge_agent.rules_past import Times, lasted
from rules.say import show
from wire.event import Event
from wire.reading import Batch, Value, describe_quality, is_usable

WIDTH = 48
"""Columns of a course."""

_STEPS = "▁▂▃▄▅▆▇█"
_EVENTS = 10
_CHANGES = 10
_SLACK_US = 120_000_000


@dataclass
class Line:
    """One point: the mean of each column, and what is known of all of it."""

    sums: list[float] = field(default_factory=lambda: [0.0] * WIDTH)
    counts: list[int] = field(default_factory=lambda: [0] * WIDTH)
    low: float | None = None
    high: float | None = None
    last: Value = None
    last_at: int = 0
    quality: int = 0
    readings: int = 0
    unusable: Counter[int] = field(default_factory=Counter)
    changes: list[tuple[int, Value]] = field(default_factory=list)


@dataclass
class Course:
    """What one device said between two times (µs), gathered column by column: bounded, however much it said."""

    begin: int
    end: int
    lines: dict[str, Line] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def follow(self, items: Iterable[Item], device: str, point: str) -> None:
        """Take in what ``device`` said, of one ``point`` where that is named."""
        for one in items:
            if isinstance(one, Event) and one.device == device and not point:
                self.events = [*self.events[-_EVENTS + 1 :], one]
            elif isinstance(one, Batch) and one.device == device:
                for index, name in enumerate(one.points):
                    if name == point or not point:
                        quality = one.quality[index] if one.quality else 0
                        self._take(self.lines.setdefault(name, Line()), one.at, one.values[index], quality)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON data; times in µs, a column without a number is ``null``."""
        points = {
            name: {
                "last": line.last,
                "at": line.last_at,
                "quality": describe_quality(line.quality),
                "low": line.low,
                "high": line.high,
                "readings": line.readings,
                "course": [total / n if n else None for total, n in zip(line.sums, line.counts, strict=True)],
                "changes": line.changes,
            }
            for name, line in self.lines.items()
        }
        events = [{"at": one.at, "event": one.name, "fields": one.fields} for one in self.events]
        return {"begin": self.begin, "end": self.end, "points": points, "events": events}

    def _take(self, line: Line, at: int, value: Value, quality: int) -> None:
        line.readings += 1
        line.quality, line.last_at = quality, at
        if not is_usable(quality) or value is None:
            line.unusable[quality] += 1
            return
        if isinstance(value, bool | str):
            if value != line.last:
                line.changes = [*line.changes[-_CHANGES + 1 :], (at, value)]
        else:
            column = min(WIDTH - 1, (at - self.begin) * WIDTH // max(1, self.end - self.begin))
            line.sums[column] += value
            line.counts[column] += 1
            line.low = value if line.low is None else min(line.low, value)
            line.high = value if line.high is None else max(line.high, value)
        line.last = value


def page(device: str, course: Course, coverage: Coverage, timezone: str, lang: str) -> str:
    """Return the page in ``zh`` or ``en``."""
    return "\n".join(_lines(device, course, coverage, Times(timezone), lang))


def _lines(device: str, course: Course, coverage: Coverage, times: Times, lang: str) -> Iterator[str]:
    zh = lang != "en"
    yield f"{device}  {times.show(course.begin)} .. {times.show(course.end)}"
    if not course.lines and not course.events:
        yield "没有留存的历史" if zh else "nothing of it is kept"
    width = max(map(len, course.lines), default=0)
    for name, line in course.lines.items():
        bad = f"  ({describe_quality(line.quality)})" if not is_usable(line.quality) else ""
        newest = f"{show(line.last, lang)}{bad}  {times.show(line.last_at)}"
        if line.low is not None and line.high is not None:
            bounds = f"{show(line.low, lang)} .. {show(line.high, lang)}"
            yield f"  {name:<{width}} {_drawn(line)}  {bounds}  {'最新' if zh else 'newest'} {newest}"
        else:
            yield f"  {name:<{width}} {'最新' if zh else 'newest'} {newest}"
            yield from (f"      {times.show(at)}  {show(value, lang)}" for at, value in line.changes)
        if unusable := sum(line.unusable.values()):
            yield f"      {unusable} 次不可用" if zh else f"      {unusable} not usable"
    for event in course.events:
        fields = " ".join(f"{name}={show(value, lang)}" for name, value in event.fields.items())
        yield f"  {times.show(event.at)}  {event.name}  {fields}".rstrip()
    if coverage.begin > course.begin + _SLACK_US:
        begin = times.show(coverage.begin)
        yield f"历史从 {begin} 开始" if zh else f"the history begins at {begin}"
    for pause in coverage.pauses:
        hole = f"{times.show(pause.at)} .. {times.show(pause.end)} ({lasted(pause.end - pause.at)})"
        yield f"缺 {hole}" if zh else f"missing: {hole}"


def _drawn(line: Line) -> str:
    """Draw the course; a dot where there was no number."""
    low, high = line.low or 0.0, line.high or 0.0
    scale = (len(_STEPS) - 1) / (high - low) if high > low else 0.0
    cells = zip(line.sums, line.counts, strict=True)
    return "".join(_STEPS[round((total / n - low) * scale)] if n else "·" for total, n in cells)
