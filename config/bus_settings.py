"""The buses that a gateway runs on, as its file says them, checked: one class for each kind of line."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.hidden import Secret

SERIAL_FORMAT = r"[78][NEO][12]"
"""Data bits, parity, stop bits."""


@dataclass(frozen=True, kw_only=True)
class ModbusTcpBus:
    """A Modbus TCP server or gateway. ``timeout_s`` is for one answer; ``gap_ms`` silence between requests;
    ``settle_s`` what is waited after the connection is made.
    """

    id: str
    type: Literal["modbus-tcp"]
    host: str
    port: int = 502
    timeout_s: float = 1.0
    gap_ms: int = 0
    settle_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ModbusRtuBus:
    """A serial line. ``format`` is data bits, parity (N, E, O), stop bits. ``turnaround_s`` is what the devices get to
    digest a broadcast; the rest as for ``ModbusTcpBus``.
    """

    id: str
    type: Literal["modbus-rtu"]
    port: str
    baud: int = 9600
    format: str = "8N1"
    timeout_s: float = 1.0
    gap_ms: int = 0
    settle_s: float = 0.0
    turnaround_s: float = 0.1


@dataclass(frozen=True, kw_only=True)
class ModbusRtuTcpBus:
    """RTU frames over TCP: ``baud`` and ``format`` are the serial server's; the rest as for ``ModbusRtuBus``."""

    id: str
    type: Literal["modbus-rtu-tcp"]
    host: str
    port: int
    baud: int = 9600
    format: str = "8N1"
    timeout_s: float = 1.0
    gap_ms: int = 0
    settle_s: float = 0.0
    turnaround_s: float = 0.1


@dataclass(frozen=True, kw_only=True)
class MeterSerialBus:
    """A serial line of meters: of one protocol, or of both (``meter-serial``), where each device's profile says which.
    Both standards ship at 2400 8E1. ``timeout_s`` is for one answer; ``gap_ms`` silence between questions;
    ``settle_s`` what is waited after the connection is made.
    """

    id: str
    type: Literal["meter-serial", "dlt645-serial", "cjt188-serial"]
    port: str
    baud: int = 2400
    format: str = "8E1"
    timeout_s: float = 2.0
    gap_ms: int = 0
    settle_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class MeterTcpBus:
    """The same line behind a serial server that passes its bytes through TCP; the rest as for ``MeterSerialBus``."""

    id: str
    type: Literal["meter-tcp", "dlt645-tcp", "cjt188-tcp"]
    host: str
    port: int
    timeout_s: float = 2.0
    gap_ms: int = 0
    settle_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class MqttBus:
    """A local MQTT 5 broker that devices publish to. ``timeout_s`` is for connecting and for the broker's receipts."""

    id: str
    type: Literal["mqtt"]
    host: str
    port: int = 1883
    username: str = ""
    password: Secret | None = None
    tls: bool = False
    timeout_s: float = 3.0


@dataclass(frozen=True, kw_only=True)
class BleBus:
    """The Bluetooth radios of this box: each of ``adapters`` (``hci0``, or an adapter's own address) hears for all
    devices of the bus.

    ``passive``: devices are not asked for their scan responses. An adapter holds ``slots`` connections at once; one
    that hears nothing at all for ``deaf_s`` is taken for deaf. ``timeout_s`` is for one attempt to connect.
    """

    id: str
    type: Literal["ble"]
    adapters: tuple[str, ...] = ("hci0",)
    passive: bool = False
    slots: int = 5
    deaf_s: float = 90.0
    timeout_s: float = 20.0


@dataclass(frozen=True, kw_only=True)
class OnvifBus:
    """The cameras and door stations of one network. ``timeout_s`` is for one answer; those that call the box do so at
    ``push_port`` of ``push_host`` (0: nobody may).
    """

    id: str
    type: Literal["onvif"]
    timeout_s: float = 5.0
    push_host: str = "0.0.0.0"  # noqa: S104 - whom it answers is checked by source and by secret path
    push_port: int = 0


ModbusBus: TypeAlias = ModbusTcpBus | ModbusRtuBus | ModbusRtuTcpBus
MeterBus: TypeAlias = MeterSerialBus | MeterTcpBus
BusSettings: TypeAlias = ModbusBus | MeterBus | MqttBus | BleBus | OnvifBus
