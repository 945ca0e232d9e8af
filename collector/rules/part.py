"""One part of the collector's rules, as one engine: what one gateway is about, or all gateways as such; purely.

Its time is its own: it has judged everything up to ``reached`` and nothing after it.
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from collector.alarms.machine import OWN
from collector.rules.plan import Plan, device_of, subject_id
from collector.rules.progress import Pause
from collector.store.rules import PartRow
from rules.engine import RuleSet
from rules.errors import RuleStateError
from wire.alert import AlertChange
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.event import Event
from wire.reading import Batch, Value

ORIGIN: Final = OWN.removesuffix(":")
"""Opens the id of every alert that is raised here."""

OneT = TypeVar("OneT", Batch, Event)

Item = Batch | Event
"""What is judged; its ``device`` is what the engine calls it."""


_REPLAY_US: Final = 3_600_000_000
_INBOX: Final = 10_000

Told = tuple[str, AlertChange]
"""A change, and the gateway whose alert it is."""


class _Saved(Struct, array_like=True, frozen=True):
    engine: bytes
    windows: bytes
    vehicles: tuple[str, ...] = ()


class Part:
    """The engine of one part. ``inbox`` is what it is still to judge, in any order, by the event's id.

    ``vehicles`` are those that its rules watch; ``False``: no longer, once this has been judged.
    """

    def __init__(self, name: str, plan: Plan, reached: int | None = None) -> None:
        self.name, self.plan, self.reached = name, plan, reached or 0
        self.fresh = reached is None
        self.vehicles: dict[str, bool] = {}
        self.inbox: dict[str, list[Item]] = {}
        self._engine = _engine(plan)
        self._stored, self._moved = self.reached, False

    @property
    def dirty(self) -> bool:
        """Whether it is worth storing again: what is not stored is judged again after a restart, from the store."""
        return self._engine.dirty or self._moved or self.reached - self._stored > _REPLAY_US

    def row(self) -> PartRow:
        """Return it as it is to be stored; ``dirty`` is false afterwards."""
        self._stored, self._moved = self.reached, False
        saved = _Saved(self._engine.state(), self._engine.windows(), tuple(self.vehicles))
        return PartRow(self.name, self.reached, encode(saved))

    def restore(self, row: PartRow, at: int | None = None) -> list[Told]:
        """Be as it was stored; ``RuleStateError`` for bytes that are not this version's.

        ``at`` is when its time goes on where that is not where it was: what lies between was watched by nobody.
        """
        saved = _remembered(row)
        self.vehicles = dict.fromkeys(saved.vehicles, True)
        self._engine.restore(saved.engine, saved.windows)
        self.reached = self._stored = row.reached_at if at is None else at
        self.fresh = False
        return _told(self._engine.advance(self.reached))

    def begin(self, at: int) -> list[Told]:
        """Begin to watch at ``at``: nothing before it counts."""
        self.reached, self.fresh, self._moved = at, False, True
        return _told(self._engine.advance(at))

    def replan(self, plan: Plan) -> list[Told]:
        """Go on under other rules or with other devices; return what that changes at once."""
        engine = _engine(plan)
        changes = engine.inherit(self._engine)
        self.plan, self._engine, self._moved = plan, engine, True
        return _told(changes)

    def seed(self, batches: Iterable[Batch]) -> list[Told]:
        """Tell how things stood at ``reached``: the newest readings until then."""
        return _told(change for batch in batches for change in self._engine.feed(batch))

    def judge(self, items: Iterable[Item], until: int, pause: Pause | None = None) -> list[Told]:
        """Judge what happened up to ``until`` in order of time; ``pause`` lies between ``reached`` and ``until``."""
        changes: list[AlertChange] = []
        for item in sorted(items, key=lambda each: (each.at, isinstance(each, Event))):
            if pause is not None and item.at >= pause.end:
                changes += self._stand_still(pause)
                pause = None
            changes += self._run_out(item.at)
            changes += self._engine.happen(item) if isinstance(item, Event) else self._engine.feed(item)
            self._moved |= item.at <= self.reached  # it is in no stretch that a restart reads again
        if pause is not None:
            changes += self._stand_still(pause)
        changes += self._engine.advance(until)
        self.reached = until
        self.vehicles = {plate: True for plate, concerned in self.vehicles.items() if concerned}
        return _told(changes)

    def clock_stepped(self, delta: int) -> list[Told]:
        """Follow the clock that this part's time is, which was set by ``delta`` µs."""
        self.reached, self._moved = self.reached + delta, True
        return _told(self._engine.clock_stepped(delta))

    def post(self, event_id: str, items: list[Item]) -> None:
        """Put something into the inbox, once; the oldest makes room."""
        self.inbox.setdefault(event_id, items)
        while len(self.inbox) > _INBOX:
            del self.inbox[next(iter(self.inbox))]

    def taken(self, until: int) -> list[Item]:
        """Take out of the inbox what happened by ``until``."""
        ripe = [key for key, items in self.inbox.items() if items[0].at <= until]
        return [item for key in ripe for item in self.inbox.pop(key)]

    def _run_out(self, at: int) -> list[AlertChange]:
        due = self._engine.next_due()
        return self._engine.advance(at) if due is not None and self.reached <= due < at else []

    def _stand_still(self, pause: Pause) -> list[AlertChange]:
        return [*self._engine.advance(pause.start), *self._engine.clock_stepped(pause.end - pause.start)]


def vehicles_of(row: PartRow) -> tuple[str, ...]:
    """Return the vehicles that rules watched when ``row`` was stored; none where it cannot be read."""
    try:
        return _remembered(row).vehicles
    except RuleStateError:
        return ()


def _remembered(row: PartRow) -> _Saved:
    try:
        return decode(row.saved, _Saved)
    except CodecError as error:
        raise RuleStateError("the remembered state of the collector's rules is not readable") from error


def of_device(gateway: str, one: OneT) -> OneT:
    """Return a gateway's batch or event as the engine calls its device."""
    return replace(one, device=subject_id(gateway, "", one.device))


def of_subject(event: Event, gateway: str, about: str) -> list[Item]:
    """Return what an event is to the person or the vehicle whom its field ``about`` names, who is at ``gateway``.

    The fields of the newest event are its points, and the event is its event.
    """
    subject = subject_id(gateway, about, named(event, about))
    known: dict[str, Value] = {key: value for key, value in event.fields.items() if value is not None}
    return [Batch(subject, event.at, tuple(known), tuple(known.values())), replace(event, device=subject)]


def named(event: Event, about: str) -> str:
    """Return whom the field ``about`` of an event names, or nothing."""
    whom = event.fields.get(about)
    return whom if isinstance(whom, str) else ""


def _engine(plan: Plan) -> RuleSet:
    return RuleSet(plan.rules, plan.names, ORIGIN, plan.facts)


def _told(changes: Iterable[AlertChange]) -> list[Told]:
    return [(change.device.partition("/")[0], replace(change, device=device_of(change.device))) for change in changes]
