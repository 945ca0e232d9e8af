"""One device that tells by itself, watched as it tells: each thing it says, and in the end how it was heard."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import SAME_S, NotSupported, Shown, Shows, TechnicianMustAct, driver_factory
from runtime.clock import Clock, SystemClock

_MOST: Final = 100_000
"""More advertisements than these are not looked back upon."""


@dataclass(slots=True)
class Tally:
    """How a device was heard: when (µs), how strong (dBm), what was visited, and what went wrong."""

    times: list[int] = field(default_factory=list)
    rssi: list[int] = field(default_factory=list)
    visited: int = 0
    errors: list[str] = field(default_factory=list)
    stale_s: float = 0.0

    def count(self, shown: Shown) -> None:
        """Take one in."""
        if shown.error and shown.error not in self.errors:
            self.errors.append(shown.error)
        if shown.source:
            self.visited += 1
        elif len(self.times) < _MOST:
            self.times.append(shown.at)
            self.rssi.extend(() if shown.rssi is None else (shown.rssi,))
        self.stale_s = shown.stale_s or self.stale_s

    @property
    def gaps_s(self) -> list[float]:
        """Return the times between two advertisements; one that two receivers heard is one."""
        gaps = ((later - earlier) / 1_000_000 for earlier, later in pairwise(self.times))
        return [gap for gap in gaps if gap >= SAME_S]

    @property
    def every_s(self) -> float:
        """Return the median of them, 0 where there is none."""
        return median(self.gaps_s) if self.gaps_s else 0.0


def can_show(bus: BusSettings) -> bool:
    """Tell whether devices on ``bus`` can be watched; where no driver serves it, trying to will say why not."""
    try:
        return isinstance(driver_factory(bus.type)(bus, (), SystemClock()), Shows)
    except TechnicianMustAct:
        return False


async def watch(
    bus: BusSettings,
    device: DeviceSettings,
    clock: Clock,
    tally: Tally,
    tell: Callable[[Shown], None],
    *,
    times: int | None = None,
    seconds: float | None = None,
) -> None:
    """``tell`` what ``device`` says and count it in ``tally``, until so many advertisements or so long a time; raises
    as ``Driver.open`` does, and ``NotSupported`` on a bus whose devices cannot be watched.
    """
    driver = driver_factory(bus.type)(bus, (device,), clock)
    if not isinstance(driver, Shows):
        raise NotSupported(f"what devices on a bus of type {bus.type} tell cannot be shown")
    async with aclosing(driver.show(device.id, seconds)) as telling:
        async for shown in telling:
            tally.count(shown)
            tell(shown)
            if times is not None and len(tally.times) >= times:
                return
