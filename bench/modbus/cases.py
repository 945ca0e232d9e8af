"""The lines that are measured: who hangs on each, how often it is asked, and the configuration that says so."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from config.address import Text
from config.bus_settings import ModbusRtuBus
from config.catalog import load_profile
from config.command_map import Argument, ArgumentRange, CommandMap, Write
from config.profile import Profile, RegisterPoint
from config.settings import DeviceSettings, GatewaySettings, HealthSettings, RuleSettings, SiteSettings
from config.transport import Transport
from edge_agent.plan import DevicePlan, PointPlan, SitePlan, plan_site

GATEWAY = "330402-bench"
BUS = "rs485-1"
BAUD = 9600
ANSWER_S = 0.005
"""What each device thinks before it answers."""

DEAD_UNIT = 5
WRITTEN_REGISTER = 1
REGISTERS = {"bank": 100, "few": 2}
"""So many has a bank of either kind, all of which are points."""

CONTACT = 1
"""The input of its board that a door's contact is wired to."""

Kind = Literal["door", "bin", "meter", "bank", "few"]

_PROFILES: dict[Kind, str] = {
    "door": "door/waveshare-relay-d8",
    "bin": "bin/dfrobot-sen0310",
    "meter": "meter/eastron-sdm120",
}
_OPTIONS: dict[Kind, dict[str, int | dict[str, int]]] = {
    "door": {"relay": 1, "inputs": {"contact": CONTACT}},
    "bin": {"empty_mm": 1100, "full_mm": 250},
}


@dataclass(frozen=True)
class Member:
    """One device on the line; ``every_s`` is the period of all its points."""

    kind: Kind
    unit: int
    every_s: float

    @property
    def id(self) -> str:
        """Return its name."""
        return f"{self.kind}-{self.unit}"


@dataclass(frozen=True)
class Case:
    """``dead``: one of the members stops answering a few seconds after the start. ``flips``: the doors open and shut.
    ``writes``: a register of the bank is written again and again.
    """

    members: tuple[Member, ...]
    dead: bool = False
    flips: bool = False
    writes: bool = False


def _all(kind: Kind, units: range, every_s: float) -> tuple[Member, ...]:
    return tuple(Member(kind, unit, every_s) for unit in units)


_AT_ONCE_S = 0.02
CASES = {
    "requests": Case((Member("bank", 1, 0.5),)),
    "dead": Case(_all("bin", range(1, 17), 1.0), dead=True),
    "write": Case((*_all("bin", range(1, 16), 0.2), Member("few", 16, 0.2)), writes=True),
    "oversubscribed": Case(_all("bin", range(1, 17), 0.2)),
    "frames": Case(
        (
            *_all("door", range(1, 3), _AT_ONCE_S),
            *_all("bin", range(3, 9), _AT_ONCE_S),
            *_all("meter", range(9, 13), _AT_ONCE_S),
        )
    ),
    "doors": Case(
        (*_all("door", range(1, 3), 0.2), *_all("bin", range(3, 9), 10.0), *_all("meter", range(9, 13), 10.0)),
        flips=True,
    ),
}


def line_plan(case: Case, port: str) -> SitePlan:
    """Return the plan of a gateway whose only line is the serial one at ``port``."""
    bins = tuple(member.id for member in case.members if member.kind == "bin")
    settings = GatewaySettings(
        version=1,
        hash="bench0000000",
        site=SiteSettings(code=GATEWAY, name="测速小区"),
        health=HealthSettings(port=0),
        buses=(ModbusRtuBus(id=BUS, type="modbus-rtu", port=port, baud=BAUD, timeout_s=1.0),),
        devices=tuple(_settings(member) for member in case.members),
        rules=(_rule(bins),) if bins else (),
    )
    plan = plan_site(settings)
    banks = {member.id: _bank_plan(member) for member in case.members if member.kind in REGISTERS}
    return SitePlan(settings, {**plan.devices, **banks})


def _settings(member: Member) -> DeviceSettings:
    return DeviceSettings(
        id=member.id,
        name=member.id,
        bus=BUS,
        unit=member.unit,
        profile=load_profile(_PROFILES[member.kind]) if member.kind in _PROFILES else _bank(member.kind),
        every_s=member.every_s,
        options={**_OPTIONS.get(member.kind, {})},
    )


def _rule(devices: tuple[str, ...]) -> RuleSettings:
    say = {"zh": "{name} 已满", "en": "{name} is full"}
    return RuleSettings(
        id="full",
        kind="smart_bin",
        when="fill_pct >= 80",
        clear="fill_pct < 20",
        level="blue",
        devices=devices,
        say=say,
    )


def _bank_plan(member: Member) -> DevicePlan:
    points = (PointPlan(key, "int", "", (), member.every_s, on_change=False) for key in _keys(member.kind))
    return DevicePlan(member.id, BUS, tuple(points), member.unit)


def _keys(kind: Kind) -> list[str]:
    return [f"r{number:02}" for number in range(REGISTERS[kind])]


@cache
def _bank(kind: Kind) -> Profile:
    """Registers, of which one can be written; no class of the catalogue has so many numbers."""
    return Profile(
        id=f"bench/{kind}",
        kind="electric_meter",
        product=Text(zh="测速寄存器", en="registers to measure"),
        manual=(),
        driver="modbus",
        transport=Transport(buses=("modbus-rtu",)),
        points=tuple(
            RegisterPoint(key=key, table="holding_register", address=at) for at, key in enumerate(_keys(kind))
        ),
        commands={
            "set": CommandMap(
                writes=(Write(kind="register", address=WRITTEN_REGISTER, value=Argument(arg="value")),),
                args={"value": ArgumentRange(range=(0, 65535), default=0)},
            )
        },
    )
