"""DL/T 645 electricity meters (2007, and reading as of 1997) on a serial line or behind a serial server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.settings import BusSettings, DeviceSettings, MeterSerialBus, MeterTcpBus
from drivers.api.errors import Misconfigured
from runtime.clock import Clock

if TYPE_CHECKING:
    from drivers.dlt645.driver import Dlt645Driver


def dlt645_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> "Dlt645Driver":
    """Return the driver of one line of meters; see ``drivers.api.DriverFactory``."""
    if not isinstance(bus, MeterSerialBus | MeterTcpBus):
        raise Misconfigured(f"{bus.id}: DL/T 645 meters are not on a {bus.type} bus")
    try:
        from drivers.dlt645.driver import Dlt645Driver
    except ImportError as error:
        raise Misconfigured(f"DL/T 645 needs {error.name}, which is not installed (linli[agent])") from error
    return Dlt645Driver(bus, devices, clock)
