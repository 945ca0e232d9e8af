"""One device looked over: each step as it is done, and in the end whether all of it was well."""

from collections.abc import Callable
from contextlib import aclosing

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import Examined, Examines, NotSupported, TechnicianMustAct, driver_factory
from runtime.clock import Clock, SystemClock


def can_examine(bus: BusSettings) -> bool:
    """Tell whether devices on ``bus`` can be looked over; where no driver serves it, trying to will say why not."""
    try:
        return isinstance(driver_factory(bus.type)(bus, (), SystemClock()), Examines)
    except TechnicianMustAct:
        return False


async def look_over(
    bus: BusSettings, device: DeviceSettings, clock: Clock, tell: Callable[[Examined], None], seconds: float
) -> bool:
    """``tell`` each step, and for ``seconds`` what the device tells; return whether no step failed."""
    driver = driver_factory(bus.type)(bus, (device,), clock)
    if not isinstance(driver, Examines):
        raise NotSupported(f"devices on a bus of type {bus.type} cannot be looked over")
    well = True
    async with aclosing(driver.examine(device.id, seconds)) as steps:
        async for step in steps:
            well = well and step.well is not False
            tell(step)
    return well
