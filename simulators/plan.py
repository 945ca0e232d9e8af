"""The YAML of a pretend community, checked: its buses and what hangs on them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from config.bus_settings import SERIAL_FORMAT
from config.form import TransportForm
from simulators.modbus.speed import Speed
from simulators.onvif.plan import CameraPlan, LanPlan, StationPlan
from simulators.rtsp.plan import VideosPlan
from simulators.stories import (
    BarrierScript,
    BinScript,
    DoorScript,
    Part,
    Seconds,
    SpeedText,
    UnitScript,
    WearableScript,
)

Address = Annotated[int, Field(ge=1, le=255)]
Channel = Annotated[int, Field(ge=1, le=8)]
Known = bool | int | float | str


class PlanError(ValueError):
    """The community's file cannot be played; the message says where and why."""


class TcpBusPlan(Part):
    """A Modbus TCP server on loopback."""

    type: Literal["modbus-tcp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class RtuTcpBusPlan(Part):
    """A transparent serial server on loopback: RTU frames over TCP. ``paced``: at the pace of its serial ``speed``."""

    type: Literal["modbus-rtu-tcp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    speed: SpeedText = Speed(9600)
    paced: bool = False
    echo: bool = False


class SerialBusPlan(Part):
    """A pseudo-terminal; ``link`` is its name in the directory for links. The baud rate is the client's; ``format``
    says what it cannot. ``echo``: the client hears itself.
    """

    type: Literal["modbus-rtu"]
    link: str
    format: Annotated[str, Field(pattern=f"^{SERIAL_FORMAT}$")] = "8N1"
    paced: bool = False
    echo: bool = False


class MeterPortPlan(Part):
    """A transparent serial server on loopback in front of a line of meters."""

    type: Literal["meter-tcp", "dlt645-tcp", "cjt188-tcp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class MeterLinePlan(Part):
    """A pseudo-terminal in front of a line of meters."""

    type: Literal["meter-serial", "dlt645-serial", "cjt188-serial"]
    link: str


class AirPlan(Part):
    """The air of a neighbourhood and an emulated Bluetooth daemon that hears it, with ``adapters``, on a private
    message bus whose socket is in ``link``, a folder of the directory for links. ``version`` is whose manners it has.
    """

    type: Literal["ble"]
    link: str = "ble"
    version: Literal["5.66", "5.82"] = "5.82"
    adapters: Annotated[tuple[str, ...], Field(min_length=1)] = ("hci0",)


class _UnitPlan(Part):
    """``speaks`` is its own speed where it differs from the line's; ``twin``: it has another's address by mistake."""

    bus: str
    unit: Address
    speaks: SpeedText | None = None
    twin: bool = False


class BoardPlan(_UnitPlan):
    """A relay board that doors and barriers are wired to."""

    model: Literal["waveshare-relay-d8", "lctech-8r-d7", "r413d08", "adam-6060"] = "waveshare-relay-d8"
    script: UnitScript = UnitScript()


class DoorPlan(Part):
    """A door on a board: its relay and, by name, its inputs, of which ``contact`` is one if the board has any."""

    model: Literal["door"]
    board: str
    relay: Channel
    inputs: dict[Literal["contact", "exit_button", "fire_input", "tamper"], Channel] = Field(default_factory=dict)
    script: DoorScript = DoorScript()


class BarrierPlan(Part):
    """A barrier on a board."""

    model: Literal["barrier"]
    board: str
    relays: dict[Literal["up", "down", "stop"], Channel]
    inputs: dict[Literal["limit_open", "limit_closed", "loop_front", "loop_under"], Channel]
    travel: Seconds = 3.0
    script: BarrierScript = BarrierScript()


class BinPlan(_UnitPlan):
    """A bin with its sensor."""

    model: Literal["ultrasonic-bin"]
    empty_mm: int = 1100
    full_mm: int = 250
    script: BinScript = BinScript()


class MeterPlan(_UnitPlan):
    """An electricity meter."""

    model: Literal["meter"]
    start_kwh: float = 100.0
    watts: float = 800.0
    count_reads: bool = False
    script: UnitScript = UnitScript()


class EnergyMeterPlan(Part):
    """An electricity meter that speaks DL/T 645."""

    model: Literal["dlt645"]
    bus: str
    address: Annotated[str, Field(pattern=r"^\d{12}$")]
    start_kwh: float = 100.0
    watts: float = 800.0
    script: UnitScript = UnitScript()


class FlowMeterPlan(Part):
    """A water or gas meter that speaks CJ/T 188; ``swapped`` is a maker who writes identifiers the other way round."""

    model: Literal["cjt188"]
    bus: str
    address: Annotated[str, Field(pattern=r"^\d{14}$")]
    medium: Literal["water", "gas"] = "water"
    start_m3: float = 100.0
    m3h: float = 0.3
    swapped: bool = False
    travel: Seconds = 5.0
    script: UnitScript = UnitScript()


class RegistersPlan(_UnitPlan):
    """A plain bank of registers."""

    model: Literal["registers"]
    count: Annotated[int, Field(ge=1, le=65536)] = 20
    moving: bool = True
    script: UnitScript = UnitScript()


class ProfilePlan(_UnitPlan):
    """Any product of ``config/profiles``, wired as ``options`` say and with the habits of ``transport`` (both as in a
    gateway's file), showing ``values``.
    """

    model: Literal["profile"]
    profile: str
    options: dict[str, Known | dict[str, int]] = Field(default_factory=dict)
    transport: TransportForm = TransportForm()
    values: dict[str, Known] = Field(default_factory=dict)
    script: UnitScript = UnitScript()


class WearablePlan(Part):
    """Something that sends into the air. ``address``: its own; where it is empty it is drawn, or made of ``irk`` (hex)
    and changes. ``key`` (hex) seals what sensors of homes send. ``name`` is what it is called in the air, ``every`` its
    pace, ``rssi`` (dBm) how well it is heard near by, ``copies`` how often each advertisement is sent.
    """

    model: Literal[
        "hr-band",
        "mi-band",
        "fall-band",
        "sos-pendant",
        "bthome-button",
        "bthome-door",
        "bthome-motion",
        "bthome-thermometer",
        "mibeacon-motion",
        "ibeacon",
        "altbeacon",
        "eddystone-tlm",
        "blood-pressure-cuff",
        "thermometer",
        "pulse-oximeter",
        "weight-scale",
        "phone",
        "television",
        "noise",
    ]
    bus: str
    address: Annotated[str, Field(pattern=r"^([0-9A-F]{2}(:[0-9A-F]{2}){5})?$")] = ""
    irk: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{32})?$")] = ""
    key: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{32})?$")] = ""
    name: str = ""
    every: Annotated[Seconds, Field(gt=0)] | None = None
    rssi: Annotated[int, Field(ge=-100, le=0)] = -60
    copies: Annotated[int, Field(ge=1, le=10)] = 1
    script: WearableScript = WearableScript()


DevicePlan = Annotated[
    DoorPlan
    | BarrierPlan
    | BinPlan
    | MeterPlan
    | RegistersPlan
    | ProfilePlan
    | EnergyMeterPlan
    | FlowMeterPlan
    | WearablePlan
    | CameraPlan
    | StationPlan,
    Field(discriminator="model"),
]
BusPlan = Annotated[
    TcpBusPlan | RtuTcpBusPlan | SerialBusPlan | MeterPortPlan | MeterLinePlan | AirPlan | LanPlan | VideosPlan,
    Field(discriminator="type"),
]


class CommunityPlan(Part):
    """A whole community. ``seed`` fixes everything that is drawn by lot."""

    site: str
    seed: int = 1
    buses: dict[str, BusPlan]
    boards: dict[str, BoardPlan] = Field(default_factory=dict)
    devices: dict[str, DevicePlan]


def load_plan(path: Path) -> CommunityPlan:
    """Return the plan in ``path``; ``PlanError`` with every mistake if it is none, ``OSError`` if it cannot be read."""
    try:
        return CommunityPlan.model_validate(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))
    except YAMLError as error:
        raise PlanError(f"{path}: {error}") from error
    except ValidationError as error:
        lines = (f"  {'.'.join(map(str, mistake['loc']))}: {mistake['msg']}" for mistake in error.errors())
        raise PlanError("\n".join((f"{path}:", *lines))) from error
