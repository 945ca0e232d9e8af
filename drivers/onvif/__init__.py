"""Cameras and door stations: what they tell, in whatever dialect their maker chose; importing this is cheap."""

from collections.abc import Sequence

from config.bus_settings import BusSettings, OnvifBus
from config.settings import DeviceSettings
from drivers.api import Driver, Misconfigured
from runtime.clock import Clock


def onvif_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
    """Return the driver of a network's cameras; ``Misconfigured`` when a device cannot be served there."""
    from drivers.onvif.driver import OnvifDriver
    from drivers.onvif.making import making_of, pushed_of

    if not isinstance(bus, OnvifBus):
        raise Misconfigured(f"{bus.type} has no cameras")
    return OnvifDriver(bus, devices, clock, making_of(bus, clock), pushed_of(bus, clock))
