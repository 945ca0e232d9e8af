"""Whom to connect to next: priorities, slots, retries by class of error; pure, the time is always given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf
from typing import Final, Literal, NamedTuple

from config.bluetooth import Characteristic
from config.duration import parse_duration
from config.settings import DeviceSettings
from config.visits import stream_slots
from drivers.ble.endings import Ended

LATELY_S: Final = 30.0
"""A device that was not heard for so long is silent: the stack has forgotten it, connecting would be guessing."""

PARALLEL: Final = 3
"""So many visits at once on one adapter; more only make each connection slower."""

KEPT_FREE: Final = 1
"""Slots of each adapter that only a command gets."""

BELIEVED_S: Final = 300.0
"""An adapter that holds fewer connections than the file says, because another program has some, is asked for no more
than it held for so long; then it is tried again.
"""

STEADY_S: Final = 60.0
"""A stream that lived so long was well; when it breaks, that is its first failure."""

_FIRST_S: Final = {"absent": 4.0, "broke_off": 2.0, "no_slot": 4.0, "away": 1.0}
_LONGEST_S: Final = {"every": 900.0, "stream": 60.0, "seen": 15.0}
_LONGEST_PAUSE_S: Final = {"no_slot": 60.0, "away": 15.0}
_NO_SIGNAL: Final = -200


class Rank(IntEnum):
    """Who comes first. ``FRESH``: a device that has just begun to advertise (``seen``), or a stream that is not up."""

    COMMAND = 0
    FRESH = 1
    OVERDUE = 2
    ROUTINE = 3


@dataclass(frozen=True, slots=True)
class VisitTarget:
    """A device that is visited, as its profile says (``config.bluetooth.Visit``); ``period_s`` counts from visit to
    visit, ``stay_s`` is how long it is listened to.
    """

    device: str
    when: Literal["every", "seen", "stream"]
    period_s: float
    stay_s: float
    reads: tuple[Characteristic, ...]

    @property
    def listens_s(self) -> float:
        """Return how long a visit stays after everything was asked: nothing where nothing is awaited."""
        return self.stay_s if any(read.how == "notify" for read in self.reads) else 0.0


class Start(NamedTuple):
    """A connection to make now, by the adapter ``receiver``; its slot is taken until ``Visits.finished``."""

    device: str
    receiver: str
    address: str
    rank: Rank


class _Sighting(NamedTuple):
    address: str
    rssi: int
    at: float


@dataclass(slots=True)
class _Device:
    target: VisitTarget | None
    sightings: dict[str, _Sighting] = field(default_factory=dict)
    heard_at: float = -inf
    there_since: float = -inf
    due_at: float = inf
    failures: int = 0
    not_before: float = -inf
    heard_after: float = -inf
    asked: bool = False
    running: Start | None = None
    started_at: float = -inf

    @property
    def is_stream(self) -> bool:
        return self.target is not None and self.target.when == "stream"


@dataclass(slots=True)
class _Adapter:
    running: dict[str, _Device] = field(default_factory=dict)
    pauses: int = 0
    not_before: float = -inf
    probation_at: float = -inf
    holds: int = 0
    holds_until: float = -inf

    def visits(self) -> int:
        return sum(1 for device in self._wanted() if not device.is_stream)

    def streams(self) -> int:
        return sum(1 for device in self._wanted() if device.is_stream)

    def on_probation(self) -> bool:
        return any(device.failures and not device.is_stream for device in self._wanted())

    def _wanted(self) -> Iterable[_Device]:
        return (one for one in self.running.values() if one.running is not None and one.running.rank != Rank.COMMAND)


def target_of(device: DeviceSettings) -> VisitTarget | None:
    """Return how ``device`` is visited, ``None`` where its profile knows of no visits."""
    visit = None if device.profile.bluetooth is None else device.profile.bluetooth.visit
    if visit is None:
        return None
    period_s = parse_duration(visit.period) if device.every_s is None else device.every_s
    return VisitTarget(device.id, visit.when, period_s, parse_duration(visit.stay), visit.reads)


class Visits:
    """The book of who is due, where each was heard, and which slots are taken.

    Of those that are due and were heard lately the one of the best rank comes first; of one rank whoever has waited
    more whole periods, then the strongest signal, then the longest waiting. So nobody is passed for ever, however weak.
    A device that failed is tried again after a pause that doubles, one such device at a time on each adapter, and of an
    only lane a third: what they cost the others is planned. Times are seconds of one monotonic clock.
    """

    def __init__(self, targets: Sequence[VisitTarget], receivers: Iterable[str], slots: int) -> None:
        """``slots``: connections that each of ``receivers`` holds at once."""
        self._devices = {target.device: _Device(target) for target in targets}
        self._adapters = {receiver: _Adapter() for receiver in receivers}
        self._slots = slots

    def heard(self, device: str, address: str, receiver: str, rssi: int | None, now: float) -> bool:
        """Note an advertisement; return whether ``starts`` would now begin something because of it."""
        if receiver not in self._adapters:
            return False
        one = self._devices.setdefault(device, _Device(None))
        if now - one.heard_at > LATELY_S:
            one.there_since = now
            if one.target is not None and (one.target.when == "seen" or one.due_at == inf):
                one.due_at = now
        one.heard_at = now
        one.sightings[receiver] = _Sighting(address, _NO_SIGNAL if rssi is None else rssi, now)
        return self._rank(one, now) is not None and self._place(one, now) is not None

    def is_near(self, device: str, now: float) -> bool:
        """Tell whether it was heard lately, or is connected."""
        one = self._devices.get(device)
        return one is not None and (one.running is not None or now - one.heard_at <= LATELY_S)

    def ask(self, device: str) -> None:
        """Want a connection for a command, until ``withdraw``."""
        self._devices.setdefault(device, _Device(None)).asked = True

    def withdraw(self, device: str) -> None:
        """Want it no more."""
        self._devices[device].asked = False

    def starts(self, now: float) -> list[Start]:
        """Return the connections to make now, the most urgent first, and take their slots."""
        waiting = [
            (rank, one, name) for name, one in self._devices.items() if (rank := self._rank(one, now)) is not None
        ]
        waiting.sort(key=lambda entry: self._order(entry[0], entry[1], now))
        found = []
        for rank, one, name in waiting:
            receiver = self._place(one, now)
            if receiver is None:
                continue
            start = Start(name, receiver, one.sightings[receiver].address, rank)
            one.running, one.started_at = start, now
            self._adapters[receiver].running[name] = one
            found.append(start)
        return found

    def finished(self, device: str, ended: Ended, now: float) -> None:
        """Note that a connection has ended and its slot is free again."""
        one = self._devices[device]
        start = one.running
        if start is None:
            raise ValueError(f"{device} is not connected")
        adapter = self._adapters[start.receiver]
        if one.failures and not one.is_stream and self._slots - KEPT_FREE - adapter.streams() <= 1:
            adapter.probation_at = now + 2 * (now - one.started_at)
        del adapter.running[device]
        one.running = None
        if ended is Ended.NO_SLOT and adapter.running:
            adapter.holds, adapter.holds_until = len(adapter.running), now + BELIEVED_S
            return
        if ended in (Ended.NO_SLOT, Ended.AWAY):
            adapter.not_before = now + _pause(ended, adapter.pauses, _LONGEST_PAUSE_S[ended.value])
            adapter.pauses += 1
            return
        adapter.pauses = 0
        if ended is Ended.DONE:
            one.failures, one.heard_at = 0, now
            self._visited(one, start, now)
            return
        if one.is_stream and now - one.started_at >= STEADY_S:
            one.failures = 0
        longest_s = _LONGEST_S["seen" if one.target is None else one.target.when]
        one.not_before = now + _pause(ended, one.failures, longest_s)
        one.failures += 1
        if ended is Ended.ABSENT:
            one.heard_after = now

    def closed(self) -> None:
        """Note that every connection is gone because the bus was closed, which is nobody's fault."""
        for adapter in self._adapters.values():
            for one in adapter.running.values():
                one.running = None
            adapter.running.clear()

    def wake_at(self, now: float) -> float | None:
        """Return when ``starts`` may have more to say without anything being heard or finished before then."""
        times = [max(one.due_at, one.not_before) for one in self._devices.values() if one.running is None]
        times += [at for one in self._adapters.values() for at in (one.not_before, one.probation_at)]
        return min((time for time in times if now < time < inf), default=None)

    @staticmethod
    def _visited(one: _Device, start: Start, now: float) -> None:
        if start.rank == Rank.COMMAND or one.target is None:
            return
        if one.target.when == "every":
            one.due_at = max(one.started_at + one.target.period_s, now)
        else:
            one.due_at = inf if one.target.when == "seen" else now

    def _rank(self, one: _Device, now: float) -> Rank | None:
        """Return how urgent a device is, ``None`` where it is not to be connected to now."""
        if one.running is not None or now - one.heard_at > LATELY_S:
            return None
        if one.asked:
            return Rank.COMMAND
        if one.target is None or now < one.due_at or now < one.not_before:
            return None
        if one.target.when != "every":
            return Rank.FRESH
        return Rank.OVERDUE if self._waited(one, now) else Rank.ROUTINE

    @staticmethod
    def _waited(one: _Device, now: float) -> int:
        """Return how many whole periods it has waited while it could be heard."""
        unit_s = one.target.period_s if one.target is not None and one.target.when == "every" else LATELY_S
        return int((now - max(one.due_at, one.there_since)) / unit_s) if one.due_at <= now else 0

    def _order(self, rank: Rank, one: _Device, now: float) -> tuple[float, ...]:
        strongest = max((sighting.rssi for sighting in one.sightings.values()), default=_NO_SIGNAL)
        return rank, -self._waited(one, now), -strongest, one.due_at

    def _place(self, one: _Device, now: float) -> str | None:
        """Return the adapter that hears the device best of those that hear it now and have room for it."""
        fit = [
            (sighting.rssi, receiver)
            for receiver, sighting in one.sightings.items()
            if now - sighting.at <= LATELY_S
            and (one.asked or sighting.at > one.heard_after)
            and self._has_room(self._adapters[receiver], one, now)
        ]
        return max(fit)[1] if fit else None

    def _has_room(self, adapter: _Adapter, one: _Device, now: float) -> bool:
        busy = len(adapter.running)
        if one.asked:
            return busy < self._slots
        slots = min(self._slots, adapter.holds) if now < adapter.holds_until else self._slots
        free_for_all = max(1, slots - KEPT_FREE, adapter.streams() + 1)  # streams that are up leave one for visits
        if now < adapter.not_before or busy >= min(slots, free_for_all):
            return False
        if one.is_stream:
            return adapter.streams() < stream_slots(slots)
        if one.failures and (now < adapter.probation_at or adapter.on_probation()):
            return False
        return adapter.visits() < PARALLEL


def _pause(ended: Ended, failures: int, longest_s: float) -> float:
    return float(min(_FIRST_S[ended.value] * 2 ** min(failures, 20), longest_s))
