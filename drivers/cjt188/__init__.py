"""CJ/T 188 water, heat and gas meters on a serial line or behind a serial server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.settings import BusSettings, DeviceSettings, MeterSerialBus, MeterTcpBus
from drivers.api.errors import Misconfigured
from runtime.clock import Clock

if TYPE_CHECKING:
    from drivers.cjt188.driver import Cjt188Driver


def cjt188_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> "Cjt188Driver":
    """Return the driver of one line of meters; see ``drivers.api.DriverFactory``."""
    if not isinstance(bus, MeterSerialBus | MeterTcpBus):
        raise Misconfigured(f"{bus.id}: CJ/T 188 meters are not on a {bus.type} bus")
    try:
        from drivers.cjt188.driver import Cjt188Driver
    except ImportError as error:
        raise Misconfigured(f"CJ/T 188 needs {error.name}, which is not installed (linli[agent])") from error
    return Cjt188Driver(bus, devices, clock)
