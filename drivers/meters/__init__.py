"""What meter protocols share: a half-duplex line of bytes, summed frames, items whose bytes are points, and polling."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.bus_settings import BusSettings, MeterSerialBus, MeterTcpBus
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured
from runtime.clock import Clock

if TYPE_CHECKING:
    from drivers.meters.driver import MeterDriver


def meter_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> "MeterDriver":
    """Return the driver of one line of meters; see ``drivers.api.DriverFactory``."""
    if not isinstance(bus, MeterSerialBus | MeterTcpBus):
        raise Misconfigured(f"{bus.id}: meters are not on a {bus.type} bus")
    try:
        from drivers.meters.dialect import dialects
        from drivers.meters.driver import MeterDriver

        return MeterDriver(bus, devices, clock, dialects(bus.type))
    except ImportError as error:
        raise Misconfigured(f"meters need {error.name}, which is not installed (linli[agent])") from error
