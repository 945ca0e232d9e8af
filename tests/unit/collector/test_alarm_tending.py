"""What time and silence do to alarms: ladders are climbed, a dead gateway's devices are one, floods are folded once."""

import json
from pathlib import Path

import httpx
import pytest

from collector.alarms.floods import Occurrence, fold
from collector.alarms.performance import Case, measure
from collector.app import Collector
from collector.home import Home
from collector.store import alerts
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import DOOR, Gateway
from tests.unit.collector.test_alarm_desk import MINUTE, change, tell
from wire.alert import AlertState, Level
from wire.chunk import Lane
from wire.inventory import Inventory

HOUR, DAY = 60 * MINUTE, 1440 * MINUTE


@pytest.fixture
async def box(gateway: Gateway) -> Gateway:
    doors = tuple(DOOR.__class__(f"door-{n}", f"{n}号门", "access_door", "p", f"{n}栋") for n in range(1, 18))
    inventory = Inventory(gateway.clock.now(), "site-1", "示例社区", "c0ffee", doors)
    await gateway.send(gateway.chunk(Lane.ALARM, inventory=inventory))
    await gateway.tell()
    return gateway


async def shown(web: httpx.AsyncClient, state: str = "open", more: str = "") -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await web.get(f"/alerts?state={state}&limit=100{more}")).json()["items"]
    return items


async def test_what_waits_too_long_climbs_and_stops_when_somebody_takes_note(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now(), level=Level.RED), change("b", clock.now(), level=Level.BLUE))
    steps = []
    for seconds in (59, 1, 119, 1, 800):
        await clock.advance(seconds)
        await collector.parts.tending.look()
        [red] = await shown(web, more="&level=red")
        steps.append(red["escalation"])
    assert steps == [0, 1, 1, 2, 2]
    assert [one["escalation"] for one in await shown(web, more="&level=blue")] == [0]
    lines = (await web.get("/audit?limit=2")).json()["items"]
    assert [(one["who"], one["what"], one["result"]) for one in lines] == [
        ("collector", "escalate", step) for step in "21"
    ]
    history = (await web.get(f"/alerts/{red['id']}/history")).json()["items"]
    assert [one["what"] for one in history] == ["raised", "escalated", "escalated"]
    assert 'linli_collector_alerts{state="unacknowledged"} 2.0' in collector.parts.metrics.page().decode()
    assert 'alert_escalations_total{level="red"} 2.0' in collector.parts.metrics.page().decode()
    await web.post(f"/alerts/{red['id']}/ack", json={})
    await tell(box, change("c", clock.now(), level=Level.RED))
    await web.post(f"/alerts/{(await shown(web, more='&level=red'))[0]['id']}/ack", json={})
    await clock.advance(300)
    await collector.parts.tending.look()
    assert [one["escalation"] for one in await shown(web, more="&level=red")] == [0, 2]


async def test_a_ladder_goes_on_after_a_restart_and_late_news_begins_to_wait_when_it_comes(
    box: Gateway, web: httpx.AsyncClient, store: SqlStore, clock: FakeClock, tmp_path: Path
) -> None:
    await tell(box, change("late", clock.now() - 5 * HOUR, level=Level.RED))
    await clock.advance(61)
    again = Collector(Home(tmp_path), store, clock)
    await again.parts.tending.look()
    [red] = await shown(web)
    assert red["escalation"] == 1
    await clock.advance(118)
    await again.parts.tending.look()
    assert (await shown(web))[0]["escalation"] == 1


async def offline(box: Gateway, clock: FakeClock, count: int = 17) -> None:
    at = clock.now()
    await tell(
        box, *(change(f"off-{n}", at + n, rule="device_offline", device=f"door-{n}") for n in range(1, count + 1))
    )


async def test_a_dead_gateway_hides_what_its_devices_cannot_say(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await offline(box, clock, 3)
    await tell(box, change("forced", clock.now()))
    await collector.parts.store.write(
        alerts.apply_change,
        "g-1",
        change("collector:1", clock.now(), rule="gateway_offline", device=""),
        clock.now(),
    )
    await collector.parts.tending.look()
    assert sorted(str(one["rule"]) for one in await shown(web)) == ["door_forced", "gateway_offline"]
    assert {(one["state"], one["aside_note"]) for one in await shown(web, "aside")} == {
        ("suppressed", "gateway_offline")
    }
    await clock.advance(10)
    await tell(box, change("off-1", clock.now(), AlertState.CLEARED, rule="device_offline"))
    cleared = change("collector:1", clock.now(), AlertState.CLEARED, rule="gateway_offline", device="")
    await collector.parts.store.write(alerts.apply_change, "g-1", cleared, clock.now())
    await collector.parts.tending.look()
    back = sorted(str(one["device"]) for one in await shown(web) if one["rule"] == "device_offline")
    assert (back, await shown(web, "aside")) == (["door-2", "door-3"], [])


async def test_silence_alone_hides_them_too_and_a_collector_that_just_began_is_not_hasty(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await offline(box, clock, 2)
    await clock.advance(179)
    await collector.parts.tending.look()
    assert len(await shown(web)) == 2
    await clock.advance(3)
    await collector.parts.tending.look()
    assert len(await shown(web, "aside")) == 2
    await box.tell()
    await clock.advance(59)
    await collector.parts.tending.look()
    assert len(await shown(web, "aside")) == 2, "it has a minute to say what its devices did meanwhile"
    await box.tell()
    await clock.advance(2)
    await collector.parts.tending.look()
    assert len(await shown(web)) == 2


async def test_seventeen_doors_offline_are_one_line_and_told_once(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await offline(box, clock)
    await tell(box, change("forced", clock.now()))
    for _ in range(2):
        await collector.parts.tending.look()
    page = (await web.get("/alerts?fold=true")).json()
    assert [one["rule"] for one in page["items"]] == ["door_forced"]
    [flood] = page["floods"]
    assert (flood["kind"], flood["total"], flood["open"], flood["waiting"]) == ("offline", 17, 17, 17)
    assert (flood["first"]["device"], flood["id"], flood["level"]) == ("door-1", flood["first"]["id"], "orange")
    assert len(await shown(web, more=f"&flood={flood['id']}")) == 17
    assert len(await shown(web)) == 18
    await collector.tell()
    told = [frame.split(b"\n") for _, frame, _ in collector.parts.hub._ring if b"event: flood" in frame]
    assert [json.loads(lines[2].removeprefix(b"data: "))["total"] for lines in told] == [17]
    done = (await web.post(f"/floods/{flood['id']}/ack", json={"note": "交换机断电", "disposition": "real"})).json()
    assert {one["state"] for one in done} == {"acknowledged"}
    assert (await web.get("/alerts?fold=true")).json()["floods"][0]["waiting"] == 0
    again = await web.post(f"/floods/{flood['id']}/ack", json={})
    assert (again.status_code, again.json()["error"]) == (409, "already_acknowledged")


async def test_alerts_of_the_collectors_own_are_folded_too(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await collector.parts.tending.look()
    for number in range(11):
        own = change(f"collector:{number}", clock.now() + number, rule="person_not_seen", device="door-3")
        [row] = await collector.parts.store.write(alerts.apply_change, "g-1", own, clock.now())
        collector._announcer.alert(row)
    await collector.parts.tending.look()
    [flood] = (await web.get("/alerts?fold=true")).json()["floods"]
    assert (flood["kind"], flood["total"], flood["first"]["place"]) == ("place", 11, "3栋")


def times(*minutes: float, place: str = "1栋", rule: str = "r", start: int = 0) -> list[Occurrence]:
    return [Occurrence(f"{start + n:03}", "g", rule, place, round(at * MINUTE)) for n, at in enumerate(minutes)]


def test_ten_are_no_flood_and_eleven_are() -> None:
    assert fold(times(*range(10))) == {}
    assert set(fold(times(*range(11))).values()) == {"000"}
    assert fold(times(*(n * 1.1 for n in range(11)))) == {}


def test_a_flood_is_the_same_whatever_the_order_and_ends_with_its_place() -> None:
    both = times(*range(11)) + times(*range(11), place="2栋", start=500)
    found = fold(reversed(both))
    assert found == fold(both)
    assert set(found.values()) == {"000", "500"}
    offline = [one._replace(rule="device_offline", place=one.id) for one in both]
    assert set(fold(offline).values()) == {"000"}


def test_what_flutters_all_day_is_a_flood_for_each_hour() -> None:
    found = fold(times(*(n / 2 for n in range(240))))
    assert len(found) == 240
    assert len(set(found.values())) == 2


def case(number: int, at: int, ack: int | None = None, rule: str = "r", disposition: str = "", **more: object) -> Case:
    level, standing = str(more.get("level", "red")), bool(more.get("standing", False))
    return Case(f"{number}", "g", "d", rule, level, at, ack, disposition, standing)


def test_figures() -> None:
    quick = [case(n, 0, n * 1_000_000) for n in range(1, 21)]
    slow = [case(30, 0, 90_000_000, "s", "false", level="blue"), case(31, HOUR, None, "s", "real"), case(32, HOUR)]
    found = measure([*quick, *slow], [case(40, 0, standing=True), case(41, 2 * DAY - 5, standing=True)], 2 * DAY)
    assert (found.raised, found.levels) == (23, {"red": 22, "blue": 1})
    assert found.answers["red"] == (20, 10.5, 19.0)
    assert found.answers["all"].p95_s == 20.0
    assert [(one.rule, one.raised, one.disposed, one.false) for one in found.rules] == [("s", 2, 2, 1), ("r", 21, 0, 0)]
    assert [(one.rule, one.raised) for one in found.top] == [("r", 21), ("s", 2)]
    assert [(one.rule, one.raised) for one in found.flapping] == [("r", 21)]
    assert found.standing == ["40"]
    empty = measure([], [], 0)
    assert (empty.answers["all"], empty.top) == ((0, None, None), [])


async def test_figures_by_the_api(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    start = clock.now()
    await tell(box, *(change(f"f-{n}", start + n * MINUTE, device="door-2", rule="door_held_open") for n in range(4)))
    await tell(box, change("old", start - 2 * DAY))
    await clock.advance(300)
    for one in await shown(web, more="&device=door-2"):
        await web.post(f"/alerts/{one['id']}/ack", json={"disposition": "false"})
    page = (await web.get(f"/alarms/metrics?from={start}&to={clock.now()}")).json()
    assert (page["raised"], page["answers"]["all"]["acknowledged"]) == (4, 4)
    assert page["answers"]["all"]["median_s"] == 210.0
    [rule] = page["rules"]
    assert (rule["rule"], rule["false_rate"]) == ("door_held_open", 1.0)
    assert rule["text"]["zh"] != "door_held_open"
    assert [(one["device_name"], one["raised"]) for one in page["flapping"]] == [("2号门", 4)]
    assert [one["rule"] for one in page["standing"]] == ["door_forced"]
    assert (await web.get("/alarms/metrics?from=0")).json()["error"] == "too_long"
    assert (await web.get("/alarms/metrics")).json()["raised"] == 5
