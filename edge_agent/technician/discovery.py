"""One line looked at, address by address, and what that says about the line as a whole."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from config.catalog import load_profile, profile_ids
from config.profile import Profile
from config.settings import BusSettings, DeviceSettings
from drivers.api import QUESTIONS, NotSupported, Scans, Sighting, driver_factory
from runtime.clock import Clock

ALL_UNITS: Final = tuple(range(1, 248))
_USUAL: Final = range(1, 33)
_REST_S: Final = 0.05
_SERIAL_S: Final = 0.2
_CHARACTERS: Final = 40
_NETWORK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of one line at one speed. ``known`` are the file's devices on it, by unit."""

    bus: BusSettings
    units: tuple[int, ...]
    sightings: tuple[Sighting, ...]
    known: dict[int | str, tuple[DeviceSettings, ...]]

    @property
    def answering(self) -> tuple[Sighting, ...]:
        """Those where a device is."""
        return tuple(one for one in self.sightings if one.state == "answers")

    @property
    def indifferent(self) -> bool:
        """Whether so many addresses answer, and all of them, that the device does not look at the address at all."""
        return len(self.sightings) >= 8 and len(self.answering) == len(self.sightings)


def usual_units() -> tuple[int, ...]:
    """Return the addresses that are looked at unless told otherwise: 1 to 32, and those that products ship with."""
    shipped = {load_profile(name).transport.unit for name in profile_ids() if load_profile(name).driver == "modbus"}
    return tuple(sorted({*_USUAL, *(unit for unit in shipped if unit in ALL_UNITS)}))


def parse_units(text: str) -> tuple[int, ...]:
    """Return the addresses that ``1-5,11`` names, sorted; ``ValueError`` for anything else or beyond 1..247."""
    units: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        units.update(range(int(first), int(last if dash else first) + 1))
    if not units.issubset(ALL_UNITS) or not units:
        raise ValueError(text)
    return tuple(sorted(units))


def models_named(text: str) -> tuple[str, ...]:
    """Return the profiles whose ids begin as one of ``text`` (``meter,door/waveshare``) does, all where it is empty;
    ``ValueError`` where none does.
    """
    starts = tuple(part.strip() for part in text.split(",") if part.strip())
    found = tuple(name for name in profile_ids() if not starts or name.startswith(starts))
    if not found:
        raise ValueError(text)
    return found


def for_scanning(bus: BusSettings, baud: int | None, timeout_s: float | None) -> BusSettings:
    """Return ``bus`` at another speed where one is given, and with the patience of a scan: an answer or nothing."""
    change: dict[str, Any] = {}
    if baud is not None:
        change["baud"] = baud
    speed = baud or getattr(bus, "baud", 0)
    usual_s = _SERIAL_S + _CHARACTERS * 11 / speed if speed else min(bus.timeout_s, _NETWORK_S)
    return replace(bus, timeout_s=timeout_s or usual_s, **change)


def longest_s(bus: BusSettings, units: Sequence[int]) -> float:
    """Return how long a scan takes where nobody answers; each device that does takes some seconds besides."""
    return len(units) * QUESTIONS * (bus.timeout_s + (0.0 if getattr(bus, "host", "") else _REST_S))


async def scan(
    bus: BusSettings,
    units: Sequence[int],
    models: Sequence[str],
    devices: Iterable[DeviceSettings],
    clock: Clock,
    tell: Callable[[Sighting], None],
) -> Scan:
    """Look at ``units`` of ``bus`` for ``models`` and ``tell`` each one; raises as ``Driver.open`` does."""
    driver = driver_factory(bus.type)(bus, (), clock)
    if not isinstance(driver, Scans):
        raise NotSupported(bus.type)
    profiles: list[Profile] = [load_profile(name) for name in models]
    known: dict[int | str, tuple[DeviceSettings, ...]] = {}
    for device in devices:
        known[device.unit] = (*known.get(device.unit, ()), device)
    sightings = []
    try:
        await driver.open()
        for unit in units:
            sighting = await driver.look(unit, profiles)
            sightings.append(sighting)
            tell(sighting)
    finally:
        await driver.close()
    return Scan(bus, tuple(units), tuple(sightings), known)
