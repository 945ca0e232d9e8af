"""The site's wall clock as rules see it: daily spans and named schedules, and when they next begin or end.

Times are event time (µs since the epoch, UTC); spans are minutes of the site's day. Where a clock is set for summer
time a span begins and ends by the wall: one that lies in the hour that is skipped does not happen, one in the hour
that comes twice lasts longer.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config.settings import ScheduleSettings, SiteFacts
from config.terms import Span

_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * _MINUTE_US


class WallClock:
    """Says whether spans and schedules are on, by the time zone, holidays and schedules of the site.

    Raises ``ZoneInfoNotFoundError`` for a time zone that this machine does not know.
    """

    def __init__(self, facts: SiteFacts) -> None:
        self._zone = ZoneInfo(facts.timezone)
        self._schedules = facts.schedules
        self._holidays = frozenset(date.fromisoformat(day) for day in facts.holidays)

    def day_and_hour(self, at: int) -> tuple[int, int]:
        """Return the day (its proleptic ordinal) and the hour of the day that ``at`` lies in."""
        local = self._local(at)
        return local.toordinal(), local.hour

    def next_hour(self, at: int) -> int:
        """Return when the next full hour of the site's day begins."""
        local = self._local(at)
        return at + _HOUR_US - (local.minute * _MINUTE_US + local.second * 1_000_000 + local.microsecond)

    def is_on(self, spans: Sequence[Span | str], at: int) -> bool:
        """Tell whether one of the spans or schedules is on at ``at``; a schedule that does not exist is never on."""
        return any(self._is_on(one, self._local(at)) for one in spans)

    def next_edge(self, spans: Sequence[Span | str], at: int) -> int:
        """Return the next moment after ``at`` at which ``is_on`` may be another; at the latest the next full hour, as
        clocks are set for summer time on the hour.
        """
        local = self._local(at)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        walls = [wall for one in spans for wall in self._walls(one, midnight)]
        moments = [round(wall.replace(tzinfo=self._zone, fold=fold).timestamp()) for wall in walls for fold in (0, 1)]
        later = [moment * 1_000_000 for moment in moments if moment * 1_000_000 > at]
        return min(*later, self.next_hour(at)) if later else self.next_hour(at)

    def _is_on(self, one: Span | str, local: datetime) -> bool:
        if isinstance(one, Span):
            return self._within(one.start, one.end, local, ScheduleSettings())
        schedule = self._schedules.get(one)
        if schedule is None:
            return False
        if schedule.start or schedule.end:
            wall = local.replace(tzinfo=None)
            begun = not schedule.start or _wall(schedule.start) <= wall
            return begun and (not schedule.end or wall < _wall(schedule.end))
        return any(self._within(start, end, local, schedule) for start, end in schedule.spans)

    def _within(self, start: int, end: int, local: datetime, schedule: ScheduleSettings) -> bool:
        minute = local.hour * 60 + local.minute
        if start < end:
            return start <= minute < end and self._counts(local.date(), schedule)
        if minute >= start:
            return self._counts(local.date(), schedule)
        return minute < end and self._counts(local.date() - timedelta(days=1), schedule)

    def _counts(self, day: date, schedule: ScheduleSettings) -> bool:
        return day.weekday() in schedule.days and (schedule.holidays or day not in self._holidays)

    def _walls(self, one: Span | str, midnight: datetime) -> list[datetime]:
        """Return the wall clock times of this day at which ``one`` may begin or end."""
        if isinstance(one, Span):
            return [midnight + timedelta(minutes=minute) for minute in (one.start, one.end)]
        schedule = self._schedules.get(one, ScheduleSettings(spans=()))
        if schedule.start or schedule.end:
            return [_wall(text) for text in (schedule.start, schedule.end) if text]
        return [midnight + timedelta(minutes=minute) for span in schedule.spans for minute in span]

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at // 1_000_000, self._zone).replace(microsecond=at % 1_000_000)


def _wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
