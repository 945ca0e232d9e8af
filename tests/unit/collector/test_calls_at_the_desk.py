"""What the duty desk sees and does of a call for help that two boxes heard, early or late, whole or by half."""

import httpx
import pytest

from collector.alarms.machine import alert_id
from collector.app import Collector
from collector.store import commands
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.calling import band, call
from wire.alert import AlertChange, AlertState
from wire.chunk import ClockMark, ClockState, Lane
from wire.codec import decode
from wire.command import Command
from wire.exchange import Enrolled
from wire.inventory import Inventory

SECOND, MINUTE = 1_000_000, 60_000_000


@pytest.fixture
async def boxes(gateway: Gateway, collector: Collector, client: httpx.AsyncClient) -> list[Gateway]:
    other = Gateway(client, gateway.clock, collector.parts.name, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "二号箱", by="test")
    assert isinstance(await other.enrol(code), Enrolled)
    for box in (gateway, other):
        await box.send(
            box.chunk(Lane.ALARM, inventory=Inventory(box.clock.now(), box.name, "示例社区", "c", (band(),)))
        )
        await box.tell()
    return [gateway, other]


async def tell(box: Gateway, *changes: AlertChange, mark: ClockMark | None = None) -> None:
    await box.send(box.chunk(Lane.ALARM, mark, alerts=changes))


async def listed(web: httpx.AsyncClient, state: str = "open") -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await web.get(f"/alerts?state={state}")).json()["items"]
    return items


async def words(collector: Collector, box: str) -> list[tuple[str, object]]:
    rows = await collector.parts.store.read(commands.to_deliver, box, collector.parts.clock.now())
    found = [decode(row.payload, Command) for row in rows]
    return [(word.name, word.args["alert"]) for word in found]


async def test_people_see_one_alarm_and_take_note_of_it_once(
    boxes: list[Gateway], web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    at = clock.now()
    await tell(boxes[1], call("g-2", at + 300_000, 7))
    [alone] = await listed(web)
    await tell(boxes[0], call("g-1", at, 7))
    [one] = await listed(web)
    assert (one["id"], one["gateway"], one["raised_at"]) == (alone["id"], "g-1", at)
    heard = one["heard"]
    assert isinstance(heard, list)
    assert [(each["gateway"], each["gateway_name"], each["device_name"]) for each in heard] == [
        ("g-1", "示例社区", "手环"),
        ("g-2", "示例社区", "手环"),
    ]
    for box in ("g-1", "g-2"):
        found = (await web.get(f"/alerts?gateway={box}&device=band-1")).json()["items"]
        assert [each["id"] for each in found] == [one["id"]]
    assert (await web.get("/alerts?gateway=g-2&device=door-1")).json()["items"] == []
    await clock.advance(61)
    await collector.parts.tending.look()
    assert 'alert_escalations_total{level="red"} 1.0' in collector.parts.metrics.page().decode()
    shown = (await web.post(f"/alerts/{one['id']}/ack", json={"note": "已上门"})).json()
    assert shown["state"] == "acknowledged"
    assert await words(collector, "g-1") == [("alarm_ack", call("g-1", at).alert)]
    assert await words(collector, "g-2") == [("alarm_ack", call("g-2", at + 300_000).alert)]
    await collector.parts.tending.look()
    assert len(await words(collector, "g-1")) == len(await words(collector, "g-2")) == 1
    figures = (await web.get(f"/alarms/metrics?from={at - 1}&to={at + MINUTE}")).json()
    assert (figures["raised"], figures["answers"]["all"]["acknowledged"]) == (1, 1)
    other = (await web.get(f"/alerts/{alert_id('g-1', call('g-1', at).alert)}")).json()
    assert other["id"] == one["id"]


async def test_one_that_comes_long_after_changes_nothing_but_the_story(
    boxes: list[Gateway], web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    at = clock.now()
    cleared = call("g-1", at + 30 * SECOND, state=AlertState.CLEARED, of=at)
    await tell(boxes[0], call("g-1", at))
    await clock.advance(40)
    await tell(boxes[0], cleared)
    [one] = await listed(web)
    await web.post(f"/alerts/{one['id']}/reset", json={})
    assert await listed(web) == []
    await clock.advance(800)
    await tell(boxes[1], call("g-2", at + 2 * SECOND))
    assert await listed(web) == []
    [closed] = await listed(web, "closed")
    assert (closed["id"], closed["state"]) == (one["id"], "closed")
    story = (await web.get(f"/alerts/{one['id']}/history")).json()["items"]
    assert [(each["what"], each["who"]) for each in story] == [
        ("raised", "g-1"),
        ("raised", "g-2"),
        ("cleared", "g-1"),
        ("reset", "operator"),
    ]
    assert story[1]["received_at"] - story[1]["at"] > 800 * SECOND
    assert await words(collector, "g-2") == []
    await collector.parts.tending.look()
    assert await words(collector, "g-2") == [("alarm_reset", call("g-2", at + 2 * SECOND).alert)]
    await tell(boxes[1], call("g-2", at + MINUTE))
    assert len(await listed(web)) == 1


async def test_what_the_guard_does_at_one_box_is_told_to_the_other(
    boxes: list[Gateway], web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    at = clock.now()
    for box in boxes:
        await tell(box, call(box.name, at, 3))
    guard = call("g-1", at + 5 * SECOND, state=AlertState.ACKNOWLEDGED, of=at, who="门卫")
    await tell(boxes[0], guard)
    await collector.parts.tending.look()
    [one] = await listed(web)
    assert (one["state"], one["acknowledged_by"]) == ("acknowledged", "门卫")
    assert (await words(collector, "g-1"), await words(collector, "g-2")) == (
        [],
        [("alarm_ack", call("g-2", at).alert)],
    )


async def test_two_persons_and_two_presses_are_never_one(
    boxes: list[Gateway], web: httpx.AsyncClient, clock: FakeClock
) -> None:
    for box, place in zip(boxes, ("4栋", "5栋"), strict=True):
        devices = (band(), band("band-2", "P-008"), band("band-3", ""), band("band-4", "", place))
        await box.send(box.chunk(Lane.ALARM, inventory=Inventory(box.clock.now(), box.name, "示例社区", "d", devices)))
    at = clock.now()
    await tell(boxes[0], call("g-1", at, 1), call("g-1", at, device="band-3"))
    await tell(boxes[1], call("g-2", at, 2), call("g-2", at, 1, device="band-2"), call("g-2", at, device="band-3"))
    found = [len(one["heard"]) for one in await listed(web)]  # type: ignore[arg-type]
    assert sorted(found) == [1, 1, 1, 2]
    await tell(boxes[1], call("g-2", at, 1, event="fall_detected", of=at + 1))
    assert len(await listed(web)) == 5
    for box in boxes:
        await tell(box, call(box.name, at, 9, device="band-4"))
    assert len(await listed(web)) == 7


async def test_a_door_calls_nobody(gateway: Gateway, web: httpx.AsyncClient) -> None:
    await gateway.send(gateway.inventory())
    await tell(gateway, call("g-1", gateway.clock.now(), device="door-1", event="forced_open"))
    [one] = await listed(web)
    assert one["heard"] == []


async def test_a_band_that_is_out_of_service_at_one_box_still_calls_through_the_other(
    boxes: list[Gateway], web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await web.post("/devices/g-1/band-1/out-of-service", json={"reason": "换电池"})
    at = clock.now() + 1
    await tell(boxes[0], call("g-1", at, 1))
    assert await listed(web) == []
    await tell(boxes[1], call("g-2", at, 1))
    for _ in range(2):
        [one] = await listed(web)
        assert one["state"] == "unacknowledged"
        await collector.parts.tending.look()
    await web.post("/devices/g-2/band-1/out-of-service", json={"reason": "换电池"})
    await collector.parts.tending.look()
    assert [one["state"] for one in await listed(web, "aside")] == ["out_of_service"]
    await web.post("/devices/g-1/band-1/back-in-service", json={"note": "好了"})
    await collector.parts.tending.look()
    assert [one["state"] for one in await listed(web)] == ["unacknowledged"]


async def test_a_clock_that_was_never_set_folds_nothing_by_time(
    boxes: list[Gateway], web: httpx.AsyncClient, clock: FakeClock
) -> None:
    at = clock.now()
    unset = ClockMark("boot", ClockState.UNSYNCED, at, 0)
    await tell(boxes[0], call("g-1", at))
    await tell(boxes[1], call("g-2", at + SECOND), mark=unset)
    assert len(await listed(web)) == 2
    await tell(boxes[1], call("g-2", 5 * MINUTE, 4), mark=unset)
    await tell(boxes[0], call("g-1", at + 1, 4))
    assert sorted(len(one["heard"]) for one in await listed(web)) == [1, 1, 2]  # type: ignore[arg-type]


async def test_a_call_that_came_before_the_inventory_is_folded_when_that_comes(
    gateway: Gateway, collector: Collector, client: httpx.AsyncClient, web: httpx.AsyncClient
) -> None:
    at = gateway.clock.now()
    other = Gateway(client, gateway.clock, collector.parts.name, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "二号箱", by="test")
    assert isinstance(await other.enrol(code), Enrolled)
    for box in (gateway, other):
        await tell(box, call(box.name, at, 1))
    assert len(await listed(web)) == 2
    for box in (gateway, other):
        await box.send(box.chunk(Lane.ALARM, inventory=Inventory(at, box.name, "示例社区", "c", (band(),))))
    [one] = await listed(web)
    assert [each["gateway"] for each in one["heard"]] == ["g-1", "g-2"]  # type: ignore[attr-defined]
