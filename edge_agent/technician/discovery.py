"""One line looked at, address by address or by meters' numbers, and what that says about the line as a whole."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from config.bus_settings import BusSettings, MeterSerialBus, MeterTcpBus
from config.catalog import load_profile, profile_ids
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api import QUESTIONS, NotSupported, Scans, Searches, Sighting, driver_factory
from edge_agent.technician.lines import address_of
from runtime.clock import Clock

ALL_UNITS: Final = tuple(range(1, 248))
_USUAL: Final = range(1, 33)
_REST_S: Final = 0.05
_SERIAL_S: Final = 0.2
_CHARACTERS: Final = 40
_NETWORK_S: Final = 0.5
_METER_S: Final = 0.7
"""A meter may take half a second to begin (DL/T 645-2007), and its answer takes a tenth of one at 2400 baud."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of one line at one speed. ``devices`` are the file's on it; ``units`` those looked at, none where
    meters were searched for.
    """

    bus: BusSettings
    units: tuple[int, ...]
    sightings: tuple[Sighting, ...]
    devices: tuple[DeviceSettings, ...]

    @property
    def answering(self) -> tuple[Sighting, ...]:
        """Those where a device is."""
        return tuple(one for one in self.sightings if one.state == "answers")

    @property
    def indifferent(self) -> bool:
        """Whether so many addresses answer, and all of them, that the device does not look at the address at all."""
        return bool(self.units) and len(self.sightings) >= 8 and len(self.answering) == len(self.sightings)

    def known(self, address: int | str) -> tuple[DeviceSettings, ...]:
        """Return the file's devices at ``address``; a meter written by its last digits is one of them."""
        return tuple(device for device in self.devices if _is_at(address_of(device), address))


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
    if isinstance(bus, MeterSerialBus | MeterTcpBus):
        usual_s = _METER_S
    return replace(bus, timeout_s=timeout_s or usual_s, **change)


def longest_s(bus: BusSettings, units: Sequence[int]) -> float:
    """Return how long a scan takes where nobody answers; each device that does takes some seconds besides."""
    return len(units) * QUESTIONS * (bus.timeout_s + (0.0 if getattr(bus, "host", "") else _REST_S))


def search_s(bus: BusSettings, clock: Clock) -> tuple[float, float] | None:
    """Return what ``Searches.search_s`` says for a line that is searched, ``None`` for one that is scanned."""
    driver = driver_factory(bus.type)(bus, (), clock)
    return driver.search_s() if isinstance(driver, Searches) else None


async def scan(
    bus: BusSettings,
    units: Sequence[int] | None,
    models: Sequence[str],
    devices: Iterable[DeviceSettings],
    clock: Clock,
    tell: Callable[[Sighting], None],
) -> Scan:
    """Look at ``units`` of ``bus`` (``None``: all) for ``models`` and ``tell`` each one; raises as ``Driver.open``.

    On a line of meters everybody is searched for, thoroughly where ``units`` is ``None``; silent calls are told and
    not kept.
    """
    driver = driver_factory(bus.type)(bus, (), clock)
    profiles: list[Profile] = [load_profile(name) for name in models]
    looked: tuple[int, ...] = ()
    if isinstance(driver, Scans):
        looked = ALL_UNITS if units is None else tuple(units)
        sighted = _each(driver, looked, profiles)
    elif isinstance(driver, Searches):
        sighted = driver.search(profiles, thorough=units is None)
    else:
        raise NotSupported(bus.type)
    sightings = []
    try:
        await driver.open()
        async for sighting in sighted:
            tell(sighting)
            if looked or sighting.state != "silent":
                sightings.append(sighting)
    finally:
        await driver.close()
    return Scan(bus, looked, tuple(sightings), tuple(devices))


async def _each(driver: Scans, units: Sequence[int], profiles: Sequence[Profile]) -> AsyncIterator[Sighting]:
    for unit in units:
        yield await driver.look(unit, profiles)


def _is_at(written: int | str, address: int | str) -> bool:
    if isinstance(written, str) and isinstance(address, str):
        return len(written) == len(address) and address.endswith(written.lstrip("A"))
    return written == address
