"""The collector's own rules: gateways that fall silent, and what a restart, another collector and a file do."""

from pathlib import Path

import httpx
import pytest

from collector.app import Collector
from collector.home import Home
from collector.store import alerts, fleet, people, rules
from collector.store.rules import NotOurs
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.community import DISTRICT, HOUR, SECOND, Community, door, found, live


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
    await home.send(home.chunk(batches=(door(clock, "open"),)))
    await live(running, clock, 30 * 60, *boxes)
    await restart(1)
    await other.send(other.passes("P-0001"))
    await live(running, clock, 45 * 60, *boxes)
    await restart(2)
    await live(running, clock, 60 * 60, *boxes)
    await home.send(home.chunk(batches=(door(clock, "closed"),)))
    await live(running, clock, 47 * 3600, *boxes)
    await restart(3)
    await live(running, clock, 3600, *boxes)
    (left,), (elder,) = await found(store, "door_left"), await found(store, "elder_no_pass")
    assert (left.raised_at - begun, left.device) == ((60 + 7200) * SECOND, "door-1")
    assert left.cleared_at is not None
    assert elder.raised_at - begun == (60 + 30 * 60) * SECOND + 48 * HOUR


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


async def test_a_revoked_gateway_has_no_alerts_of_the_collector_any_more(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    await live(district, clock, 30, *boxes)
    await boxes[0].send(boxes[0].chunk(batches=(door(clock, "open"),)))
    await live(district, clock, 3 * 3600, *boxes)
    await live(district, clock, 240, boxes[1])
    assert {row.rule for row in await found(store) if row.cleared_at is None} == {"gateway_offline", "door_left"}
    await store.write(fleet.revoke, "g-1", clock.now())
    await live(district, clock, 60, boxes[1])
    assert [row for row in await found(store) if row.cleared_at is None] == []
