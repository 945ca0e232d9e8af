"""The rules of one device beside its newest readings, indexed so that a batch touches only the rules it concerns."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final, NamedTuple

from config.terms import Setting
from rules.condition import Condition, Verdict
from rules.layout import Shape
from rules.measures import UsualOccurrences, WindowTerm
from rules.signals import Absence, Occurrences, Recently, Unexcused
from rules.terms import Term
from rules.wallclock import WallClock
from rules.watch import NEVER, Watch
from wire.event import Event
from wire.reading import Batch, Quality, Value

_OLDEST: Final = -NEVER
_SILENT: Final = (Quality.TIMEOUT, Quality.OFFLINE)
_NO_FAULT: Final = (Quality.STUCK, Quality.NO_VALUE)
_NOT_BAD: Final = (*_SILENT, *_NO_FAULT)
_NO_EARS: Final[Mapping[str, Sequence["Ear"]]] = {}
_NO_LISTENERS: Final[Mapping[str, Sequence["Listener"]]] = {}
_NO_TRUTHS: Final[list[Verdict]] = []
_NOTHING: Final[Mapping[str, Value]] = {}


class Listener(NamedTuple):
    """A term of a device that is told of a signal; what ``excuse`` s does not count as it."""

    device: "Device"
    term: int
    excuse: bool


class Heard(NamedTuple):
    """A signal that came: who is to be told; ``holding`` where it is a condition that began (or
    ended) to hold, at ``source``."""

    listeners: Sequence[Listener]
    fields: Mapping[str, Value]
    edge: bool
    holding: bool | None = None
    source: str = ""


class Ear(NamedTuple):
    """Who listens to an event of a device, and what the event's fields must be."""

    where: Condition | None
    fields: tuple[str, ...]
    listeners: list[Listener]


class Device:
    """One device: newest readings by slot, its terms, a watch for each rule, and when the next of all that is due.

    ``late`` tells whether the last batch held readings older than what was known; by ``seen`` (µs) everything that was
    due has happened.
    """

    __slots__ = (
        "_online", "_times", "_truths", "due", "events", "heard", "id", "late", "listeners", "missing", "name",
        "reports", "seen", "shape", "terms", "values", "watches",
    )  # fmt: skip

    def __init__(
        self,
        device: str,
        name: str,
        shape: Shape,
        clock: WallClock,
        settings: Mapping[str, float] = _NOTHING,  # type: ignore[assignment]
    ) -> None:
        self.id = device
        self.name = name
        self.shape = shape
        size = len(shape.masks)
        self.values: list[Value] = [None] * size
        self.missing: list[Verdict] = [None] * size
        self._times = [_OLDEST] * size
        for key, slot in shape.slots.items():
            if isinstance(key, tuple) and key[0] is Setting:
                self.values[slot] = settings.get(key[1])
        self.terms: Sequence[Term] = shape.make_terms(clock) if shape.terms else ()
        self.watches = tuple(Watch(rule, device, 1 << index) for index, rule in enumerate(shape.rules))
        self.listeners: tuple[list[Listener], ...] = tuple([] for _ in shape.signals)
        self.events: Mapping[str, Sequence[Ear]] = _NO_EARS
        self.reports: Mapping[str, Sequence[Listener]] = _NO_LISTENERS
        self._truths: list[Verdict] = [None] * len(shape.signals) if shape.signals else _NO_TRUTHS
        self._online: bool | None = None
        self.heard: Sequence[Heard] = ()
        self.due = NEVER
        self.seen = 0
        self.late = False

    def take(self, batch: Batch) -> int:
        """Remember the batch's readings; return the bits of the rules whose points changed value or usability. Signals
        that came with it are in ``heard``.
        """
        touched = 0
        self.late = False
        at, qualities, masks = batch.at, batch.quality, self.shape.masks
        for index, slot in self.shape.plan(batch.points):
            if at < self._times[slot]:
                self.late = True
                continue
            self._times[slot] = at
            value = batch.values[index]
            missing = bool(qualities) and qualities[index] > Quality.UNCERTAIN
            if missing:
                value = None
            if value != self.values[slot] or missing is not self.missing[slot]:
                if type(value) is float and not isfinite(value):
                    value, missing = None, True
                self.values[slot] = value
                self.missing[slot] = missing
                touched |= masks[slot]
        if self.shape.listens or self.reports:
            touched |= self._listen(batch, touched)
        return touched & ~self.shape.signal_bits

    def hear(self, event: Event) -> None:
        """Put into ``heard`` who is to be told of the event."""
        for ear in self.events.get(event.name, ()):
            if ear.where is not None:
                values: list[Value] = [event.at, *(event.fields.get(name) for name in ear.fields)]
                if not ear.where(values, [value is None for value in values]):
                    continue
            self.heard = (*self.heard, Heard(ear.listeners, event.fields, edge=True))

    def tell(self, listener: Listener, heard: Heard, at: int) -> int:
        """Tell one of this device's terms of a signal; return the bits of the rules that it touches."""
        term = self.terms[listener.term]
        if isinstance(term, Unexcused) and listener.excuse:
            if heard.edge or heard.holding is not None:
                term.excuse(at, heard.source, holding=bool(heard.holding))
        elif isinstance(term, Absence):
            if heard.holding is None:
                term.occur(at)
            else:
                term.hold(at, heard.holding)
        elif heard.edge and isinstance(term, Occurrences | Recently | Unexcused | UsualOccurrences):
            term.occur(at, heard.fields)
        return self.refresh(listener.term, at)

    def refresh(self, index: int, at: int) -> int:
        """Write down what a term says at ``at``; return the bits of the rules that this touches."""
        slot = self.shape.terms[index][0]
        value = self.terms[index].verdict(at)
        if value == self.values[slot] and (value is None) is (self.values[slot] is None):
            return 0
        self.values[slot] = value
        return self.shape.masks[slot]

    def begin(self, at: int) -> int:
        """Let terms that count time without anything coming count from ``at``; return the bits that this touches."""
        touched = 0
        for index, term in enumerate(self.terms):
            term.begin(at)
            touched |= self.refresh(index, at)
        self.seen = max(self.seen, at)
        self.schedule()
        return touched

    def ticks(self, at: int) -> int:
        """Let the terms that are due by ``at`` see that time has passed; return the bits that this touches."""
        touched = 0
        for index, term in enumerate(self.terms):
            if term.due <= at:
                touched |= self.refresh(index, at)
        return touched

    def adopt(self, other: "Device") -> int | None:
        """Copy the newest readings of the same device under other rules; return the time (µs) of the newest, if any."""
        newest = None
        for name in self.shape.names:
            slot, source = self.shape.slots[name], other.shape.slots.get(name)
            if source is not None and other.missing[source] is not None:
                self.values[slot] = other.values[source]
                self.missing[slot] = other.missing[source]
                self._times[slot] = other._times[source]
                newest = other._times[source] if newest is None else max(newest, other._times[source])
        self._online = other._online
        return newest

    def shift(self, delta: int) -> None:
        """Follow a clock that was set by ``delta`` µs: periods keep what remains; whatever comes next is newest."""
        self._times = [_OLDEST] * len(self._times)
        self.seen += delta
        for watch in self.watches:
            watch.shift(delta)
        for term in self.terms:
            term.shift(delta)

    def shown(self, points: Sequence[str]) -> dict[str, Value]:
        """Return the newest values of ``points``; ``None`` where none is usable."""
        return {name: self.values[self.shape.slots[name]] for name in points}

    def told(self, watch: Watch) -> dict[str, Value]:
        """Return the fields of the events that ``watch`` is about."""
        fields: dict[str, Value] = {}
        for index in watch.rule.terms:
            fields.update(self.terms[index].fields)
        return fields

    def schedule(self) -> None:
        """Work out ``due`` anew."""
        due = min((watch.next for watch in self.watches), default=NEVER)
        self.due = min((term.due for term in self.terms), default=NEVER) if self.terms else NEVER
        self.due = min(due, self.due)

    def truths(self) -> tuple[Verdict, ...]:
        """Return what the signals over points were last known to be."""
        return (*self._truths, self._online)

    def recall_truths(self, truths: Sequence[Verdict]) -> None:
        """Be as ``truths`` found it, if they are of the same signals."""
        if len(truths) == len(self._truths) + 1:
            self._truths, self._online = list(truths[:-1]), truths[-1]

    def _listen(self, batch: Batch, touched: int) -> int:
        shape, at, qualities = self.shape, batch.at, batch.quality
        if shape.measured or shape.bad:
            touched |= self._measure(batch)
        if shape.counting:
            for _, slot in shape.plan(batch.points):
                touched |= shape.masks[slot] & shape.counting
        if self.reports:
            self._report(qualities, len(batch.points))
        if shape.signals:
            self.values[0] = at
            for position, (bit, condition) in enumerate(shape.signals):
                self._signal(position, condition, bool(touched & bit))
        return touched

    def _measure(self, batch: Batch) -> int:
        shape, touched, qualities, at = self.shape, 0, batch.quality, batch.at
        for index, slot, mark, terms in shape.measuring(batch.points):
            if at < self._times[slot]:
                continue
            quality = qualities[index] if qualities else 0
            if mark is not None:
                bad = quality >= Quality.BAD and quality not in _NO_FAULT
                if self.values[mark] is not bad:
                    self.values[mark] = bad
                    touched |= shape.masks[mark]
            value = batch.values[index] if quality <= Quality.UNCERTAIN else None
            usable = type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]
            for place in terms:
                term: WindowTerm = self.terms[place]  # type: ignore[assignment]
                term.blind = not usable
                if usable:
                    term.add(at, value)  # type: ignore[arg-type]
                touched |= self.refresh(place, at)
        return touched

    def _report(self, qualities: Sequence[int], count: int) -> None:
        silent = sum(quality in _SILENT for quality in qualities)
        offline = qualities[:1] == (Quality.OFFLINE,)
        if silent < count or not count:
            self._come("any")
            if any(quality >= Quality.BAD and quality not in _NOT_BAD for quality in qualities):
                self._come("bad")
            if self._online is False:
                self._come("online")
            self._online = True
        elif offline:
            if self._online is not False:
                self._come("offline")
            self._online = False

    def _come(self, word: str) -> None:
        listeners = self.reports.get(word)
        if listeners:
            self.heard = (*self.heard, Heard(listeners, _NOTHING, edge=True))

    def _signal(self, position: int, condition: Condition, changed: bool) -> None:
        """Tell those who listen to a signal over points, if it came, or ended, or came by another reading again."""
        before = self._truths[position]
        verdict = condition(self.values, self.missing) if changed else before
        if verdict is None or verdict is before:
            return
        self._truths[position] = verdict
        edge = verdict and before is False
        source = f"{self.id}/{position}"
        heard = Heard(self.listeners[position], _NOTHING, edge=edge, holding=verdict, source=source)
        self.heard = (*self.heard, heard)
