"""Makes the small configuration of these tests: one door and one bin on one bus, and a rule for each."""

from config.bus_settings import ModbusTcpBus
from config.catalog import load_profile
from config.settings import DeviceSettings, GatewaySettings, HealthSettings, RuleSettings, SiteSettings
from edge_agent.plan import SitePlan, plan_site

DOOR_HELD_OPEN = RuleSettings(
    id="door_held_open",
    kind="access_door",
    when="door_state == open",
    level="yellow",
    for_s=10.0,
    clear="door_state == closed",
    devices=("door-1",),
    say={"zh": "{name} 长时间未关", "en": "{name} is held open"},
)
BIN_FULL = RuleSettings(
    id="bin_full",
    kind="smart_bin",
    when="fill_pct >= 80",
    level="blue",
    clear="fill_pct < 20",
    devices=("bin-1",),
    say={"zh": "{name} 已满", "en": "{name} is full"},
)


def plan(
    *, digest: str = "0123456789ab", rules: tuple[RuleSettings, ...] = (DOOR_HELD_OPEN, BIN_FULL), every_s: float = 1.0
) -> SitePlan:
    """Return the plan of ``settings`` with the same arguments."""
    return plan_site(settings(digest=digest, rules=rules, every_s=every_s))


def settings(
    *, digest: str = "0123456789ab", rules: tuple[RuleSettings, ...] = (DOOR_HELD_OPEN, BIN_FULL), every_s: float = 1.0
) -> GatewaySettings:
    """Return a whole configuration; ``digest`` stands for the hash of its file."""
    door = DeviceSettings(
        id="door-1",
        name="1号楼门",
        bus="lan",
        unit=1,
        profile=load_profile("door/waveshare-relay-d8"),
        every_s=every_s,
        options={"relay": 1, "inputs": {"contact": 1}},
    )
    waste = DeviceSettings(
        id="bin-1",
        name="东门垃圾桶",
        bus="lan",
        unit=11,
        profile=load_profile("bin/dfrobot-sen0310"),
        every_s=every_s,
        options={"empty_mm": 1100, "full_mm": 250},
    )
    return GatewaySettings(
        version=1,
        hash=digest,
        site=SiteSettings(code="test-gate", name="测试小区"),
        health=HealthSettings(port=0),
        buses=(ModbusTcpBus(id="lan", type="modbus-tcp", host="127.0.0.1", port=1),),
        devices=(door, waste),
        rules=rules,
    )
