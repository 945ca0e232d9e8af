"""Devices heard and visited over Bluetooth; importing this is cheap, the radio's library is loaded with a first bus."""

from collections.abc import Sequence

from config.bus_settings import BleBus, BusSettings
from config.settings import DeviceSettings
from drivers.api import Driver, Misconfigured
from runtime.clock import Clock


def ble_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
    """Return the driver of a box's radios; ``Misconfigured`` when a device cannot be served there."""
    from drivers.ble.driver import BleDriver

    if not isinstance(bus, BleBus):
        raise Misconfigured(f"{bus.type} is no radio")
    return BleDriver(bus, devices, clock)
