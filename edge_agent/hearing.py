"""A bus whose devices tell by themselves: what they say is passed on in order, and whom nobody hears is offline."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Protocol, TypeAlias

from drivers.api import Heard, Kept, LineLost, Overrun, Picture, Presence, Tells
from edge_agent.link import Link
from edge_agent.plan import DevicePlan
from runtime.clock import Clock
from wire.event import Event
from wire.reading import Batch

Sink: TypeAlias = Callable[[Batch, Callable[[], None]], Awaitable[None]]
"""Takes a batch, and calls the second once when the batch is about to be stored: then its slots are served."""


class TakesEvents(Protocol):
    """What is done about events."""

    async def happen(self, events: Sequence[Event]) -> None:
        """Judge events and begin to store them."""
        ...

    def overrun(self, device: str, count: int, since: int) -> None:
        """Learn that so many messages of a device were dropped unheard since ``since`` (µs)."""
        ...

    def stored(self) -> Awaitable[object]:
        """Return something to wait for: then everything taken so far that must not be lost cannot be."""
        ...


class TakesPictures(Protocol):
    """What keeps pictures."""

    def keep(self, picture: Picture) -> None:
        """Take a picture to be kept; returns at once and never raises."""
        ...


class Owner(Protocol):
    """What the bus does about its links."""

    def answered(self, link: Link, batch: Batch | None) -> None:
        """Note that the device was heard, and what of it cannot be believed."""
        ...

    async def gone(self, link: Link, why: str) -> None:
        """Note that the device is offline."""
        ...


class Hearing:
    """The devices of one bus that tell by themselves, each heard at least every ``silence_s`` or offline.

    A device that was heard keeps that over a lost line: once the line is back it counts as there until its silence is
    over. ``read`` counts readings that nobody was due to ask for.
    """

    def __init__(
        self,
        plans: Sequence[DevicePlan],
        links: Mapping[str, Link],
        clock: Clock,
        *,
        owner: Owner,
        sink: Sink,
        events: TakesEvents | None,
        pictures: TakesPictures | None = None,
        read: Callable[[str, tuple[str, ...], str, int], None],
    ) -> None:
        self._silence = {plan.id: plan.silence_s for plan in plans if plan.silence_s}
        self._links, self._clock, self._owner = links, clock, owner
        self._sink, self._events, self._pictures, self._read = sink, events, pictures, read
        self._since = dict.fromkeys(self._silence, clock.monotonic())
        self._known: set[str] = set()
        self.busy = False

    async def until_lost(self, driver: Tells) -> None:
        """Listen until the driver says that the line is lost, which is raised."""
        self._line_is_back()
        working = [
            asyncio.create_task(driver.listen(self._hear), name="listen"),
            asyncio.create_task(self._watch(), name="silence"),
        ]
        try:
            done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        for task in done:
            task.result()
        raise LineLost("the driver stopped listening")

    def _line_is_back(self) -> None:
        now = self._clock.monotonic()
        for device, silence_s in self._silence.items():
            link = self._links[device]
            if now >= self._since[device] + silence_s:
                link.error = _silent(silence_s) if link.state == "offline" else link.error
            elif device in self._known:
                self._owner.answered(link, None)
            else:
                link.state, link.error = "starting", ""

    async def _hear(self, told: Sequence[Heard]) -> Awaitable[object]:
        self.busy = True
        try:
            for are_events, items in groupby(told, lambda one: isinstance(one, Event)):
                if are_events:
                    await self._happen([one for one in items if isinstance(one, Event)])
                else:
                    for item in items:
                        await self._take(item)
            return _nothing() if self._events is None else self._events.stored()
        finally:
            self.busy = False

    async def _happen(self, events: Sequence[Event]) -> None:
        here = [event for event in events if event.device in self._links]
        for event in here:
            self._alive(event.device)
        if here and self._events is not None:
            await self._events.happen(here)

    async def _take(self, item: Heard) -> None:
        link = self._links.get(item.device)
        if link is None:
            return
        match item:
            case Batch():
                self._alive(item.device, item)
                await self._pass_on(item)
            case Kept():
                await self._pass_on(item.batch)
            case Presence() if item.there:
                self._alive(item.device)
            case Presence():
                self._known.discard(item.device)
                if link.state != "offline":
                    await self._owner.gone(link, item.why)
            case Picture():
                self._alive(item.device)
                if self._pictures is not None:
                    self._pictures.keep(item)
            case Overrun():
                self._alive(item.device)
                if self._events is not None:
                    self._events.overrun(item.device, item.count, item.since)

    async def _pass_on(self, batch: Batch) -> None:
        await self._sink(batch, partial(self._read, batch.device, batch.points, "extra", batch.at))

    def _alive(self, device: str, batch: Batch | None = None) -> None:
        self._since[device] = self._clock.monotonic()
        self._known.add(device)
        link = self._links[device]
        link.seen_at = self._clock.now()
        self._owner.answered(link, batch)

    async def _watch(self) -> None:
        """Say of each device whose silence is over that it is offline."""
        while True:
            now = self._clock.monotonic()
            for device, silence_s in self._silence.items():
                link = self._links[device]
                if link.state != "offline" and now >= self._since[device] + silence_s:
                    await self._owner.gone(link, _silent(silence_s))
            ends = [
                self._since[device] + silence_s
                for device, silence_s in self._silence.items()
                if self._links[device].state != "offline"
            ]
            shortest = min(self._silence.values(), default=_IDLE_S)
            await self._clock.sleep(max(min(ends, default=now + shortest) - now, _SHORTEST_S))


_IDLE_S = 60.0
_SHORTEST_S = 0.05


def _silent(silence_s: float) -> str:
    return f"silent: nothing heard for {silence_s:g} s"


def _nothing() -> Awaitable[object]:
    return asyncio.shield(asyncio.gather())
