"""A radio listened to for a while: who is on the air, which of them the file has, and which it could have."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from config.bus_settings import BusSettings
from config.catalog import load_class, load_profile
from config.settings import DeviceSettings
from drivers.api import AddressKind, NotSupported, Overheard, Overhears, TechnicianMustAct, driver_factory
from runtime.clock import Clock, SystemClock

LASTING: Final[frozenset[AddressKind]] = frozenset({"public", "static"})
"""Addresses that a device keeps (a static one until its battery is changed)."""

_IN_HAND_DBM: Final = -45


@dataclass(frozen=True, slots=True)
class Air:
    """What was heard on one bus, the strongest first. ``devices`` are the file's on it, without those that the driver
    refused: ``refused`` has them with the reason.
    """

    bus: BusSettings
    seconds: float
    heard: tuple[Overheard, ...]
    devices: tuple[DeviceSettings, ...]
    refused: tuple[tuple[str, TechnicianMustAct], ...] = ()

    @property
    def known(self) -> tuple[Overheard, ...]:
        """Those that the file has or that some profile recognises by what they say."""
        return tuple(one for one in self.heard if is_known(one))

    @property
    def strangers(self) -> tuple[Overheard, ...]:
        """All others: telephones, headphones, televisions."""
        return tuple(one for one in self.heard if not is_known(one))

    @property
    def unheard(self) -> tuple[DeviceSettings, ...]:
        """The file's devices that said nothing."""
        heard = {one.device for one in self.heard}
        return tuple(device for device in self.devices if device.id not in heard)


def is_known(one: Overheard) -> bool:
    """Tell whether somebody is worth being named: a device of the file, or one that a profile recognises."""
    return bool(one.device) or any(guess.confidence != "low" for guess in one.guesses)


def address_of_stranger(one: Overheard) -> str:
    """Return an address that leads to nobody, its first byte and no more; all of it where the sender is so near that it
    lies in the technician's hand, and keeps its address.
    """
    in_hand = one.rssi is not None and one.rssi >= _IN_HAND_DBM and one.kind in LASTING
    return one.address if in_hand else f"{one.address[:2]}:xx:xx:xx:xx:xx"


def shows_data(one: Overheard) -> bool:
    """Tell whether the data of somebody may be shown: who wants to be known keeps the address, telephones change it.

    What is known of somebody's health is nobody's business until the device is in the file.
    """
    kinds = (load_class(load_profile(guess.profile).kind).point(key) for guess in one.guesses for key in guess.values)
    sensitive = any(point is not None and point.pii == "sensitive" for point in kinds)
    return bool(one.device) or (one.kind in LASTING and not sensitive)


def can_overhear(bus: BusSettings) -> bool:
    """Tell whether who is on the air can be asked on ``bus``; where no driver serves it, trying to will say why not."""
    try:
        return isinstance(driver_factory(bus.type)(bus, (), SystemClock()), Overhears)
    except TechnicianMustAct:
        return False


async def listen(
    bus: BusSettings,
    devices: Sequence[DeviceSettings],
    models: Sequence[str],
    seconds: float,
    clock: Clock,
    tell: Callable[[int], None],
) -> Air:
    """Listen on ``bus`` for ``models`` and ``tell`` how many were heard so far; raises as ``Driver.open`` does.

    A device that cannot be served (a library is missing) hides nobody else.
    """
    make = driver_factory(bus.type)
    refused: dict[str, TechnicianMustAct] = {}
    for device in devices:
        try:
            make(bus, [device], clock)
        except TechnicianMustAct as error:
            refused[device.id] = error
    served = tuple(device for device in devices if device.id not in refused)
    driver = make(bus, served, clock)
    if not isinstance(driver, Overhears):
        raise NotSupported(f"who is on the air cannot be heard on a bus of type {bus.type}")
    found: dict[str, Overheard] = {}
    profiles = [load_profile(name) for name in models]
    async with aclosing(driver.overhear(profiles, seconds)) as heard:
        async for one in heard:
            found.pop(one.address, None)
            found[one.address] = one
            tell(len(found))
    return Air(bus, seconds, tuple(sorted(found.values(), key=_strength)), served, tuple(refused.items()))


def _strength(one: Overheard) -> tuple[int, str]:
    return (-one.rssi if one.rssi is not None else 1000), one.address
