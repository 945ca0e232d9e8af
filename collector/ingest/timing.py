"""Puts right what was taken by a wrong clock: every time in a chunk moves by the same measured difference, purely.

A gateway that boots without a right clock marks its chunks ``unsynced`` and tells the right time of that boot later (a
``ClockFix``). What only this boot's clock can have shown moves. What a chunk says of times before the boot (when an
alert began that was open before, which readings of an earlier boot a gap is about) was told by another clock and stays.
"""

from msgspec.structs import replace

from wire.alert import AlertChange
from wire.chunk import ClockFix, ClockMark, ClockState, Content, Gap, Loss, Missed
from wire.outcome import Outcome
from wire.reading import Batch

CORRECTED = 1
"""Mark of a reading: its time was put right here."""

UNSYNCED = 2
"""Mark of a reading: the gateway's clock had never been set in that boot, and nobody knows how far it was off."""

HOLDOVER = 4
"""Mark of a reading: the gateway's clock went on by itself after it had been right."""

HOUR_US = 3_600_000_000
_DAY_US = 24 * HOUR_US
_MARKS = {ClockState.SYNCED: 0, ClockState.UNSYNCED: UNSYNCED, ClockState.HOLDOVER: HOLDOVER}


def hour_of(at: int) -> int:
    """Return the first microsecond of the hour that ``at`` lies in."""
    return at - at % HOUR_US


def mark_of(mark: ClockMark) -> int:
    """Return the mark of readings that were stored as they came."""
    return _MARKS[mark.state]


def difference(mark: ClockMark, fix: ClockFix) -> int:
    """Return what has to be added (µs) to a time of this boot's wall clock as it was at ``mark``."""
    return fix.offset - (mark.wall - mark.mono)


def corrected(content: Content, fix: ClockFix) -> Content:
    """Return the content with its times as they truly were; once more changes nothing.

    The caller checks that ``fix`` is of the same gateway and boot, and that the mark is ``unsynced``.
    """
    mark = content.clock
    shift = _Shift(mark, difference(mark, fix))
    return replace(
        content,
        clock=replace(mark, wall=mark.wall + shift.by),
        batches=tuple(
            Batch(one.device, one.at + shift.by, one.points, one.values, one.quality) for one in content.batches
        ),
        events=tuple(replace(one, at=one.at + shift.by) for one in content.events),
        alerts=tuple(shift.alert(one) for one in content.alerts),
        outcomes=tuple(shift.outcome(one) for one in content.outcomes),
        gaps=tuple(shift.gap(one) for one in content.gaps),
        inventory=None if content.inventory is None else replace(content.inventory, at=content.inventory.at + shift.by),
        missed=tuple(shift.missed(one) for one in content.missed),
        summaries=tuple(replace(one, start=one.start + shift.by) for one in content.summaries),
    )


class _Shift:
    """Moves by ``by`` µs what the clock of this boot can have shown: from its start until a day after the mark."""

    def __init__(self, mark: ClockMark, by: int) -> None:
        self.by = by
        self._first, self._last = mark.wall - mark.mono, mark.wall + _DAY_US

    def alert(self, change: AlertChange) -> AlertChange:
        return replace(change, at=change.at + self.by, since=self._moved(change.since))

    def outcome(self, one: Outcome) -> Outcome:
        action = one.action
        if action is not None:
            action = replace(action, begun_at=self._moved(action.begun_at))
        return replace(one, at=one.at + self.by, action=action)

    def gap(self, gap: Gap) -> Gap:
        losses = tuple(self._loss(one) for one in gap.losses)
        return replace(gap, start=self._moved(gap.start), end=self._moved(gap.end), losses=losses)

    def missed(self, line: Missed) -> Missed:
        return Missed(line.device, self._hour(line.hour), line.points, line.reason, line.count)

    def _loss(self, loss: Loss) -> Loss:
        return Loss(loss.device, loss.point, self._hour(loss.hour), loss.count)

    def _hour(self, moment: int) -> int:
        # told as a moment in the hour; where it is the hour's beginning, the boot may have come after it
        return hour_of(max(moment, self._first) + self.by) if self._shown(moment, HOUR_US) else moment

    def _moved(self, at: int) -> int:
        return at + self.by if self._shown(at, 0) else at

    def _shown(self, at: int, span: int) -> bool:
        return self._first <= at + span and at <= self._last
