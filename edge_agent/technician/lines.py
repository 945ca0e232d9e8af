"""The lines of a configuration as the technician's commands take them: settings in hand, a driver for one device."""

import re
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path

import typer

from config.bus_settings import BleBus, BusSettings, MeterSerialBus, MeterTcpBus, ModbusRtuBus, ModbusTcpBus, OnvifBus
from config.load import load
from config.report import render
from config.settings import DeviceSettings, GatewaySettings
from drivers.api import Cost, Costs, Round, Rounds, Scans, Searches, TechnicianMustAct, driver_factory
from edge_agent.line_load import CostOf
from edge_agent.options import Lang
from runtime.clock import SystemClock


def settings_of(config: Path, lang: Lang) -> GatewaySettings:
    """Return what the file says; one that is wrong is shown as ``edge-agent check`` shows it and ends the command."""
    loaded = load(config)
    if loaded.settings is None:
        typer.echo(render(loaded.problems, str(config), lang.value), err=True)
        raise typer.Exit(2)
    return loaded.settings


def devices_on(settings: GatewaySettings, bus: str) -> list[DeviceSettings]:
    """Return the devices of one bus, in the file's order."""
    return [device for device in settings.devices if device.bus == bus]


def costs_of(bus: BusSettings, devices: Sequence[DeviceSettings]) -> CostOf | None:
    """Return what polls on ``bus`` cost, ``None`` where its driver cannot say; ``TechnicianMustAct`` if it has none.

    Each device has a driver of its own here, so that one that the bus cannot serve fails by itself, when it is asked.
    """
    clock = SystemClock()
    make = driver_factory(bus.type)
    if not isinstance(make(bus, (), clock), Costs):
        return None
    by_id = {device.id: device for device in devices}
    drivers: dict[str, Costs] = {}

    def costs(device: str, points: tuple[str, ...] | None) -> Sequence[Cost]:
        if device not in drivers:
            driver = make(bus, (by_id[device],), clock)
            assert isinstance(driver, Costs)  # noqa: S101 - the same factory and bus as above
            drivers[device] = driver
        return drivers[device].costs(device, points)

    return costs


def round_on(bus: BusSettings, devices: Sequence[DeviceSettings]) -> Round | None:
    """Return the visits that ``devices`` need on ``bus``, ``None`` where its driver makes none.

    ``TechnicianMustAct`` where one of them cannot be served.
    """
    driver = driver_factory(bus.type)(bus, devices, SystemClock())
    return driver.rounds() if isinstance(driver, Rounds) else None


def can_scan(bus: BusSettings) -> bool:
    """Tell whether devices on ``bus`` can be looked for. Where no driver serves it, trying to will say why not."""
    try:
        return isinstance(driver_factory(bus.type)(bus, (), SystemClock()), Scans | Searches)
    except TechnicianMustAct:
        return True


def address_of(device: DeviceSettings) -> int | str:
    """Return the address of ``device`` as a person knows it: a meter's number, else its unit."""
    numbers = (device.options.get(key) for key, option in device.profile.options.items() if option.type == "meter")
    return next((number for number in numbers if isinstance(number, str)), device.unit)


def shown(bus: BusSettings) -> str:
    """Return the bus in a few words: its kind, its speed or its address."""
    if isinstance(bus, BleBus):
        return " ".join([bus.type, *bus.adapters])
    if isinstance(bus, OnvifBus):
        return bus.type
    host = getattr(bus, "host", "")
    speed = [str(getattr(bus, name)) for name in ("baud", "format") if hasattr(bus, name)]
    return " ".join([bus.type, *speed, f"{host}:{bus.port}" if host else str(bus.port)])


def bus_at(place: str, form: str, taken: Collection[str], *, meters: bool = False) -> BusSettings | None:
    """Return a bus for a serial port (``/dev/...``), ``host:port`` or a Bluetooth adapter (``hci1``) with a free id;
    ``None`` for anything else.

    ``form`` is the serial format, empty for what is usual there: devices that speak Modbus, or ``meters``.
    """
    host, colon, port = place.rpartition(":")
    if re.fullmatch(r"hci\d+", place):
        return BleBus(id=_free("ble", taken), type="ble", adapters=(place,))
    if "/" in place and meters:
        return MeterSerialBus(id=_free("meters", taken), type="meter-serial", port=place, format=form or "8E1")
    if "/" in place:
        return ModbusRtuBus(id=_free("rs485", taken), type="modbus-rtu", port=place, format=form or "8N1")
    if colon and host and port.isdecimal() and 0 < int(port) < 65536:
        if meters:
            return MeterTcpBus(id=_free("meters", taken), type="meter-tcp", host=host, port=int(port))
        return ModbusTcpBus(id=_free("lan", taken), type="modbus-tcp", host=host, port=int(port))
    return None


def _free(stem: str, taken: Collection[str]) -> str:
    return next(name for number in count(1) if (name := f"{stem}-{number}") not in taken)
