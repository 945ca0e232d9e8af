"""Where people are stays on the box, unless its file says otherwise; what names a device never leaves it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from structlog.testing import capture_logs

from config.bus_settings import BusSettings, MqttBus
from config.catalog import load_profile
from config.hidden import Secret
from config.settings import (
    DeviceFacts,
    DeviceSettings,
    GatewaySettings,
    PrivacySettings,
    RuleSettings,
    SiteFacts,
    SiteSettings,
)
from edge_agent.buffer import Buffer
from edge_agent.inventory import make_inventory
from edge_agent.plan import plan_site
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.teller import FakeTeller
from wire.alert import AlertState
from wire.chunk import Content
from wire.codec import encode, unseal
from wire.event import Event
from wire.reading import Batch
from wire.status import DeviceStatus

MAC, IRK, BINDKEY = "C4:7C:8D:6A:12:34", "00112233445566778899aabbccddeeff", "231d39c1d7cc1ab1aee224cd096db932"
NEAR = RuleSettings(
    id="near_the_gate",
    kind="wearable_band",
    when="rssi_dbm >= -50",
    level="blue",
    devices=("band-1",),
    say={"zh": "{name} 在门口", "en": "{name} is at the gate"},
)
SOS = RuleSettings(
    id="sos",
    kind="wearable_band",
    when="event sos_pressed",
    level="red",
    latch=True,
    devices=("band-1",),
    say={"zh": "{name} 呼救", "en": "{name} calls for help"},
)


def settings(whereabouts: Literal["local", "alarms", "share"] = "local") -> GatewaySettings:
    band = DeviceSettings(
        id="band-1",
        name="手环 7",
        bus="radio",
        unit=0,
        profile=load_profile("band/json"),
        options={"id": "band-1", "base": "linli", "mac": MAC},
        secrets={"irk": Secret(IRK), "bindkey": Secret(BINDKEY)},
    )
    return GatewaySettings(
        version=1,
        hash="0123456789ab",
        site=SiteSettings(code="site-1", name="示例社区"),
        buses=(MqttBus(id="radio", type="mqtt", host="localhost"),),
        devices=(band,),
        rules=(NEAR, SOS),
        facts=SiteFacts(devices={"band-1": DeviceFacts(person="P-007")}),
        privacy=PrivacySettings(whereabouts=whereabouts),
    )


class _Box:
    """What went into the buffer of a box whose band told something, and all else that could leave it."""

    def __init__(self, contents: list[Content], status: list[DeviceStatus], logs: Sequence[object]) -> None:
        self.contents, self.status, self.logs = contents, status, logs
        self.points = {point for content in contents for batch in content.batches for point in batch.points}
        self.events = [event for content in contents for event in content.events]
        self.alerts = [change for content in contents for change in content.alerts if change.state is AlertState.RAISED]


async def told_by(folder: Path, made: GatewaySettings) -> _Box:
    """Run a site on ``made`` with a band that is near, presses and leaves; return what that left behind."""
    clock, teller = FakeClock(), FakeTeller()
    buffer = await Buffer.open(folder / "buffer.db", clock)

    def make_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> FakeTeller:
        return teller

    with capture_logs() as logs:
        site = CurrentSite(plan_site(made), "g-1", buffer, Timekeeper(clock, synced=lambda: True), make_driver)
        await site.remember()
        task = asyncio.create_task(site.run())
        while not teller.is_open:
            await clock.advance(0.25)
            await buffer.alive()
        await clock.advance(1)
        try:
            at = clock.now()
            points, values = ("heart_rate_bpm", "rssi_dbm"), (72, -44)
            await teller.tell(
                Batch("band-1", at, points, values),
                Event("41", "band-1", "sos_pressed", at, {"seq": 41, "rssi_dbm": -44}),
                Event("42", "band-1", "out_of_range", at + 1),
            )
            assert teller.safe is not None
            await teller.safe
            status = [DeviceStatus(one.device, one.state, one.seen_at, one.error) for one in site.site.links()]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await buffer.flush()
        contents = [unseal(chunk) for chunk in await buffer.peek(10_000_000, 1000)]
        await buffer.close()
    assert any(content.inventory for content in contents)
    return _Box(contents, status, logs)


async def test_by_default_where_somebody_is_stays_on_the_box(tmp_path: Path) -> None:
    box = await told_by(tmp_path, settings())
    assert box.points == {"heart_rate_bpm"}
    assert [(event.name, event.fields) for event in box.events] == [("sos_pressed", {"seq": 41})]
    assert [(change.rule, change.event, change.values) for change in box.alerts] == [
        ("near_the_gate", "", {}),
        ("sos", "sos_pressed", {"seq": 41}),
    ]
    [inventory] = [content.inventory for content in box.contents if content.inventory]
    assert {point.key: point.withheld for point in inventory.devices[0].points if point.withheld} == {"rssi_dbm": True}
    assert not any("rssi_dbm" in line.points for content in box.contents for line in content.missed)


async def test_with_alarms_it_goes_with_those_that_it_decided_and_no_other_way(tmp_path: Path) -> None:
    box = await told_by(tmp_path, settings("alarms"))
    assert box.points == {"heart_rate_bpm"}
    assert [(event.name, event.fields.get("rssi_dbm")) for event in box.events] == [("sos_pressed", -44)]
    assert [change.values.get("rssi_dbm") for change in box.alerts] == [-44, -44]


async def test_shared_it_is_a_reading_like_any_other(tmp_path: Path) -> None:
    box = await told_by(tmp_path, settings("share"))
    assert box.points == {"heart_rate_bpm", "rssi_dbm"}
    assert [event.name for event in box.events] == ["sos_pressed", "out_of_range"]
    [inventory] = [content.inventory for content in box.contents if content.inventory]
    assert not any(point.withheld for point in inventory.devices[0].points)


@pytest.mark.parametrize("whereabouts", ["local", "share"])
async def test_what_names_a_device_is_in_nothing_that_leaves(
    tmp_path: Path, whereabouts: Literal["local", "share"]
) -> None:
    box = await told_by(tmp_path, settings(whereabouts))
    left = b"".join(msgspec.json.encode(content) for content in box.contents) + encode(box.status)
    left += repr(box.logs).encode()
    assert b"band-1" in left
    assert b"P-007" in left
    for name in (MAC, IRK, BINDKEY):
        for written in (name, name.lower(), name.replace(":", ""), name.replace(":", "").lower()):
            assert written.encode() not in left
        assert bytes.fromhex(name.replace(":", "")) not in left


def test_an_inventory_is_of_ids_and_codes_alone() -> None:
    made = settings()
    moved = replace(made.devices[0], options=made.devices[0].options | {"mac": "11:22:33:44:55:66"}, secrets={})
    one, other = (make_inventory(each, plan_site(each).devices, 1) for each in (made, replace(made, devices=(moved,))))
    assert one == other
