"""PullPoint subscriptions as WS-Notification and ONVIF Events have them: they hold events, they wait, they end."""

import asyncio
import datetime
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.clock import Clock
from simulators.onvif.events import Event, Operation, Told
from simulators.onvif.faults import Faults
from simulators.onvif.makers import Maker
from simulators.onvif.soap import SoapFault

MOST = 10
_HELD = 2000
_FLOOD_STEP_S = 0.1
_FLOOD_MOST = 10_000
_DURATION = re.compile(r"^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$")


def seconds_of(text: str, now_us: int, default: float) -> float:
    """Return how long ``text`` means: a duration such as PT60S, or a moment by the device's clock; else a fault."""
    if not text:
        return default
    if (found := _DURATION.match(text)) is not None:
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    try:
        return datetime.datetime.fromisoformat(text).timestamp() - now_us / 1e6
    except ValueError:
        raise SoapFault("no time", "ter:InvalidArgVal") from None


@dataclass(slots=True)
class Subscription:
    """``ends`` is monotonic. ``lost``: events that had no place any more. The oldest give way, as in the field."""

    number: int
    ends: float
    waiting: deque[Told] = field(default_factory=lambda: deque(maxlen=_HELD))
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    lost: int = 0
    flooded_at: float = 0.0

    def tell(self, told: Told) -> None:
        """Hold ``told`` until it is pulled."""
        self.lost += len(self.waiting) == _HELD
        self.waiting.append(told)
        self.fresh.set()


class PullPoints:
    """All subscriptions of one device. ``time`` is its own idea of now (µs)."""

    def __init__(self, clock: Clock, maker: Maker, faults: Faults, time: Callable[[], int]) -> None:
        self.created = self.pulled = self.delivered = self.flooded = 0
        self._clock, self._maker, self._faults, self._time = clock, maker, faults, time
        self._open: dict[int, Subscription] = {}
        self._states: dict[object, Event] = {}

    @property
    def open(self) -> list[Subscription]:
        """Return the subscriptions that have not ended."""
        now = self._clock.monotonic()
        for number in [one.number for one in self._open.values() if one.ends <= now]:
            del self._open[number]
        return list(self._open.values())

    def publish(self, event: Event, operation: Operation | None = None) -> None:
        """Tell every subscriber. A state is told as Changed where ``operation`` says nothing else."""
        if event.stays:
            operation = operation or "Changed"
            if operation == "Deleted":
                self._states.pop(event.key, None)
            else:
                self._states[event.key] = event
        told = [Told(event, operation, self._time())]
        if self._maker.batches and event.stays:
            others = [one for one in self._states.values() if one.key != event.key]
            told += [Told(one, operation, self._time()) for one in others]
        for subscription in self.open:
            for one in told:
                subscription.tell(one)

    def create(self, seconds: float) -> Subscription:
        """Return a new subscription that holds every state as Initialized; a fault where there are too many."""
        if len(self.open) >= MOST:
            raise SoapFault("too many subscriptions", "ter:Action", "ter:MaxPullPoints", code="Receiver", status=500)
        self.created += 1
        made = Subscription(self.created, self._clock.monotonic() + seconds, flooded_at=self._clock.monotonic())
        self._open[made.number] = made
        self.synchronize(made)
        return made

    def find(self, number: int) -> Subscription:
        """Return the subscription ``number``; a fault where it has ended or never was."""
        for one in self.open:
            if one.number == number:
                return one
        raise SoapFault("no such subscription", "wsnt:ResourceUnknownFault", status=400)

    def synchronize(self, subscription: Subscription) -> None:
        """Let it hold every state once more."""
        for event in self._states.values():
            subscription.tell(Told(event, "Initialized", self._time()))

    def renew(self, subscription: Subscription, seconds: float) -> None:
        """Let it last ``seconds`` from now."""
        subscription.ends = self._clock.monotonic() + seconds

    def left(self, subscription: Subscription) -> float:
        """Return how many seconds it has left."""
        return subscription.ends - self._clock.monotonic()

    def end(self, subscription: Subscription) -> None:
        """Forget it."""
        self._open.pop(subscription.number, None)
        subscription.fresh.set()

    def forget(self) -> None:
        """Forget every subscription, as a restart does; states stay, the world has not changed."""
        for subscription in list(self._open.values()):
            self.end(subscription)

    async def pull(self, subscription: Subscription, timeout_s: float, limit: int) -> list[Told]:
        """Return up to ``limit`` events, waiting ``timeout_s`` for the first. A flooding device knows no limit."""
        self.pulled += 1
        if self._faults.flood_per_s:
            return await self._flood(subscription)
        if not subscription.waiting and not self._maker.hurried:
            await self._wait(subscription, timeout_s)
            self.find(subscription.number)  # it may have been ended meanwhile
        given = [subscription.waiting.popleft() for _ in range(min(limit, len(subscription.waiting)))]
        if not subscription.waiting:
            subscription.fresh.clear()
        self.delivered += len(given)
        return given

    async def _wait(self, subscription: Subscription, timeout_s: float) -> None:
        """Return when there is something, when it was ended, or after ``timeout_s``."""
        over = asyncio.create_task(self._clock.sleep(timeout_s), name="end of a poll")
        there = asyncio.create_task(subscription.fresh.wait(), name="something to tell")
        try:
            await asyncio.wait((over, there), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            there.cancel()

    async def _flood(self, subscription: Subscription) -> list[Told]:
        await self._clock.sleep(_FLOOD_STEP_S)
        now = self._clock.monotonic()
        count = min(_FLOOD_MOST, int((now - subscription.flooded_at) * self._faults.flood_per_s))
        subscription.flooded_at = now
        self.flooded += count
        source = (("VideoSourceConfigurationToken", "VideoSourceConfig_1"),)
        event = Event("tns1:RuleEngine/CellMotionDetector/Motion", source, (("IsMotion", True),))
        return [Told(event, "Changed", self._time())] * count
