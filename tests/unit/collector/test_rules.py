"""The collector's own rules: gateways that fall silent, people who are not seen, and what a restart keeps."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from collector.app import Collector
from collector.home import Home
from collector.store import alerts, people, rules
from collector.store.records import AlertRow
from collector.store.rules import NotOurs
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import DOOR, Gateway
from wire.chunk import Chunk, Lane
from wire.event import Event
from wire.inventory import DeviceInfo, Inventory
from wire.reading import Batch, Value

SECOND = 1_000_000
HOUR = 3600 * SECOND
DISTRICT = """
version: 1
people:
  P-0001: {groups: [独居老人], gateway: g-1}
  P-0002: {gateway: g-1}
rules:
  change:
    gateway_offline: {gateways: g-2, level: red}
  add:
    door_left: {class: access_door, when: door_state == open, for: 2h, level: blue, say: "{name} 一直开着"}
"""


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    path = tmp_path / "district.yaml"
    path.write_text(DISTRICT, encoding="utf-8")
    return path


@pytest.fixture
async def district(tmp_path: Path, store: SqlStore, clock: FakeClock, rules_file: Path) -> Collector:
    made = Collector(Home(tmp_path), store, clock, rules_file=rules_file)
    await made.start()
    return made


class Community(Gateway):
    """A box whose only device is a door, unless told otherwise; it knows how much it owes."""

    owed: int = 0
    started: float = 0.0

    async def describe(self, *infos: DeviceInfo) -> None:
        """Send an inventory and a first heartbeat."""
        now = self.clock.now()
        await self.send(self.chunk(Lane.ALARM, inventory=Inventory(now, self.name, f"小区 {self.name}", "1", infos)))
        await self.beat()

    async def beat(self) -> None:
        """Send a heartbeat; ``owed`` is the time of the oldest that waits."""
        up = self.clock.monotonic() - self.started
        await self.tell(uptime_s=up, pending=int(bool(self.owed)), pending_oldest_at=self.owed)

    def event(self, name: str, at: int | None = None, device: str = "door-1", **fields: Value) -> Chunk:
        """Seal one event."""
        when = self.clock.now() if at is None else at
        event = Event(f"{self.name}-{name}-{when}-{fields}", device, name, when, fields)
        return self.chunk(Lane.ALARM, events=(event,))

    def passes(self, person: str, at: int | None = None) -> Chunk:
        """Seal that a person was let in."""
        return self.event("access_granted", at, credential="card", person_ref=person, direction="out")


@pytest.fixture
async def boxes(district: Collector, clock: FakeClock) -> AsyncIterator[list[Community]]:
    transport = httpx.ASGITransport(district.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
        made = []
        for name in ("g-1", "g-2"):
            box = Community(client, clock, district.parts.name, name)
            code, _ = await district.parts.enrolments.invite(name, "", by="test")
            await box.enrol(code)
            await box.describe(DOOR)
            made.append(box)
        yield made


async def live(district: Collector, clock: FakeClock, seconds: float, *boxes: Community) -> None:
    """Let time pass while ``boxes`` tell that they are there, the others silent."""
    end = clock.monotonic() + seconds  # hours go in larger steps, in which gateways seem to be off for a while
    while clock.monotonic() < end:
        await clock.advance(min(max(15.0, seconds / 25), end - clock.monotonic()))
        for box in boxes:
            await box.beat()
        await district.rules.step()


async def found(store: SqlStore, rule: str) -> list[AlertRow]:
    return [row for row in await store.read(alerts.listed, alerts.Wanted(), limit=10_000) if row.rule == rule]


async def test_a_silent_gateway_is_one_orange_alert_within_three_minutes_and_a_quarter(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    await live(district, clock, 60, *boxes)
    silent_since = clock.now()
    await live(district, clock, 175, boxes[1])
    assert await found(store, "gateway_offline") == []
    await live(district, clock, 15, boxes[1])
    (row,) = await store.read(alerts.listed, alerts.Wanted())
    assert (row.gateway, row.device, row.level, row.cleared_at) == ("g-1", "g-1", "orange", None)
    assert row.alert.startswith("collector:")
    assert row.raised_at - silent_since == 180 * SECOND
    assert row.text["zh"] == "小区 g-1 网关离线(小区失联)"
    await live(district, clock, 15, *boxes)
    (row,) = await store.read(alerts.listed, alerts.Wanted())
    assert row.cleared_at is not None


async def test_a_rule_may_be_otherwise_for_one_gateway(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    await live(district, clock, 200)
    levels = {row.gateway: row.level for row in await found(store, "gateway_offline")}
    assert levels == {"g-1": "orange", "g-2": "red"}


async def test_neither_a_wall_clock_that_is_set_nor_the_collectors_own_absence_is_a_gateways_silence(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock, tmp_path: Path, rules_file: Path
) -> None:
    await live(district, clock, 60, *boxes)
    clock.step_wall(HOUR)
    await live(district, clock, 30, *boxes)
    clock.step_wall(-HOUR)
    await live(district, clock, 30, *boxes)
    await clock.advance(3600)
    again = Collector(Home(tmp_path), store, clock, rules_file=rules_file)
    await again.start()
    await again.rules.step()
    await live(again, clock, 150)
    assert await found(store, "gateway_offline") == []
    await live(again, clock, 45)
    assert {row.gateway for row in await found(store, "gateway_offline")} == {"g-1", "g-2"}


async def test_an_elder_who_passes_no_door_for_two_days_is_missed_wherever_the_door_is(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 30, *boxes)
    await home.send(home.passes("P-0001"), home.passes("P-0002"))
    await live(district, clock, 40 * 3600, *boxes)
    await other.send(other.passes("P-0001"))
    passed = clock.now()
    await live(district, clock, 40 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert (row.gateway, row.device, row.level) == ("g-1", "P-0001", "orange")
    assert row.raised_at == passed + 48 * HOUR
    await home.send(home.passes("P-0001"))
    await live(district, clock, 60, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert row.cleared_at is not None


async def test_absence_waits_for_what_a_gateway_still_owes(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 60, *boxes)
    cut = clock.now()
    await live(district, clock, 60 * 3600, other)
    assert "g-1" in {row.gateway for row in await found(store, "gateway_offline")}
    home.owed = cut
    await live(district, clock, 300, *boxes)
    assert await found(store, "elder_no_pass") == []
    await home.send(home.passes("P-0001", cut + 20 * HOUR))
    home.owed = 0
    await live(district, clock, 60, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert row.raised_at == cut + 68 * HOUR


async def test_time_in_which_a_box_was_off_is_nobodys_absence(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 60, *boxes)
    await home.send(home.passes("P-0001"))
    await live(district, clock, 24 * 3600, *boxes)
    await live(district, clock, 72 * 3600, other)
    home.started = clock.monotonic()
    await live(district, clock, 20 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 5 * 3600, *boxes)
    assert len(await found(store, "elder_no_pass")) == 1


async def test_what_happened_before_what_was_judged_counts_when_it_comes(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, _ = boxes
    await live(district, clock, 47 * 3600, *boxes)
    await home.send(home.passes("P-0001", clock.now() - 10 * HOUR))
    await live(district, clock, 30 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    assert len(await found(store, "elder_no_pass")) == 1


@pytest.mark.parametrize("restarts", [(), (1,), (2,), (1, 2, 3)])
async def test_a_restart_anywhere_gives_the_same_alerts(
    district: Collector,
    boxes: list[Community],
    store: SqlStore,
    clock: FakeClock,
    tmp_path: Path,
    rules_file: Path,
    restarts: tuple[int, ...],
) -> None:
    running = district
    home, other = boxes
    begun = clock.now()

    async def restart(number: int) -> None:
        nonlocal running
        if number in restarts:
            running = Collector(Home(tmp_path), store, clock, rules_file=rules_file)
            await running.start()
            for box in boxes:
                box.client = httpx.AsyncClient(transport=httpx.ASGITransport(running.app), base_url="http://collector")

    await live(running, clock, 60, *boxes)
    await home.send(home.chunk(batches=(home_door(clock, "open"),)))
    await live(running, clock, 30 * 60, *boxes)
    await restart(1)
    await other.send(other.passes("P-0001"))
    await live(running, clock, 45 * 60, *boxes)
    await restart(2)
    await live(running, clock, 60 * 60, *boxes)
    await home.send(home.chunk(batches=(home_door(clock, "closed"),)))
    await live(running, clock, 47 * 3600, *boxes)
    await restart(3)
    await live(running, clock, 3600, *boxes)
    (left,), (elder,) = await found(store, "door_left"), await found(store, "elder_no_pass")
    assert (left.raised_at - begun, left.device) == ((60 + 7200) * SECOND, "door-1")
    assert left.cleared_at is not None
    assert elder.raised_at - begun == (60 + 30 * 60) * SECOND + 48 * HOUR


def home_door(clock: FakeClock, state: str) -> Batch:
    return Batch("door-1", clock.now(), ("door_state",), (state,))


async def test_of_two_collectors_on_one_database_only_one_judges(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    await live(district, clock, 30, *boxes)
    now = clock.now()
    with pytest.raises(NotOurs):
        await store.write(rules.hold, "another", now, now + SECOND)
    await clock.advance(60)
    await store.write(rules.hold, "another", clock.now(), clock.now() + 3600 * SECOND)
    await live(district, clock, 400)
    assert not district.rules.ours
    assert await store.read(alerts.listed, alerts.Wanted()) == []
    await store.write(rules.let_go, "another")
    await live(district, clock, 200)
    assert district.rules.ours
    assert {row.gateway for row in await store.read(alerts.listed, alerts.Wanted())} == {"g-1", "g-2"}


async def test_a_changed_file_is_taken_up_and_audited_and_a_wrong_one_is_not(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock, rules_file: Path
) -> None:
    await live(district, clock, 60, *boxes)
    change = "elder_no_pass: {people: P-0001, when: 'absent(access_granted, 72h)', author: 王网格, reason: 感冒在家}"
    text = DISTRICT.replace("    gateway_offline: {gateways: g-2, level: red}\n", f"    {change}\n")
    rules_file.write_text(text, encoding="utf-8")
    await live(district, clock, 50 * 3600, *boxes)
    rules_file.write_text(text + "nonsense: 1\n", encoding="utf-8")
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 23 * 3600, *boxes)
    assert len(await found(store, "elder_no_pass")) == 1
    lines = await store.read(people.audit_page, limit=50, before=None)
    told = {line.target: (line.who, line.detail) for line in lines if line.what == "rule_change"}
    who, detail = told["elder_no_pass P-0001"]
    assert who == "王网格"
    assert "when: — → absent(access_granted, 72h)" in detail
    assert "感冒在家" in detail


async def test_a_visitors_car_that_stays_is_named_until_it_leaves(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, _ = boxes
    camera = DeviceInfo("east", "东门", "anpr_camera", "anpr/onvif-rtsp-local", "东门")
    await home.describe(DOOR, camera)
    await live(district, clock, 60, *boxes)

    def read(plate: str, direction: str, owner: str) -> Chunk:
        return home.event("plate_read", device="east", plate=plate, direction=direction, list=owner)

    await home.send(read("A", "in", "visitor"), read("B", "in", "white"), read("C", "in", "visitor"))
    await live(district, clock, 3600, *boxes)
    await home.send(read("C", "out", "visitor"))
    await live(district, clock, 25 * 3600, *boxes)
    (row,) = await found(store, "stay_over_visitor")
    assert (row.gateway, row.device, row.cleared_at) == ("g-1", "A", None)
    await home.send(read("A", "out", "visitor"))
    await live(district, clock, 60, *boxes)
    (row,) = await found(store, "stay_over_visitor")
    assert row.cleared_at is not None
