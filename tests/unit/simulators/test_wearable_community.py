"""A community whose file has wearables: steered by name, calm when told to, and refused where it makes no sense."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from runtime.testing import FakeClock
from simulators.ble.air import Broadcast
from simulators.ble.bus import bus_installed
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.kinds import KINDS
from simulators.build import Overrides, build
from simulators.community import Community
from simulators.control import BadOrderError, obey
from simulators.plan import CommunityPlan, PlanError, load_plan
from simulators.stories import WearableScript

FILE = """site: x
buses:
  ble: {type: ble}
devices:
  sos-1: {model: sos-pendant, bus: ble, address: "C0:11:22:33:44:01", script: {presses: {after: 5s, every: 20s}}}
  band-1:
    model: fall-band
    bus: ble
    script: {falls: {after: 8s}, taken_off: {after: 30s, for: 10s}, garbled: {after: 50s, for: 5s}}
  band-2: {model: hr-band, bus: ble, irk: "000102030405060708090a0b0c0d0e0f", script: {rotates: {after: 3s}}}
  cuff-1: {model: blood-pressure-cuff, bus: ble, name: Cuff, script: {measures: {after: 10s}}}
  door-1:
    model: bthome-door
    bus: ble
    key: "00000000000000000000000000000000"
    script: {opened: {after: 4s, for: 9s}}
"""


def plan(tmp_path: Path, text: str = FILE) -> CommunityPlan:
    file = tmp_path / "community.yaml"
    file.write_text(text, "utf-8")
    return load_plan(file)


class Ear:
    def __init__(self) -> None:
        self.got: list[Broadcast] = []

    def heard(self, broadcast: Broadcast) -> None:
        self.got.append(broadcast)

    def vanished(self, address: str) -> None:
        pass


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("{model: sos-pendant, bus: lan}", "there is no air lan"),
        ("{model: hr-band, bus: ble, script: {presses: {after: 1s}}}", "a hr-band has no story presses"),
        ('{model: hr-band, bus: ble, address: "C0:11:22:33:44:01"}', "the address C0:11:22:33:44:01 is taken"),
        ("{model: hr-band, bus: ble, irk: abc}", "irk"),
        ("{model: meter, bus: ble, unit: 1}", "is a line of meters"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, device: str, says: str) -> None:
    text = f"{FILE}  more: {device}\n"
    with pytest.raises(PlanError, match=says):
        build(plan(tmp_path, text), FakeClock(), Overrides(directory=tmp_path))


needs_bus = pytest.mark.skipif(not bus_installed(), reason="dbus-daemon is not installed")


@needs_bus
async def test_a_community_plays_its_wearables_and_is_calm_when_told_to(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()
    async with Community(plan(tmp_path), clock, Overrides(directory=tmp_path)) as community:
        community.air("ble").air.listen(ear)
        await clock.advance(70)
        told = await _truths(community)
        assert [(one["what"], one["number"]) for one in told["sos-1"]["happened"]] == [("sos", n) for n in (1, 2, 3, 4)]
        assert [one["what"] for one in told["band-1"]["happened"]] == ["fall"]
        assert [one["what"] for one in told["cuff-1"]["happened"]] == ["measured"]
        assert [one["what"] for one in told["door-1"]["happened"]] == ["opened", "closed"]
        assert await obey(community, {"device": "band-1", "do": "press"}) == 2
        quiet = asyncio.create_task(obey(community, {"do": "calm"}))
        await clock.advance(3.5)
        await quiet
        await clock.advance(60)
        after = await _truths(community)
        assert len(after["sos-1"]["happened"]) == 4
        assert [one["aired"] > 0 for one in after["band-1"]["happened"]] == [True, True]
        assert not after["band-1"]["calling"]
    assert len({one.address for one in ear.got}) == 6


@needs_bus
async def test_its_bluetooth_is_steered_by_name(tmp_path: Path) -> None:
    async with Community(plan(tmp_path), FakeClock(), Overrides(directory=tmp_path, scripts=False)) as community:
        assert community.bluetooth == {"ble": f"unix:path={tmp_path}/ble/bus"}
        air = community.air("ble")
        await obey(community, {"bus": "ble", "do": "kill_bluetooth"})
        assert not air.bluez.runs
        await obey(community, {"bus": "ble", "do": "start_bluetooth"})
        assert air.bluez.runs
        faults = await obey(community, {"bus": "ble", "do": "faults", "args": {"slots": 3}})
        assert (faults["slots"], faults["version"]) == (3, "5.82")
        await obey(community, {"bus": "ble", "do": "unplug"})
        await obey(community, {"bus": "ble", "do": "plug_in"})
        with pytest.raises(BadOrderError, match="an air or a video can"):
            await obey(community, {"bus": "ble", "do": "freeze"})
        with pytest.raises(TypeError):
            community.bus("ble")


async def _truths(community: Community) -> dict[str, Any]:
    found: dict[str, Any] = (await obey(community, {"do": "truth"}))["devices"]
    return found


def test_the_manual_names_every_model_story_and_deed() -> None:
    manual = (Path(__file__).parents[3] / "simulators" / "ble" / "README.md").read_text("utf-8")
    words = set(re.findall(r"`([a-z][a-z_-]*)`", manual))
    deeds = set().union(*(kind.deeds for kind in KINDS.values()))
    assert KINDS.keys() | WearableScript.model_fields.keys() | deeds | Neighbourhood.deeds <= words
