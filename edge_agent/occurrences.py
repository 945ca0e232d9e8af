"""Events between driver and store: each gets its id, a repetition is known for one, a flood is cut and counted."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from edge_agent.plan import DevicePlan
from runtime.clock import Clock
from wire.event import Event
from wire.reading import Value

FLOOD: Final = "event_flood"
"""What is told of a device whose events came too fast to be stored one by one; ``count`` of them since ``since``."""

REPEATED_S: Final = 120.0
"""So long an event that a device numbers is known again; later the same number is another event: a device that was
restarted counts from the beginning, and its next call for help must not pass for an old one.
"""

NOTE: Final = "occurrences"
"""The note that keeps what was told lately."""

BURST: Final = 200
"""So many events of one device are stored whatever their pace; beyond, ``PER_S`` of them a second."""

PER_S: Final = 5.0
TOLD_S: Final = 60.0
"""How often a flood that goes on is told."""

_REMEMBERED: Final = 128
_LONGEST: Final = 60


@dataclass(slots=True)
class _Pace:
    """What one device may still have stored, and what of it was not since ``since`` (µs)."""

    left: float
    at: float
    dropped: int = 0
    since: int = 0
    tell_at: float = 0.0


class Occurrences:
    """What is remembered of events, over all configurations and, as a note that is stored with them, over restarts."""

    def __init__(self, gateway: str, clock: Clock) -> None:
        self._gateway, self._clock = gateway, clock
        self._run, self._count = secrets.token_hex(4), 0
        self._seen: dict[str, OrderedDict[str, float]] = {}
        self._paces: dict[str, _Pace] = {}
        self._flooded: set[str] = set()
        self._kept: dict[tuple[str, str], int] = {}

    def named(self, event: Event) -> Event | None:
        """Return the event with an id that is unique for ever; ``None`` where it is a repetition.

        The id holds the device's own number and the time where the device gives both: then it is the same however
        often, and after whatever restart, the device repeats it.
        """
        own = event.id if len(event.id) <= _LONGEST else hashlib.sha256(event.id.encode()).hexdigest()[:24]
        if not own:
            return replace(event, id=self._next_id(event.device))
        if self._is_repeated(event.device, f"{event.name}:{own}"):
            return None
        return replace(event, id=f"{self._gateway}:{event.device}:{event.name}:{own}:{event.at:x}")

    def note(self, stored: Sequence[Event]) -> dict[str, bytes]:
        """Return what has to be stored with these events, so that they are known for repetitions after a restart."""
        now, numbered = self._clock.now(), False
        for event in stored:
            own = event.id.removeprefix(f"{self._gateway}:{event.device}:").rpartition(":")[0]
            if own:
                self._kept[event.device, own] = now
                numbered = True
        if not numbered:
            return {}
        self._kept = {key: at for key, at in self._kept.items() if 0 <= now - at < REPEATED_S * 1e6}
        return {NOTE: msgspec.json.encode([(*key, at) for key, at in self._kept.items()])}

    def remember(self, note: bytes | None) -> None:
        """Take what was stored before the program started; what makes no sense is forgotten."""
        try:
            kept = msgspec.json.decode(note or b"[]", type=list[tuple[str, str, int]])
        except msgspec.MsgspecError:
            return
        now, mono = self._clock.now(), self._clock.monotonic()
        for device, own, at in kept:
            age_s = (now - at) / 1e6
            if 0 <= age_s < REPEATED_S:
                self._kept[device, own] = at
                self._seen.setdefault(device, OrderedDict())[own] = mono - age_s

    def may_be_stored(self, event: Event) -> bool:
        """Tell whether the device is within what may be stored of it; if not, it is counted."""
        now = self._clock.monotonic()
        pace = self._pace(event.device, now)
        pace.left, pace.at = min(BURST, pace.left + (now - pace.at) * PER_S), now
        if pace.left >= 1:
            pace.left -= 1
            return True
        self._drop(event.device, pace, 1, event.at, now)
        return False

    def overrun(self, device: str, count: int, since: int) -> None:
        """Learn that so many messages were dropped before anybody saw what they were."""
        now = self._clock.monotonic()
        self._drop(device, self._pace(device, now), count, since, now)

    def floods(self, *, ending: bool = False) -> list[Event]:
        """Return what is due to be told of floods: at once, then every ``TOLD_S`` while they go on; all of it when the
        program is ``ending``.
        """
        if not self._flooded:
            return []
        now, told = self._clock.monotonic(), []
        for device in sorted(self._flooded):
            pace = self._paces[device]
            if ending or now >= pace.tell_at:
                fields: dict[str, Value] = {"count": pace.dropped, "since": pace.since}
                told.append(Event(self._next_id(device), device, FLOOD, self._clock.now(), fields))
                pace.dropped, pace.tell_at = 0, now + TOLD_S
                self._flooded.discard(device)
        return told

    def _next_id(self, device: str) -> str:
        self._count += 1
        return f"{self._gateway}:{device}:{self._run}-{self._count:x}"

    def _drop(self, device: str, pace: _Pace, count: int, since: int, now: float) -> None:
        if not pace.dropped:
            pace.since, pace.tell_at = since, max(pace.tell_at, now + 1.0)
        pace.dropped += count
        self._flooded.add(device)

    def _pace(self, device: str, now: float) -> _Pace:
        return self._paces.setdefault(device, _Pace(BURST, now))

    def _is_repeated(self, device: str, own: str) -> bool:
        now = self._clock.monotonic()
        seen = self._seen.setdefault(device, OrderedDict())
        last = seen.get(own)
        if last is not None and now - last < REPEATED_S:
            return True
        seen[own] = now
        seen.move_to_end(own)
        while len(seen) > _REMEMBERED:
            seen.popitem(last=False)
        return False


def is_routine(plans: Mapping[str, DevicePlan], event: Event) -> bool:
    """Tell whether the event is one of those that happen all day."""
    plan = plans.get(event.device)
    return plan is not None and event.name in plan.routine
