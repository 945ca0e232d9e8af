"""The completeness account: of every reading that was due and is not in the history it says, by the hour, why not.

For each device and point, over any hour: due = rows (but those of quality ``OFFLINE``, which mark where an outage
began) + missed - ``extra`` (read besides what was due); see ``wire.chunk.Missed``. It holds exactly, because the same
slots are counted on both sides: one that brought a reading belongs to the hour of the reading, one that did not to its
own.

The lines of the account travel in the chunk of the readings beside which they were counted and become durable in the
same transaction, together with the notes from which the next start knows what was due while nothing ran. What a crash
takes before it was durable, readings and lines alike, is ``not_running`` then.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from typing import Final, TypeAlias

from edge_agent.account_notes import Absence, Notes, Slots
from edge_agent.schedule import Group, PollSchedule
from edge_agent.timekeeper import Timekeeper
from wire.chunk import ClockMark, ClockState, Missed

HOUR_US: Final = 3_600_000_000

EVERY_S: Final = 1.0
"""The account goes along with a chunk this often at most: a site of fewer than 500 readings a second never waits."""

MOST_LINES: Final = 1000
"""About so many lines of what was due before the start go into one chunk; a long absence is told by and by."""

_MINUTE_US: Final = 60_000_000
_STEP_US: Final = 500_000

_Key: TypeAlias = tuple[str, tuple[str, ...], str, int]


class Account:
    """Counts for one process, over all its configurations. Used from the event loop only; no call waits.

    ``offset_us``, the wall clock less the monotonic one, is kept up to date by whoever looks at both anyway. Of the
    points that a device withholds (``withheld``, by device) nothing was due to anybody, and nothing is told.
    """

    def __init__(self, clock: Timekeeper, notes: Notes) -> None:
        self._clock, self._notes = clock, notes
        self._lines: dict[_Key, list[int]] = {}  # count, first moment (µs, wall), that moment less the monotonic one
        self._at_work: tuple[PollSchedule, ...] = ()
        self._taken = -EVERY_S
        self.withheld: Mapping[str, frozenset[str]] = {}
        self.offset_us = clock.now() - round(clock.monotonic() * 1_000_000)

    def read(self, device: str, points: tuple[str, ...], reason: str, at: int) -> None:
        """Count, at wall time ``at`` (µs), points that were read and whose reading is not stored as what was due."""
        key = (device, points, reason, at // HOUR_US)
        line = self._lines.get(key)
        if line is None:
            self._lines[key] = [1, at, self.offset_us]
        else:
            line[0] += 1

    def passed(
        self, device: str, points: tuple[str, ...], reason: str, first: float, period_s: float, count: int
    ) -> None:
        """Count slots that brought nothing: ``first`` (monotonic s) and each ``period_s`` after it."""
        start, period = round(first * 1_000_000) + self.offset_us, period_s * 1_000_000
        hour, lines = start // HOUR_US, self._lines
        line = lines.get((device, points, reason, hour))
        if line is not None and start + count * period < (hour + 1) * HOUR_US:
            line[0] += count
            return
        for at, many in _by(HOUR_US, start, period, count):
            line = lines.setdefault((device, points, reason, at // HOUR_US), [0, at, self.offset_us])
            line[0] += many

    def begin(self, schedules: Iterable[PollSchedule], now: float) -> None:
        """Take in the schedules of a configuration, whose slots begin at ``now`` (monotonic s). What they ask for, was
        due before and was not asked because nothing ran is ``not_running``; what they do not ask for is due no more.
        """
        self._at_work = tuple(schedules)
        wanted: dict[str, set[str]] = {}
        for device, group in self._groups():
            wanted.setdefault(device, set()).update(group.keys)
        self._notes.begin(wanted, self._slots(), round(now * 1_000_000))

    def end(self, now: float) -> None:
        """Let the schedules go; what is due from ``now`` (monotonic s) on is due while nothing runs."""
        for schedule in self._at_work:
            schedule.settle(now, in_hand=True)
        self._notes.end(self._slots(), self._clock.mark())
        self._at_work = ()

    def take(self, mark: ClockMark) -> tuple[tuple[Missed, ...], dict[str, bytes]]:
        """Return the lines that go into the chunk of ``mark`` and the notes to be written with it; forget the lines.

        Where chunks follow each other faster than ``EVERY_S`` most of them go without, so that the account costs
        nothing; only then can a crash make readings count twice, as stored and as ``not_running``.
        """
        now = self._clock.monotonic()
        if self._at_work and now - self._taken < EVERY_S:
            return (), {}
        self._taken = now
        for schedule in self._at_work:
            schedule.settle(now)
        lines, self._lines = self._lines, {}
        told = [_missed(key, line, mark) for key, line in lines.items()]
        told += self._absences(mark)
        told = [line for line in map(self._of_what_is_sent, told) if line.points]
        now_us = round(now * 1_000_000)
        due = [round(group.due * 1_000_000) - now_us for _, group in self._groups()]
        clock = ClockMark(mark.boot, mark.state, mark.wall - mark.mono + now_us, now_us)
        return tuple(told), self._notes.written(self._slots, due, clock)

    def _of_what_is_sent(self, line: Missed) -> Missed:
        kept = self.withheld.get(line.device)
        if not kept:
            return line
        points = tuple(point for point in line.points if point not in kept)
        return Missed(line.device, line.hour, points, line.reason, line.count)

    def _absences(self, mark: ClockMark) -> list[Missed]:
        """Tell what passed while nothing ran, as far as it can be dated by now."""
        told: list[Missed] = []
        left: list[Absence] = []
        for absence in self._notes.absences:
            span = absence.span(mark)
            if span is None or len(told) >= MOST_LINES:
                left.append(absence)
            else:
                told += _not_running(absence, span, mark, left)
        self._notes.left(left)
        return told

    def _groups(self) -> Iterator[tuple[str, Group]]:
        return (pair for schedule in self._at_work for pair in schedule.groups())

    def _slots(self) -> list[Slots]:
        return [
            Slots(device, group.keys, group.period_s * 1_000_000, round(group.due * 1_000_000))
            for device, group in self._groups()
        ]


def _missed(key: _Key, line: list[int], mark: ClockMark) -> Missed:
    """Date a line by its chunk's own mark, as the chunk's readings are, whatever the clock was set to meanwhile."""
    device, points, reason, _ = key
    count, at, offset = line
    shift = mark.wall - mark.mono - offset
    moment = at + shift if abs(shift) > _STEP_US else at
    return Missed(device, _told(moment, mark), points, reason, count)


def _not_running(absence: Absence, span: tuple[int, int], mark: ClockMark, left: list[Absence]) -> list[Missed]:
    """Return lines of one absence, ``MOST_LINES`` at most, and put what remains of it into ``left``."""
    slots, (first, end) = absence.slots, span
    bin_us = _MINUTE_US if mark.state is ClockState.UNSYNCED else HOUR_US
    told: list[Missed] = []
    done = 0
    for at, many in _by(bin_us, first, slots.period, max(0, ceil((end - first) / slots.period))):
        if len(told) >= MOST_LINES:
            left.append(absence.after(done))
            break
        told.append(Missed(slots.device, _told(at, mark), slots.keys, "not_running", many))
        done += many
    return told


def _told(moment: int, mark: ClockMark) -> int:
    """Return what stands for the hour of ``moment`` in a chunk of ``mark``; see ``Missed``."""
    return moment if mark.state is ClockState.UNSYNCED else moment - moment % HOUR_US


def _by(width: int, first: int, period: float, count: int) -> Iterator[tuple[int, int]]:
    """Split ``count`` moments (µs), ``first`` and each ``period`` after it, where they pass a multiple of ``width``:
    yield the first of each part and how many it has.
    """
    passed = 0
    while passed < count:
        at = first + round(passed * period)
        end = at - at % width + width
        many = min(count - passed, max(1, ceil((end - first) / period) - passed))
        yield at, many
        passed += many
