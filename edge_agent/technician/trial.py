"""One device tried out: what went over the line, how each value came about, and how steadily it answers."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import (
    Driver,
    DriverError,
    Explained,
    Explains,
    Frame,
    Lang,
    LineLost,
    NotSupported,
    Polls,
    Records,
    Tells,
    driver_factory,
)
from runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Timing:
    """A row of readings: how long each that brought something took (s), and how often which error came instead."""

    asked: int = 0
    took_s: tuple[float, ...] = ()
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def spread(self) -> tuple[float, float, float]:
        """Return the shortest, the median and the longest time; there must be one."""
        return min(self.took_s), median(self.took_s), max(self.took_s)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial. ``error`` (``word: detail``) says why there are no ``points``, empty where there are.

    ``frames`` is ``None`` on a line that keeps no bytes.
    """

    bus: BusSettings
    device: DeviceSettings
    frames: tuple[Frame, ...] | None
    points: tuple[Explained, ...] = ()
    error: str = ""
    timing: Timing = Timing()


@asynccontextmanager
async def opened(bus: BusSettings, device: DeviceSettings, clock: Clock) -> AsyncIterator[Driver]:
    """Lend an open driver that serves ``device`` alone; raises what ``Driver.open`` raises, and ``NotSupported`` for
    devices that tell by themselves: what two listen to, one misses.
    """
    driver = driver_factory(bus.type)(bus, (device,), clock)
    if isinstance(driver, Tells):
        raise NotSupported("its devices tell by themselves and cannot be asked: see edge-agent status")
    try:
        await driver.open()
        yield driver
    finally:
        await driver.close()


async def try_out(bus: BusSettings, device: DeviceSettings, clock: Clock, times: int, lang: Lang) -> Trial:
    """Read ``device`` once with everything shown, and then ``times`` in a row; never raises a ``DriverError``."""
    began = clock.now()
    driver: Driver | None = None
    try:
        async with opened(bus, device, clock) as driver:
            points = await _explained(driver, device.id)
            frames = _frames(driver, began, lang)
            timing = await _row(driver, device.id, clock, times)
            return Trial(bus, device, frames, points, timing=timing)
    except DriverError as error:
        frames = () if driver is None else _frames(driver, began, lang)
        return Trial(bus, device, frames, error=f"{error.word}: {error}")


async def _explained(driver: Driver, device: str) -> tuple[Explained, ...]:
    if isinstance(driver, Explains):
        return await driver.explain(device)
    if not isinstance(driver, Polls):
        raise NotSupported("nothing on this bus can be asked")
    batch = await driver.poll(device)
    qualities = batch.quality or (0,) * len(batch.points)
    rows = zip(batch.points, batch.values, qualities, strict=True)
    return tuple(Explained(key, "", "", value, quality) for key, value, quality in rows)


def _frames(driver: Driver, since: int, lang: Lang) -> tuple[Frame, ...] | None:
    """Return the bytes that went over the line, without the marks of its being opened and closed."""
    if not isinstance(driver, Records):
        return None
    return tuple(frame for frame in driver.frames(since, lang) if frame.data)


async def _row(driver: Driver, device: str, clock: Clock, times: int) -> Timing:
    took: list[float] = []
    failed: Counter[str] = Counter()
    if not isinstance(driver, Polls):
        return Timing()
    for _ in range(times):
        began = clock.monotonic()
        try:
            await driver.poll(device)
        except LineLost:
            raise
        except DriverError as error:
            failed[error.word] += 1
        else:
            took.append(clock.monotonic() - began)
    return Timing(times, tuple(took), dict(failed))


def better_order(points: Sequence[Explained]) -> str:
    """Return the byte order in which all values of several registers make sense where the profile's own does not.

    Empty where the profile's own will do, or where no other, or more than one, would.
    """
    many = [point.orders for point in points if point.orders]
    if not many or all(orders[0].plausible for orders in many):
        return ""
    sound = [
        name
        for name in (one.order for one in many[0])
        if all(any(one.order == name and one.plausible for one in orders) for orders in many)
    ]
    return sound[0] if len(sound) == 1 else ""
