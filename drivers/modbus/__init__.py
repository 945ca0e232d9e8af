"""Modbus over TCP and serial lines; importing this is cheap, pymodbus is only loaded when a bus is made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.bus_settings import BusSettings, ModbusRtuBus, ModbusRtuTcpBus, ModbusTcpBus
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured
from runtime.clock import Clock

if TYPE_CHECKING:
    from drivers.modbus.driver import ModbusDriver


def modbus_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> "ModbusDriver":
    """Return the driver of one Modbus bus; see ``drivers.api.DriverFactory``."""
    if not isinstance(bus, ModbusTcpBus | ModbusRtuBus | ModbusRtuTcpBus):
        raise Misconfigured(f"{bus.id}: Modbus is not on a {bus.type} bus")
    try:
        from drivers.modbus.driver import ModbusDriver
    except ImportError as error:
        raise Misconfigured(f"Modbus needs {error.name}, which is not installed (linli[agent])") from error
    return ModbusDriver(bus, devices, clock)
