"""The buses of a file: one owner for each port, and from their forms to settings."""

from collections.abc import Iterator
from collections.abc import Mapping as Named
from typing import TypeAlias

from config.bus_settings import (
    BleBus,
    BusSettings,
    MeterSerialBus,
    MeterTcpBus,
    ModbusRtuBus,
    ModbusRtuTcpBus,
    ModbusTcpBus,
    MqttBus,
    OnvifBus,
)
from config.document import Mapping
from config.form import (
    BleForm,
    BusForm,
    MeterSerialForm,
    MeterTcpForm,
    ModbusRtuForm,
    ModbusRtuTcpForm,
    MqttForm,
    OnvifForm,
)
from config.hidden import Secret
from config.problems import Place, Problem, problem
from config.radios import check_adapters

_MODBUS_PORT = 502

Secrets: TypeAlias = Named[str, Secret]


def check_buses(tree: Mapping) -> Iterator[Problem]:
    """Check that no two buses want one serial port or one address on the network, and that ports keep their names."""
    owners: dict[str, str] = {}
    buses = tree.mapping("buses")
    yield from check_adapters(buses)
    for name in buses.entries:
        found = _end(buses.mapping(name))
        if found is None:
            continue
        port, place = found
        other = owners.setdefault(port, name)
        if other != name:
            yield problem("E201", place, port=port, other=other)
        if port.startswith(("/dev/ttyUSB", "/dev/ttyACM")):
            yield problem("W201", place, port=port)


def _end(bus: Mapping) -> tuple[str, Place] | None:
    """Return the port or address that a bus has to itself, and where it is written; ``None`` where it is missing, and
    for a broker, which serves everybody.
    """
    if bus.text("type") == "mqtt":
        return None
    host, port = bus.text("host"), bus.get("port")
    if host is None:
        serial = bus.text("port")
        return None if serial is None else (serial, bus.entries["port"].place)
    if port is None and bus.text("type") != "modbus-tcp":
        return None
    number = _MODBUS_PORT if port is None else port.value
    return f"{host.lower()}:{number}", bus.entries["host"].place


def bus_settings(name: str, bus: BusForm, secrets: Secrets) -> BusSettings:
    """Return the bus called ``name`` as programs hold it, given the file's secrets by name."""
    if isinstance(bus, MqttForm):
        password = secrets[bus.password] if bus.password else None
        return MqttBus(
            id=name, type=bus.type, host=bus.host, port=bus.port, username=bus.username, password=password,
            tls=bus.tls, timeout_s=bus.timeout,
        )  # fmt: skip
    if isinstance(bus, BleForm):
        return BleBus(
            id=name, type=bus.type, adapters=tuple(bus.adapters), passive=bus.passive, slots=bus.slots,
            deaf_s=bus.deaf, timeout_s=bus.timeout,
        )  # fmt: skip
    if isinstance(bus, OnvifForm):
        return OnvifBus(id=name, type=bus.type, timeout_s=bus.timeout, push_host=bus.push_host, push_port=bus.push_port)
    gap = round(bus.gap * 1000)
    match bus:
        case ModbusRtuForm():
            return ModbusRtuBus(
                id=name, type=bus.type, port=bus.port, baud=bus.baud, format=bus.format,
                timeout_s=bus.timeout, gap_ms=gap, settle_s=bus.settle, turnaround_s=bus.turnaround,
            )  # fmt: skip
        case ModbusRtuTcpForm():
            return ModbusRtuTcpBus(
                id=name, type=bus.type, host=bus.host, port=bus.port, baud=bus.baud, format=bus.format,
                timeout_s=bus.timeout, gap_ms=gap, settle_s=bus.settle, turnaround_s=bus.turnaround,
            )  # fmt: skip
        case MeterSerialForm():
            return MeterSerialBus(
                id=name, type=bus.type, port=bus.port, baud=bus.baud, format=bus.format,
                timeout_s=bus.timeout, gap_ms=gap, settle_s=bus.settle,
            )  # fmt: skip
        case MeterTcpForm():
            return MeterTcpBus(
                id=name, type=bus.type, host=bus.host, port=bus.port,
                timeout_s=bus.timeout, gap_ms=gap, settle_s=bus.settle,
            )  # fmt: skip
    return ModbusTcpBus(
        id=name, type=bus.type, host=bus.host, port=bus.port, timeout_s=bus.timeout, gap_ms=gap, settle_s=bus.settle
    )
