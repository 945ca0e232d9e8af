"""Turns changes of alerts into notices: to whom, in which order, folded when there are too many, again when needed."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from msgspec.structs import replace

from config.channels import CommandSettings
from edge_agent.alarms.alarm import Alarm, Standing
from edge_agent.alarms.book import AlarmBook
from edge_agent.heed import Heed, Heeded
from edge_agent.notify.floods import WINDOW_S, Flood, Floods
from edge_agent.notify.notice import Fate, Kind, Notice, notice_id
from edge_agent.notify.outbox import Outbox
from edge_agent.notify.routes import Routes, Way
from runtime.clock import Clock
from wire.alert import AlertChange, AlertState, Level

GATHER_US: Final = 2_000_000
"""So long an alarm below red waits for others of its place, so that a burst is told as one."""

_DIGEST_US: Final = round(WINDOW_S * 1_000_000)
_ENDS: Final = (AlertState.ACKNOWLEDGED, AlertState.SHELVED, AlertState.RESET)


class Planner:
    """Decides what is told; the outbox keeps it, the caller stores it. The book has to have heard of changes before."""

    def __init__(self, book: AlarmBook, outbox: Outbox, clock: Clock) -> None:
        self._book, self._outbox, self._clock = book, outbox, clock
        self._floods = Floods()
        self._repeats: dict[str, tuple[float, float]] = {}

    def under(self, routes: Routes) -> Heed:
        """Return what heeds changes under one configuration."""
        return partial(self._heed, routes)

    def resume(self, routes: Routes) -> None:
        """Go on with what stood before the restart: its place's flood, and telling it again."""
        mono, now = self._clock.monotonic(), self._clock.now()
        for alarm in sorted(self._book.alarms(), key=lambda one: one.raised_at):
            age_s = (now - alarm.raised_at) / 1_000_000
            if 0 <= age_s < WINDOW_S:
                group = routes.groups.get(alarm.device, "")
                self._floods.note(group, _as_raised(alarm), mono - age_s)
            if self._book.asks_for_people(alarm.alert):
                ways = routes.ways(alarm.level, alarm.device, now)
                self._repeat_later(alarm.alert, ways, routes.repeats.get((alarm.rule, alarm.device), 0.0))

    def tell_again(self, routes: Routes) -> None:
        """Tell what stands and nobody took note of, where it is time to."""
        mono, now = self._clock.monotonic(), self._clock.now()
        for alert, (due, every_s) in tuple(self._repeats.items()):
            alarm = self._book.get(alert)
            if alarm is None or not self._book.asks_for_people(alert):
                del self._repeats[alert]
            elif due <= mono:
                self._repeats[alert] = (mono + every_s, every_s)
                change = _as_raised(alarm)
                for way in routes.ways(alarm.level, alarm.device, now):
                    if not any(one.fate is Fate.PENDING for one in self._told(alert, way.channel)):
                        self._put(routes, change, Kind.AGAIN, way)

    def is_needed(self, notice: Notice, routes: Routes) -> bool:
        """Tell whether a notice whose turn has come is to be sent still."""
        deed = isinstance(routes.channels.get(notice.channel), CommandSettings)
        if notice.kind in (Kind.OVER, Kind.FLOOD) or not (notice.held or deed):
            return True
        return self._book.asks_for_people(notice.alert)

    def _heed(self, routes: Routes, changes: Sequence[AlertChange]) -> Heeded:
        if routes.routes:
            for change in changes:
                self._take(routes, change)
        return Heeded(self._outbox.notes())

    def _take(self, routes: Routes, change: AlertChange) -> None:
        alarm = self._book.get(change.alert)
        asks = alarm is not None and self._book.standing_of(alarm) is Standing.UNACKNOWLEDGED
        if change.state is AlertState.CLEARED:
            self._repeats.pop(change.alert, None)
            self._over(routes, change)
        elif change.state in _ENDS:
            self._repeats.pop(change.alert, None)
        elif alarm is not None and asks:
            if change.state is AlertState.RAISED:
                self._raised(routes, change)
            elif change.state is AlertState.UNSHELVED:
                self._tell(routes, change, Kind.AGAIN)
            elif change.state is AlertState.CHANGED and alarm.worsened_at == change.at:
                self._tell(routes, change, Kind.WORSE)

    def _raised(self, routes: Routes, change: AlertChange) -> None:
        group = routes.groups.get(change.device, "")
        flood = self._floods.note(group, change, self._clock.monotonic())
        if flood is None:
            self._tell(routes, change, Kind.RAISED)
            return
        for way in routes.ways(change.level, change.device, self._clock.now()):
            if not isinstance(routes.channels[way.channel], CommandSettings):
                self._fold(routes, change, flood, way)

    def _tell(self, routes: Routes, change: AlertChange, kind: Kind) -> None:
        ways = routes.ways(change.level, change.device, self._clock.now())
        for way in ways:
            self._put(routes, change, kind, way)
        self._repeat_later(change.alert, ways, routes.repeats.get((change.rule, change.device), 0.0))

    def _put(self, routes: Routes, change: AlertChange, kind: Kind, way: Way) -> None:
        now = self._clock.now()
        wait = now + GATHER_US if kind is Kind.RAISED and change.level is not Level.RED else 0
        self._outbox.add(
            Notice(
                notice_id(kind, change.alert, way.channel, now if kind is Kind.AGAIN else change.at),
                way.channel,
                kind,
                change.alert,
                change.rule,
                change.device,
                change.level,
                change.at,
                now,
                change.text,
                routes.places.get(change.device, ""),
                routes.groups.get(change.device, ""),
                way.not_before or wait,
                held=way.not_before > 0,
            )
        )

    def _fold(self, routes: Routes, change: AlertChange, flood: Flood, way: Way) -> None:
        """Count one more alarm of a flood: in the message that waits, or in one ten minutes after the last.

        What of the flood still waits to be told by itself is told with it.
        """
        now, told = self._clock.now(), self._outbox.flood(flood.first.alert, way.channel)
        group = routes.groups.get(change.device, "")
        self._outbox.fold(group, way.channel)
        level = min(change.level, told[-1].level if told else flood.first.level, key=lambda one: one.rank)
        if told and told[-1].fate is Fate.PENDING:
            self._outbox.update(replace(told[-1], count=flood.count, level=level))
            return
        first = flood.first
        self._outbox.add(
            Notice(
                notice_id(Kind.FLOOD, first.alert, way.channel, len(told)),
                way.channel,
                Kind.FLOOD,
                first.alert,
                first.rule,
                first.device,
                level,
                first.at,
                now,
                first.text,
                group or routes.places.get(change.device, ""),
                group,
                max(way.not_before, told[-1].not_before + _DIGEST_US if told else now + GATHER_US),
                count=flood.count,
            )
        )

    def _over(self, routes: Routes, change: AlertChange) -> None:
        """Tell the end to those who were told of the alarm itself, where their route wants that."""
        for way in routes.ways(change.level, change.device, self._clock.now()):
            own = [one for one in self._told(change.alert, way.channel) if one.kind is not Kind.FLOOD]
            sent = any(one.fate is not Fate.GIVEN_UP and not one.held for one in own)
            if way.over and sent and not isinstance(routes.channels[way.channel], CommandSettings):
                self._put(routes, change, Kind.OVER, _at_any_hour(way))

    def _told(self, alert: str, channel: str) -> list[Notice]:
        return [one for one in self._outbox.of(alert) if one.channel == channel]

    def _repeat_later(self, alert: str, ways: Sequence[Way], own_s: float) -> None:
        every_s = own_s or min((way.repeat_s for way in ways if way.repeat_s), default=0.0)
        if every_s and ways:
            self._repeats[alert] = (self._clock.monotonic() + every_s, every_s)


def _at_any_hour(way: Way) -> Way:
    """Return the way without its quiet hours: who was told by day is told of the end by night as well."""
    return Way(way.channel, 0, way.repeat_s, way.over)


def _as_raised(alarm: Alarm) -> AlertChange:
    return AlertChange(
        alarm.alert, alarm.rule, alarm.device, AlertState.RAISED, alarm.level, alarm.raised_at, alarm.since,
        alarm.latched, text=alarm.text,
    )  # fmt: skip
