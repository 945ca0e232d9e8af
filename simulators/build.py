"""Turns a community's plan into things: wires, units and mechanics, each wired to its place, nothing started yet."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from config.catalog import CatalogError, load_profile
from config.load import with_habits
from runtime.clock import Clock
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.story import impossible
from simulators.ble.wearables.wearable import Body, Wearable
from simulators.cjt188.meter import GAS, WATER, FlowMeter
from simulators.devices.adam_6060_board import Adam6060Board
from simulators.devices.barrier import Barrier
from simulators.devices.board import Board
from simulators.devices.door import Door
from simulators.devices.lctech_board import LcTechBoard
from simulators.devices.meter import Meter
from simulators.devices.profiled import ProfiledUnit
from simulators.devices.r413d08_board import R413D08Board
from simulators.devices.registers import RegisterBank
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine
from simulators.meters.wires import PortWire, PtyWire
from simulators.modbus.faults import Faults
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from simulators.modbus.unit import Unit
from simulators.onvif.camera import Camera
from simulators.onvif.lan import Lan
from simulators.onvif.plan import CameraPlan, LanPlan, StationPlan
from simulators.plan import (
    AirPlan,
    BarrierPlan,
    BinPlan,
    BoardPlan,
    BusPlan,
    CommunityPlan,
    DevicePlan,
    DoorPlan,
    EnergyMeterPlan,
    FlowMeterPlan,
    MeterLinePlan,
    MeterPlan,
    MeterPortPlan,
    PlanError,
    ProfilePlan,
    RegistersPlan,
    SerialBusPlan,
    TcpBusPlan,
    WearablePlan,
)
from simulators.rtsp.plan import VideosPlan
from simulators.rtsp.server import VideoServer
from simulators.rtsp.videos import Videos

LineWire = TcpWire | SerialWire | PortWire | PtyWire
Wire = LineWire | Neighbourhood | Lan | Videos
UnitDevicePlan = BinPlan | MeterPlan | RegistersPlan | ProfilePlan
Device = (
    Door | Barrier | UltrasonicBin | Meter | RegisterBank | ProfiledUnit | EnergyMeter | FlowMeter | Wearable | Camera
)

_BOARDS: dict[str, type[Board]] = {
    "waveshare-relay-d8": RelayBoard,
    "lctech-8r-d7": LcTechBoard,
    "r413d08": R413D08Board,
    "adam-6060": Adam6060Board,
}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a run changes about a plan, so that many can run side by side.

    ``offset`` is added to every TCP port; ``free_ports`` takes free ones instead. ``directory`` holds the links of
    serial lines. ``scripts`` plays the stories. ``seed`` replaces the plan's.
    """

    offset: int = 0
    free_ports: bool = False
    directory: Path = Path("var/demo")
    scripts: bool = True
    seed: int | None = None


@dataclass(slots=True)
class Things:
    """What a community consists of, by name. ``faults`` has boards and devices; devices of one board share them."""

    wires: dict[str, Wire] = field(default_factory=dict)
    boards: dict[str, Board] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    faults: dict[str, Faults] = field(default_factory=dict)


def build(plan: CommunityPlan, clock: Clock, overrides: Overrides) -> Things:
    """Return the things of ``plan``; ``PlanError`` where two want one place or one names what is not there."""
    things = Things()
    seed = plan.seed if overrides.seed is None else overrides.seed
    for name, bus in plan.buses.items():
        things.wires[name] = _wire(name, bus, clock, overrides)
    for name, board in plan.boards.items():
        unit = _BOARDS[board.model](board.unit, clock)
        _attach(things, name, board, unit, seed)
        things.boards[name] = unit
    for name, device in plan.devices.items():
        try:
            things.devices[name] = _device(things, name, device, clock, seed, overrides)
        except ValueError as error:
            raise PlanError(f"{name}: {error}") from error
    return things


def _wire(name: str, bus: BusPlan, clock: Clock, overrides: Overrides) -> Wire:
    if isinstance(bus, SerialBusPlan):
        line = Line(name)
        line.echo = bus.echo
        return SerialWire(line, clock, overrides.directory / bus.link, form=bus.format, paced=bus.paced)
    if isinstance(bus, AirPlan):
        return Neighbourhood(overrides.directory / bus.link, clock, version=bus.version, adapters=bus.adapters)
    if isinstance(bus, MeterLinePlan):
        return PtyWire(MeterLine(name), clock, overrides.directory / bus.link)
    if isinstance(bus, VideosPlan):
        server = VideoServer({}, host=bus.host, port=_port(bus.port, overrides), user=bus.user, password=bus.password)
        return Videos(overrides.directory / "video", bus.gates, server)
    if isinstance(bus, LanPlan):
        return Lan(host=bus.host, discovery=None if bus.discovery is None else _port(bus.discovery, overrides))
    port = _port(bus.port, overrides)
    if isinstance(bus, MeterPortPlan):
        return PortWire(MeterLine(name), clock, host=bus.host, port=port)
    line = Line(name)
    if isinstance(bus, TcpBusPlan):
        return TcpWire(line, clock, host=bus.host, port=port)
    line.echo = bus.echo
    return TcpWire(line, clock, host=bus.host, port=port, rtu=True, speed=bus.speed, paced=bus.paced)


def _port(port: int, overrides: Overrides) -> int:
    return 0 if overrides.free_ports or not port else port + overrides.offset


def _device(  # long: one branch for each kind of device
    things: Things, name: str, plan: DevicePlan, clock: Clock, seed: int, overrides: Overrides
) -> Device:
    dice = random.Random(f"{seed} {name}")
    match plan:
        case DoorPlan():
            inputs = {str(key): channel for key, channel in plan.inputs.items()}
            board = _board(things, name, plan.board)
            if "contact" not in inputs and board.INPUTS:
                raise PlanError("a door needs the input contact")
            return Door(board, clock, relay=plan.relay, inputs=inputs)
        case BarrierPlan():
            if not {"limit_open", "limit_closed"} <= plan.inputs.keys():
                raise PlanError("a barrier needs the inputs limit_open and limit_closed")
            return Barrier(
                _board(things, name, plan.board),
                clock,
                relays={str(key): channel for key, channel in plan.relays.items()},
                inputs={str(key): channel for key, channel in plan.inputs.items()},
                travel_s=plan.travel,
            )
        case BinPlan():
            unit: UltrasonicBin | Meter | RegisterBank | ProfiledUnit = UltrasonicBin(
                plan.unit, clock, empty_mm=plan.empty_mm, full_mm=plan.full_mm, dice=dice
            )
        case MeterPlan():
            unit = Meter(
                plan.unit,
                clock,
                start_kwh=plan.start_kwh,
                watts=plan.watts,
                count_reads=plan.count_reads,
                dice=dice,
            )
        case RegistersPlan():
            unit = RegisterBank(plan.unit, count=plan.count, moving=plan.moving)
        case ProfilePlan():
            unit = _profiled(plan, clock)
        case EnergyMeterPlan() | FlowMeterPlan():
            return _attach_meter(things, name, plan, clock, seed)
        case WearablePlan():
            return _wearable(things, plan, clock, dice)
        case CameraPlan() | StationPlan():
            return _camera(things, name, plan, clock, overrides)
    _attach(things, name, plan, unit, seed)
    return unit


def _profiled(plan: ProfilePlan, clock: Clock) -> ProfiledUnit:
    try:
        profile = with_habits(load_profile(plan.profile), plan.transport)
        return ProfiledUnit(plan.unit, clock, profile, options=plan.options, values=plan.values)
    except (CatalogError, KeyError) as error:
        raise PlanError(str(error)) from error


def _wearable(things: Things, plan: WearablePlan, clock: Clock, dice: random.Random) -> Wearable:
    wire = things.wires.get(plan.bus)
    if not isinstance(wire, Neighbourhood):
        raise PlanError(f"there is no air {plan.bus}")
    kind = KINDS[plan.model]
    if wrong := impossible(plan.script, kind):
        raise PlanError(f"a {plan.model} has no story {', '.join(sorted(wrong))}")
    irk, key = bytes.fromhex(plan.irk), bytes.fromhex(plan.key)
    made = kind(Body(wire.air, clock, dice, plan.name, plan.address, irk, key, plan.every, plan.rssi, plan.copies))
    if any(isinstance(one, Wearable) and one.address == made.address for one in things.devices.values()):
        raise PlanError(f"the address {made.address} is taken")
    return made


def _camera(things: Things, name: str, plan: CameraPlan | StationPlan, clock: Clock, overrides: Overrides) -> Camera:
    lan = things.wires.get(plan.bus)
    if not isinstance(lan, Lan):
        raise PlanError(f"there is no lan {plan.bus}")
    made = lan.devices[name] = plan.make(clock, name, lan.host, _port(plan.port, overrides))
    return made


def _board(things: Things, name: str, board: str) -> Board:
    if board not in things.boards:
        raise PlanError(f"there is no board {board}")
    if name in things.faults:
        raise PlanError("the name is taken")
    things.faults[name] = things.faults[board]
    return things.boards[board]


def _attach(things: Things, name: str, plan: BoardPlan | UnitDevicePlan, unit: Unit, seed: int) -> None:
    wire, faults = _place(things, name, plan.bus, seed)
    if not isinstance(wire, TcpWire | SerialWire):
        raise PlanError(f"{name}: {plan.bus} is a line of meters")
    faults.speaks = plan.speaks
    try:
        wire.line.add(unit, faults, twin=plan.twin)
    except ValueError as error:
        raise PlanError(f"{name}: {error}") from error
    things.faults[name] = faults


def _attach_meter(
    things: Things, name: str, plan: EnergyMeterPlan | FlowMeterPlan, clock: Clock, seed: int
) -> EnergyMeter | FlowMeter:
    wire, faults = _place(things, name, plan.bus, seed)
    if not isinstance(wire, PortWire | PtyWire):
        raise PlanError(f"{plan.bus} is no line of meters")
    meter: EnergyMeter | FlowMeter
    if isinstance(plan, EnergyMeterPlan):
        meter = EnergyMeter(plan.address, clock, start_kwh=plan.start_kwh, watts=plan.watts)
    else:
        meter = FlowMeter(
            plan.address,
            clock,
            kind=GAS if plan.medium == "gas" else WATER,
            start_m3=plan.start_m3,
            m3h=plan.m3h,
            swapped=plan.swapped,
            travel_s=plan.travel,
        )
    wire.line.add(meter, faults)
    things.faults[name] = faults
    return meter


def _place(things: Things, name: str, bus: str, seed: int) -> tuple[Wire, Faults]:
    if bus not in things.wires:
        raise PlanError(f"{name}: there is no bus {bus}")
    if name in things.faults:
        raise PlanError(f"{name}: the name is taken")
    return things.wires[bus], Faults(dice=random.Random(f"{seed} {name} faults"))
