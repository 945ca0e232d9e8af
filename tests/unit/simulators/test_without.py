"""The demonstration without some of it: what is left is whole."""

from pathlib import Path

import pytest

from config.load import load
from simulators.demo.stage import COMMUNITY, CONFIG
from simulators.demo.without import AIR, CAMERAS, without
from simulators.plan import load_plan


@pytest.mark.parametrize("kinds", [AIR, CAMERAS, AIR | CAMERAS])
def test_what_is_left_can_be_played_and_run(kinds: frozenset[str], tmp_path: Path) -> None:
    community, gateway = tmp_path / "community.yaml", tmp_path / "gateway.yaml"
    community.write_text(without(COMMUNITY.read_text("utf-8"), kinds), "utf-8")
    gateway.write_text(without(CONFIG.read_text("utf-8"), kinds), "utf-8")
    plan = load_plan(community)
    assert not {bus.type for bus in plan.buses.values()} & kinds
    assert "gate-1" in plan.devices
    codes = {each.code for each in load(gateway).problems if each.code.startswith("E")}
    assert codes <= {"E302", "E137"}  # the stage brings secrets and lists
    if kinds >= CAMERAS:
        assert not codes
