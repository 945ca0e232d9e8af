"""Devices that publish JSON to a local MQTT broker; importing this is cheap, the library is loaded with a first bus."""

from collections.abc import Sequence

from config.bus_settings import BusSettings, MqttBus
from config.settings import DeviceSettings
from drivers.api import Driver, Misconfigured
from runtime.clock import Clock


def mqtt_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
    """Return the driver of one broker; ``Misconfigured`` when a device cannot be served there."""
    from drivers.mqtt.driver import MqttDriver

    if not isinstance(bus, MqttBus):
        raise Misconfigured(f"{bus.type} is no broker")
    return MqttDriver(bus, devices, clock)
