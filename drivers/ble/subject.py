"""One device as it is heard: what it says, how steadily and how strongly; and what of that is worth telling."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from config.bluetooth import Bluetooth, Characteristic
from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.api.tells import Heard, Presence
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Meaning, Occurrence
from drivers.ble.freshness import Freshness
from drivers.ble.signal import Signal
from wire.event import SEQ, Event
from wire.reading import Batch, Quality, Value

TOLD_S: Final = 60.0
"""How often a device's readings are told that change all the time, where the file does not say ``every``."""

READ_S: Final = 10.0
"""How often numbers are told that a device sends all the time while it is connected to."""

_LONG_AGO_S: Final = 15 * 3600.0
_SET_SINCE: Final = 2020

_LATE_S: Final = 15.0

_SAME_VISIT_US: Final = 90_000_000
"""A visit that brought something within this time and then failed was not in vain."""


class Decodes(Protocol):
    """What is made of a device's data; see ``drivers.ble.decode``."""

    def advertisement(self, heard: Advertisement) -> Meaning | None:
        """Return what is new in it, ``None`` where the profile knows nothing of it."""
        ...

    def standing(self) -> dict[str, tuple[Value, int]]:
        """Return what holds while the device is heard, and may be told again."""
        ...

    def characteristic(self, which: Characteristic, value: bytes) -> Meaning:
        """Return what it says; ``CorruptAnswer`` where it makes no sense."""
        ...


class Subject:
    """``hear``, ``read`` and ``look`` return what is worth telling at that moment, in order."""

    def __init__(self, settings: DeviceSettings, decoder: Decodes) -> None:
        """``Misconfigured`` where the profile is none of a Bluetooth product."""
        bluetooth = settings.profile.bluetooth
        if bluetooth is None:
            raise Misconfigured(f"{settings.id}: {settings.profile.id} is no Bluetooth product")
        self.id = settings.id
        self.bluetooth: Bluetooth = bluetooth
        self._decoder = decoder
        self.freshness = Freshness()
        self.garbled = 0
        self._signal = Signal()
        self._every_s = settings.every_s or TOLD_S
        self._values: dict[str, tuple[Value, int]] = {}
        self._untold: dict[str, tuple[Value, int]] = {}
        self._told_at: float | None = None
        self._heard_at: int | None = None
        self._away = False
        self._failing = False
        self._read_at = -_SAME_VISIT_US
        self._read_told: dict[tuple[str, str], float] = {}
        visit = bluetooth.visit
        self._visited = (
            ()
            if visit is None
            else tuple(
                dict.fromkeys(point.key for which in visit.reads if not which.optional for point in which.points)
            )
        )

    def hear(self, heard: Advertisement, now: float) -> list[Heard]:
        """Take an advertisement at ``now`` (monotonic seconds)."""
        self.freshness.heard(now)
        self._heard_at = heard.at
        if heard.rssi is not None:
            self._signal.heard(heard.receiver, heard.rssi)
        told: list[Heard] = []
        if self._away:
            self._away = False
            told.append(Presence(self.id, there=True))
        meaning = self._decoder.advertisement(heard)
        if meaning is None:
            return told
        urgent = meaning.values and self._is_news(meaning.values)
        if meaning.values:
            self._values.update(meaning.values)
            self._untold.update(meaning.values)
        if urgent or meaning.occurrences or self._told_at is None or now - self._told_at >= self._every_s:
            told += self._tell(heard.at, now)
            told += self._events(meaning.occurrences, heard.at)
        return told

    def read(self, which: Characteristic, value: bytes, at: int, now: float) -> list[Heard]:
        """Take what a characteristic said at ``at`` (µs); what makes no sense costs itself. Of numbers that come every
        second one in ten is told.
        """
        self.freshness.touched(now)
        self._failing, self._read_at = False, at
        try:
            meaning = self._decoder.characteristic(which, value)
        except CorruptAnswer:
            self.garbled += 1
            return [Presence(self.id, there=True)]
        if any(event.edge == "told" for event in which.events):
            if not meaning.occurrences:
                return [Presence(self.id, there=True)]  # what the device remembers and has told before
            meaning = _as_old_as(meaning, at)
        from_here = which.service, which.characteristic
        urgent = self._is_news(meaning.values) or bool(meaning.occurrences)
        self._values.update(meaning.values)
        if not urgent and now - self._read_told.get(from_here, -READ_S) < READ_S:
            return []
        self._read_told[from_here] = now
        return [*self._batch(meaning, at), *self._events(meaning.occurrences, at)] or [Presence(self.id, there=True)]

    def failed(self, at: int) -> list[Heard]:
        """Learn that a visit came to nothing at ``at`` (µs): once in a row, what it would have brought has no
        value. One that brought something before it failed is not such a one."""
        if self._failing or not self._visited or at - self._read_at < _SAME_VISIT_US:
            return []
        self._failing = True
        many = len(self._visited)
        return [Batch(self.id, at, self._visited, (None,) * many, (int(Quality.TIMEOUT),) * many)]

    def resume(self, now: float) -> None:
        """Learn that listening begins anew: while nobody listened it could not be heard, and was silent for nobody."""
        if self.freshness.last is not None:
            self.freshness.touched(now)

    def look(self, now: float, anybody: float) -> list[Heard]:
        """Take it that time has passed: the device may be out of reach, or its readings due to be told again, as of
        when it was heard last. ``anybody`` is when anybody at all was heard last: a silence of all is not its own.
        """
        if not self.bluetooth.sleeps and not self._away and self.freshness.is_stale(anybody):
            self._away = True
            return [Presence(self.id, there=False, why=self._why(anybody))]
        if self._heard_at is None or self._told_at is None or now - self._told_at < self._every_s:
            return []
        last = self.freshness.last
        if not self._untold and (last is None or now - last > _LATE_S):
            return []  # nothing new, and old already: the next advertisement is told
        return self._tell(self._heard_at, now)

    def _is_news(self, values: Mapping[str, tuple[Value, int]]) -> bool:
        """Tell whether something is not as it was that people wait for: a state, or whether a value can be believed."""
        for key, (value, quality) in values.items():
            known = self._values.get(key)
            if known is None or known[1] != quality:
                return True
            if value != known[0] and (isinstance(value, bool | str) or value is None):
                return True
        return False

    def _tell(self, at: int, now: float) -> list[Heard]:
        """Return all that the device says at present or has said since it was told last, and how strongly it is heard.

        Not what it said before that: motion that was told an hour ago is not told again with the battery.
        """
        self._told_at, self._heard_at = now, None
        rssi = self._signal.look()
        values = {**self._untold, **self._decoder.standing()}
        self._untold = {}
        if self.bluetooth.signal and rssi is not None:
            values[self.bluetooth.signal] = rssi, 0
        return [_batch(self.id, values, at)] if values else [Presence(self.id, there=True)]

    def _batch(self, meaning: Meaning, at: int) -> Iterator[Heard]:
        if meaning.values:
            yield _batch(self.id, meaning.values, at)

    def _events(self, occurrences: tuple[Occurrence, ...], at: int) -> Iterator[Heard]:
        for one in occurrences:
            fields = {**one.fields, SEQ: one.number} if one.number else dict(one.fields)
            yield Event(one.number, self.id, one.name, at, fields)

    def _why(self, now: float) -> str:
        last, usual_s = self.freshness.last, self.freshness.usual_s
        silent_s = 0.0 if last is None else now - last
        usually = "" if usual_s is None else f", usually at least every {usual_s:.0f} s"
        return f"out_of_range: not heard for {silent_s:.0f} s{usually}"


def _batch(device: str, values: Mapping[str, tuple[Value, int]], at: int) -> Batch:
    qualities = tuple(quality for _, quality in values.values())
    return Batch(
        device, at, tuple(values), tuple(value for value, _ in values.values()), qualities if any(qualities) else ()
    )


def _as_old_as(meaning: Meaning, at: int) -> Meaning:
    """Return a measurement as stale where the device says that it was taken long before ``at`` (µs): it comes from its
    memory. Its clock has no zone, so that less than ``_LONG_AGO_S`` may be nothing; before 2020 it was never set.
    """
    for one in meaning.occurrences:
        try:
            taken = datetime.fromisoformat(one.number).replace(tzinfo=UTC)
        except ValueError:
            continue
        if taken.year >= _SET_SINCE and at / 1e6 - taken.timestamp() > _LONG_AGO_S:
            stale = int(Quality.STALE)
            values = {key: (value, max(quality, stale)) for key, (value, quality) in meaning.values.items()}
            return Meaning(values, meaning.occurrences)
    return meaning
