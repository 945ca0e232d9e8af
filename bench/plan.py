"""The site that is measured: devices of twenty registers, each behind its own TCP server, under three rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.address import Text
from config.bus_settings import ModbusTcpBus
from config.profile import Profile, RegisterPoint
from config.settings import DeviceSettings, GatewaySettings, HealthSettings, RuleSettings, SiteSettings
from config.transport import Transport
from edge_agent.plan import DevicePlan, PointPlan, SitePlan

GATEWAY = "330402-bench"
REGISTERS = 20

_RULES = (
    ("high", "r01 >= 60000", None, 0.0),
    ("both", "r02 >= 30000 and r03 >= 30000", None, 60.0),
    ("rises", "r04 >= 200", "r04 < 100", 0.0),
)
"""Id, ``when``, ``clear`` and ``for`` in seconds. Every value changes with every poll, so each is judged at each poll;
the last one raises one alert on every device that was polled two hundred times."""


@dataclass(frozen=True)
class Case:
    """``period_s`` is how often each device is asked. ``dressed``: every value is scaled and checked against the
    product's and the catalogue's span, as an electricity meter's are; else they are taken as they come.
    """

    period_s: float
    dressed: bool = False


def make_plan(case: Case, ports: Sequence[int]) -> SitePlan:
    """Return what the agent makes of a configuration file, for one device on each of ``ports``."""
    profile = _profile(case)
    devices = tuple(
        DeviceSettings(
            id=f"device-{number}", name=f"{number}号设备", bus=f"lan-{number}", unit=1, profile=profile, options={}
        )
        for number, _ in enumerate(ports)
    )
    buses = tuple(
        ModbusTcpBus(id=f"lan-{number}", type="modbus-tcp", host="127.0.0.1", port=port, timeout_s=5.0)
        for number, port in enumerate(ports)
    )
    settings = GatewaySettings(
        version=1,
        hash="bench0000000",
        site=SiteSettings(code=GATEWAY, name="测速小区"),
        health=HealthSettings(port=0),
        buses=buses,
        devices=devices,
        rules=tuple(_rule(one, tuple(device.id for device in devices)) for one in _RULES),
    )
    points = tuple(_point(point.key, case) for point in profile.points)
    plans = {device.id: DevicePlan(device.id, device.bus, points) for device in devices}
    return SitePlan(settings, plans)


def _profile(case: Case) -> Profile:
    keys = [f"r{number + 1:02}" for number in range(REGISTERS)]
    points = tuple(
        RegisterPoint(key=key, table="holding_register", address=address, scale=0.1, plausible=(0, 6553.5))
        if case.dressed
        else RegisterPoint(key=key, table="holding_register", address=address)
        for address, key in enumerate(keys)
    )
    return Profile(
        id="bench/registers",
        kind="electric_meter",
        product=Text(zh="测速寄存器", en="registers to measure"),
        manual=(),
        driver="modbus",
        transport=Transport(buses=("modbus-tcp",)),
        points=points,
    )


def _point(key: str, case: Case) -> PointPlan:
    low, high = (0.0, 6553.5) if case.dressed else (None, None)
    kind = "float" if case.dressed else "int"
    return PointPlan(key, kind, "", (), case.period_s, on_change=False, low=low, high=high)


def _rule(rule: tuple[str, str, str | None, float], devices: tuple[str, ...]) -> RuleSettings:
    name, when, clear, for_s = rule
    say = {"zh": "{name} {r04}", "en": "{name} {r04}"}
    return RuleSettings(
        id=name, kind="electric_meter", when=when, clear=clear, for_s=for_s, level="blue", devices=devices, say=say
    )
