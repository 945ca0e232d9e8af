"""One camera's voice: what any of its ways brings is decoded, rationed, and told as its class calls it."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from drivers.api.errors import CorruptAnswer, DriverError
from drivers.api.pictures import Picture
from drivers.api.tells import Heard, Kept, Presence
from drivers.onvif.events import Meaning, Occurrence, meanings
from drivers.onvif.lateness import Lateness
from drivers.onvif.outbox import Outbox
from drivers.onvif.presence import Presences
from drivers.onvif.rationing import Ration
from drivers.onvif.target import Target
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.event import Event
from wire.picture import FIELD
from wire.reading import Batch, Quality, Value

BURST: Final = 200
"""So many messages of one camera are decoded whatever their pace; beyond, ``PER_S`` of them a second."""

PER_S: Final = 20.0

FLOOD: Final = 5000
"""A camera that has so many messages dropped within ``FLOOD_S`` is not listened to for a while."""

FLOOD_S: Final = 10.0

SAME_PICTURE_US: Final = 500_000
"""Events so close together show the same."""

BELONGS_US: Final = 10_000_000
"""A picture that a camera sends later than this after an event is not of it."""

MOTION_S: Final = 10.0
"""What only moves gets one picture in this time."""

PICTURED: Final = frozenset({"plate_read", "motion", "line_crossed", "camera_tamper", "doorbell", "access_denied",
                             "access_granted", "door_forced", "duress"})  # fmt: skip

MOVING: Final = frozenset({"motion", "line_crossed"})

_log = get_logger("onvif")


def _nothing() -> None:
    """Do what a camera does about motion that has no use for it."""


class Speaking:
    """What is told of one camera into an ``Outbox``. ``wanted`` is asked for a picture under a reference that an event
    just named, ``came`` hears that the camera sent that picture by itself. Each of the camera's ways has a ``voice`` of
    its own; ``essential`` are those that it must not be without. ``moved`` is called when it says that something moves.
    """

    def __init__(
        self,
        target: Target,
        clock: Clock,
        outbox: Outbox,
        wanted: Callable[[str], None],
        came: Callable[[str], None],
        essential: Collection[str] = (),
    ) -> None:
        self._target, self._clock, self._outbox = target, clock, outbox
        self._wanted, self._came = wanted, came
        self._ration = Ration(clock, BURST, PER_S)
        self._latenesses: dict[str, Lateness] = {}
        self._dropped, self._dropped_since = 0, clock.monotonic()
        self._reference, self._reference_at = "", 0
        self._last: dict[str, tuple[str, int]] = {}
        self._moved_at = clock.monotonic() - MOTION_S
        self._presences = Presences(essential)
        self.garbled = 0
        self.moved: Callable[[], None] = _nothing

    def voice(self, way: str) -> "WayVoice":
        """Return the voice of one way."""
        return WayVoice(self, way)

    async def body(self, way: str, body: bytes) -> None:
        """See ``Voice``; what a camera kept back and tells later is dated when it happened."""
        if not self._may_be_read():
            return
        received = self._clock.now()
        try:
            found = meanings(body, received, self._target.quirks)
        except CorruptAnswer as error:
            self.garbled += 1
            if self.garbled == 1:
                _log.warning("camera_garbled", device=self._target.device, why=str(error))
            return
        self._ration.spend(max(0, len(found) - 1))
        late = self._latenesses.setdefault(way, Lateness())
        told = [item for meaning in found for item in self._told(meaning, late)]
        events = [item for item in told if isinstance(item, Event)]
        if events:
            self._last[way] = str(events[-1].fields.get(FIELD, "")), received
        if told:
            await self._outbox.put(self._target.device, told)

    async def points(self, values: Mapping[str, tuple[Value, Quality]]) -> None:
        """See ``Voice``."""
        batch = self._batch(values, self._clock.now())
        if batch is not None:
            told = batch if self._presences.hears else Kept(batch)  # it answers, and tells nothing: no sign of life
            await self._outbox.put(self._target.device, [told])

    async def event(self, name: str, fields: Mapping[str, Value], *, number: str = "", picture: bytes = b"") -> None:
        """See ``Voice``."""
        at = self._clock.now()
        told: list[Heard] = [self._event(name, number, fields, at, fetch=not picture)]
        if picture and self._reference:
            told.append(Picture(self._target.device, self._reference, at, picture))
        await self._outbox.put(self._target.device, told)

    async def picture(self, way: str, data: bytes) -> None:
        """See ``Voice``; what another way told meanwhile has nothing to do with it."""
        reference, at = self._last.get(way, ("", 0))
        if reference and self._clock.now() - at < BELONGS_US:
            self._came(reference)
            self.pictured(reference, data)

    def pictured(self, reference: str, data: bytes) -> None:
        """Tell a picture that was fetched for ``reference``."""
        self._outbox.put_now(self._target.device, Picture(self._target.device, reference, self._clock.now(), data))

    def refer(self) -> str:
        """Return the reference of a picture that is taken now."""
        at = self._clock.now()
        if at - self._reference_at >= SAME_PICTURE_US or not self._reference:
            self._reference, self._reference_at = f"{self._target.device}-{at:x}", at
        return self._reference

    def worked(self, way: str) -> None:
        """Note that one of its ways works."""
        was_gone = self._presences.there is False
        if not self._presences.worked(way, self._clock.monotonic()):
            return
        if was_gone:
            _log.info("camera_back", device=self._target.device)
        online = self._batch({"online": (True, Quality.GOOD)}, self._clock.now())
        self._outbox.put_now(self._target.device, online or Presence(self._target.device, there=True))

    def failed(self, way: str, error: DriverError) -> None:
        """Note that one of its ways does not work. Another reason than before is logged."""
        why = f"{error.word}: {error}"
        news, is_gone = self._presences.failed(way, why, self._clock.monotonic())
        if news:
            _log.warning("camera_unreachable", device=self._target.device, way=way, why=why)
        if is_gone:
            self._outbox.put_now(self._target.device, Presence(self._target.device, there=False, why=why))

    async def missed(self, since: int, why: str) -> None:
        """See ``Voice``."""
        now = self._clock.now()
        fields: dict[str, Value] = {"from": since, "seconds": round(max(0, now - since) / 1e6, 1), "why": why}
        if "listening_gap" in self._target.events:
            gap = Event("", self._target.device, "listening_gap", now, fields)
            await self._outbox.put(self._target.device, [gap])

    def _may_be_read(self) -> bool:
        if self._ration.take():
            return True
        now = self._clock.monotonic()
        if now - self._dropped_since > FLOOD_S:
            self._dropped, self._dropped_since = 0, now
        self._dropped += 1
        self._outbox.lost(self._target.device, 1, self._clock.now())
        if self._dropped >= FLOOD:
            self._dropped, self._dropped_since = 0, now
            raise CorruptAnswer("it sends more than anybody could read")
        return False

    def _told(self, meaning: Meaning, lateness: Lateness) -> list[Heard]:
        told: list[Heard] = []
        late_s = lateness.of(meaning.moment, self._clock.monotonic())
        batch = self._batch({key: (value, Quality.GOOD) for key, value in meaning.values.items()}, meaning.received)
        if batch is not None:
            told.append(batch)
        happened = meaning.occurrence
        if meaning.values.get("moving") is True or (happened is not None and happened.name in MOVING):
            self.moved()
        if happened is not None:
            happened = self._rung(happened)
        if happened is not None and happened.name in self._target.events:
            at = meaning.received - round(late_s * 1_000_000)
            told.append(self._event(happened.name, happened.number, happened.fields, at, fetch=not late_s))
        return told

    def _rung(self, happened: Occurrence) -> Occurrence | None:
        """Return a press of the input that the bell is wired to as what it is; of its letting go nothing."""
        if happened.name != "io" or not self._target.bell or happened.fields.get("input") != self._target.bell:
            return happened
        return Occurrence("doorbell", happened.number, {}) if happened.fields.get("state") is True else None

    def _event(self, name: str, number: str, fields: Mapping[str, Value], at: int, *, fetch: bool) -> Event:
        given = dict(fields)
        if self._is_pictured(name):
            before = self._reference
            given[FIELD] = self.refer()
            if fetch and before != self._reference:
                self._wanted(self._reference)
        return Event(number, self._target.device, name, at, given)

    def _is_pictured(self, name: str) -> bool:
        if not self._target.snapshots or name not in PICTURED:
            return False
        if name != "motion":
            return True
        now = self._clock.monotonic()
        if now - self._moved_at < MOTION_S:
            return False
        self._moved_at = now
        return True

    def _batch(self, values: Mapping[str, tuple[Value, Quality]], at: int) -> Batch | None:
        here = {key: told for key, told in values.items() if key in self._target.points}
        if not here:
            return None
        quality = tuple(quality for _, quality in here.values())
        return Batch(
            self._target.device,
            at,
            tuple(here),
            tuple(value for value, _ in here.values()),
            quality if any(each is not Quality.GOOD for each in quality) else (),
        )


class WayVoice:
    """The ``Voice`` of one of a camera's ways."""

    def __init__(self, speaking: Speaking, way: str) -> None:
        self._speaking, self._way = speaking, way

    async def body(self, body: bytes) -> None:
        """See ``Voice``."""
        self.there()
        await self._speaking.body(self._way, body)

    async def points(self, values: Mapping[str, tuple[Value, Quality]]) -> None:
        """See ``Voice``."""
        await self._speaking.points(values)

    async def event(self, name: str, fields: Mapping[str, Value], *, number: str = "", picture: bytes = b"") -> None:
        """See ``Voice``."""
        await self._speaking.event(name, fields, number=number, picture=picture)

    async def picture(self, data: bytes) -> None:
        """See ``Voice``."""
        self.there()
        await self._speaking.picture(self._way, data)

    def there(self) -> None:
        """See ``Voice``."""
        self._speaking.worked(self._way)

    def gone(self, error: DriverError) -> None:
        """See ``Voice``."""
        self._speaking.failed(self._way, error)

    async def missed(self, since: int, why: str) -> None:
        """See ``Voice``."""
        await self._speaking.missed(since, why)
