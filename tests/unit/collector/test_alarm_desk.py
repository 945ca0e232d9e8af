"""What the duty desk does to alarms: it is kept, audited, and told to the gateway that raised them."""

import httpx
import pytest

from collector.app import Collector
from collector.store import commands, people
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import browser
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane
from wire.codec import decode
from wire.command import Command
from wire.outcome import Outcome, OutcomeState

MINUTE = 60_000_000


def change(
    alert: str,
    at: int,
    state: AlertState = AlertState.RAISED,
    *,
    latched: bool = False,
    who: str = "",
    rule: str = "door_forced",
    device: str = "door-1",
    level: Level = Level.ORANGE,
    until: int = 0,
) -> AlertChange:
    return AlertChange(alert, rule, device, state, level, at, at, latched, who=who, until=until)


@pytest.fixture
async def box(gateway: Gateway) -> Gateway:
    await gateway.send(gateway.inventory())
    await gateway.tell()
    return gateway


async def tell(box: Gateway, *changes: AlertChange) -> None:
    await box.send(box.chunk(Lane.ALARM, alerts=changes))


async def only(web: httpx.AsyncClient, state: str = "open") -> dict[str, object]:
    items: list[dict[str, object]] = (await web.get(f"/alerts?state={state}")).json()["items"]
    assert len(items) == 1
    return items[0]


async def sent_down(collector: Collector) -> list[Command]:
    """Return what goes down to the gateway itself, as it is signed."""
    rows = await collector.parts.store.read(commands.to_deliver, "g-1", collector.parts.clock.now())
    found = [decode(row.payload, Command) for row in rows]
    assert all(command.device == "" for command in found)
    return found


async def test_an_acknowledgement_goes_down_and_stays_a_day(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now()))
    number = (await only(web))["id"]
    await clock.advance(5)
    order = {"note": "已派人", "disposition": "real"}
    shown = (await web.post(f"/alerts/{number}/ack", json=order)).json()
    assert (shown["state"], shown["disposition"], shown["note"]) == ("acknowledged", "real", "已派人")
    [word] = await sent_down(collector)
    assert (word.name, word.by, word.reason) == ("alarm_ack", "operator", "已派人")
    at = shown["acknowledged_at"]
    assert word.args == {"alert": "a", "at": at, "who": "operator", "note": "已派人", "until": 0}
    assert word.expires_at - word.issued_at == 86_400_000_000
    await box.report(Outcome(word.id, "", OutcomeState.EXECUTED, clock.now()))
    assert await sent_down(collector) == []
    line = (await web.get("/audit?limit=2")).json()["items"]
    assert [(one["who"], one["what"], one["result"]) for one in line] == [
        ("g-1", "command_outcome", "executed"),
        ("operator", "acknowledge", "acknowledged"),
    ]


async def test_what_comes_up_from_the_gateway_is_not_sent_down_and_may_have_been_first(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    raised = clock.now()
    await tell(box, change("a", raised))
    number = (await only(web))["id"]
    await clock.advance(60)
    await web.post(f"/alerts/{number}/ack", json={})
    [word] = await sent_down(collector)
    guard = change("a", raised + 10_000_000, AlertState.ACKNOWLEDGED, who="门卫")
    at = word.args["at"]
    assert isinstance(at, int)
    echo = change("a", at, AlertState.ACKNOWLEDGED, who="operator")
    await tell(box, guard, echo)
    shown = (await web.get(f"/alerts/{number}")).json()
    assert (shown["state"], shown["acknowledged_by"], shown["acknowledged_at"]) == ("acknowledged", "门卫", guard.at)
    history = (await web.get(f"/alerts/{number}/history")).json()["items"]
    told = [(one["what"], one["who"], one["source"], one["counts"]) for one in history]
    assert told == [
        ("raised", "", "gateway", True),
        ("acknowledged", "门卫", "gateway", True),
        ("acknowledged", "operator", "console", False),
    ]
    assert [one.id for one in await sent_down(collector)] == [word.id]


async def test_shelved_with_a_reason_and_back_by_time(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now()))
    number = (await only(web))["id"]
    url = f"/alerts/{number}/shelve"
    assert (await web.post(url, json={"minutes": 30, "reason": "  "})).json()["error"] == "reason_missing"
    for minutes in (0, 481):
        assert (await web.post(url, json={"minutes": minutes, "reason": "x"})).status_code == 422
    shown = (await web.post(url, json={"minutes": 30, "reason": "维修门锁"})).json()
    assert (shown["state"], shown["aside_note"], shown["aside_by"]) == ("shelved", "维修门锁", "operator")
    assert shown["aside_until"] == clock.now() + 30 * MINUTE
    [word] = await sent_down(collector)
    assert (word.name, word.args["until"]) == ("alarm_shelve", shown["aside_until"])
    assert (await web.get("/overview")).json()["alerts"]["orange"] == 0
    assert (await web.get("/alerts")).json()["items"] == []
    assert (await web.post(f"/alerts/{number}/ack", json={})).json()["error"] == "set_aside"
    for _ in range(3):
        await clock.advance(10 * 60 - 1)
        await web.get("/overview")
    await clock.advance(2)
    await collector.parts.tending.look()
    assert (await only(web, "aside"))["id"] == number
    await clock.advance(1)
    await collector.parts.tending.look()
    back = await only(web)
    assert (back["state"], back["aside_until"], back["aside_note"]) == ("unacknowledged", None, "")
    # by its own clock the gateway knows too: only a person's unshelving is told
    assert [one.name for one in await sent_down(collector)] == ["alarm_shelve"]


async def test_the_next_of_the_same_rule_at_the_same_device_is_shelved_with_it(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now()))
    number = (await only(web))["id"]
    await web.post(f"/alerts/{number}/shelve", json={"minutes": 60, "reason": "探头误报"})
    await clock.advance(60)
    await tell(box, change("a", clock.now(), AlertState.CLEARED), change("b", clock.now() + 1))
    await tell(box, change("red", clock.now(), level=Level.RED), change("other", clock.now(), rule="door_held_open"))
    shown = {one["level"] + one["rule"]: one for one in (await web.get("/alerts")).json()["items"]}
    assert set(shown) == {"reddoor_forced", "orangedoor_held_open"}
    aside = (await web.get("/alerts?state=aside")).json()["items"]
    assert [one["aside_note"] for one in aside] == ["探头误报", "探头误报"]
    assert (await web.post(f"/alerts/{number}/unshelve", json={})).json()["state"] == "closed"
    assert (await web.get("/alerts?state=aside")).json()["items"] == []
    names = [(one.name, one.args["alert"]) for one in await sent_down(collector)]
    assert names == [("alarm_shelve", "a"), ("alarm_unshelve", "a"), ("alarm_unshelve", "b")]
    assert (await web.post(f"/alerts/{number}/unshelve", json={})).json()["error"] == "not_shelved"


async def test_a_latched_alert_is_reset_after_it_is_over(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now(), latched=True))
    number = (await only(web))["id"]
    await web.post(f"/alerts/{number}/ack", json={})
    assert (await web.post(f"/alerts/{number}/reset", json={})).json()["error"] == "still_standing"
    await tell(box, change("a", clock.now() + MINUTE, AlertState.CLEARED))
    assert (await only(web))["state"] == "latched"
    # the gateway's clock is a minute ahead: what a person does now is after what is seen now all the same
    shown = (await web.post(f"/alerts/{number}/reset", json={"disposition": "false"})).json()
    assert (shown["state"], shown["reset_by"], shown["disposition"]) == ("closed", "operator", "false")
    assert [one.name for one in await sent_down(collector)] == ["alarm_ack", "alarm_reset"]
    late = await web.post(f"/alerts/{number}/disposition", json={"disposition": "device_fault"})
    assert late.json()["disposition"] == "device_fault"
    assert len(await sent_down(collector)) == 2


async def test_an_alert_of_the_collectors_own_is_not_told_to_the_gateway(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    from collector.store import alerts

    own = change("collector:gateway_offline:1", clock.now(), rule="gateway_offline", device="")
    await collector.parts.store.write(alerts.apply_change, "g-1", own, clock.now())
    assert (await web.post(f"/alerts/{(await only(web))['id']}/ack", json={})).status_code == 200
    assert await sent_down(collector) == []


async def test_who_may_what(box: Gateway, collector: Collector, web: httpx.AsyncClient, clock: FakeClock) -> None:
    await tell(box, change("a", clock.now()))
    number = (await only(web))["id"]
    deeds = {
        f"/alerts/{number}/ack": {},
        f"/alerts/{number}/reset": {},
        f"/alerts/{number}/disposition": {"disposition": "real"},
        f"/alerts/{number}/shelve": {"minutes": 5, "reason": "x"},
        f"/alerts/{number}/unshelve": {},
        f"/floods/{number}/ack": {},
        "/devices/g-1/door-1/out-of-service": {"reason": "x"},
        "/devices/g-1/door-1/back-in-service": {},
        "/gateways/g-1/maintenance": {"until": 1, "reason": "x"},
        "/gateways/g-1/maintenance/end": {},
    }
    async with browser(collector, "viewer") as viewer:
        for url, order in deeds.items():
            assert (await viewer.post(url, json=order)).json()["error"] == "not_allowed", url
        assert (await viewer.get(f"/alerts/{number}/history")).status_code == 200
    none = "0" * 24
    for deed in ("ack", "reset", "unshelve"):
        assert (await web.post(f"/alerts/{none}/{deed}", json={})).json()["error"] == "no_such_alert"
    assert (await web.get(f"/alerts/{none}/history")).json()["error"] == "no_such_alert"


async def test_a_device_out_of_service_is_out_of_sight_until_put_back(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now()))
    out, back = "/devices/g-1/door-1/out-of-service", "/devices/g-1/door-1/back-in-service"
    assert (await web.post("/devices/g-1/none/out-of-service", json={"reason": "x"})).json()["error"] == (
        "no_such_device"
    )
    assert (await web.post(back, json={})).json()["error"] == "not_aside"
    assert (await web.post(out, json={"reason": "更换门锁"})).status_code == 204
    shown = await only(web, "aside")
    assert (shown["state"], shown["aside_note"], shown["aside_by"]) == ("out_of_service", "更换门锁", "operator")
    await clock.advance(1)
    await tell(box, change("a", clock.now(), AlertState.CLEARED), change("b", clock.now(), rule="door_held_open"))
    assert (await web.get("/alerts")).json()["items"] == []
    [aside] = (await web.get("/alarms/aside")).json()["items"]
    assert (aside["device"], aside["kind"], aside["until"]) == ("door-1", "out_of_service", None)
    assert (await web.post(back, json={"note": "好了"})).status_code == 204
    assert ((await only(web))["rule"], (await only(web))["state"]) == ("door_held_open", "unacknowledged")
    assert [one["state"] for one in (await web.get("/alerts?state=closed")).json()["items"]] == ["closed"]
    rows = await collector.parts.store.read(people.audit_page, limit=2, before=None)
    assert [row.what for row in rows] == ["out_of_service_ended", "out_of_service"]


async def test_maintenance_ends_by_itself(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    await tell(box, change("a", clock.now()))
    url = "/gateways/g-1/maintenance"
    for until in (clock.now(), clock.now() + 40 * 86_400_000_000):
        assert (await web.post(url, json={"until": until, "reason": "x"})).json()["error"] == "bad_request"
    await tell(box, change("fire", clock.now(), level=Level.RED, rule="fire"))
    order = {"until": clock.now() + 60 * MINUTE, "reason": "年度检修"}
    assert (await web.post("/gateways/none/maintenance", json=order)).json()["error"] == "no_such_gateway"
    assert (await web.post(url, json=order)).status_code == 204
    assert (await only(web))["rule"] == "fire", "no maintenance hides what is red"
    shown = await only(web, "aside")
    assert (shown["state"], shown["aside_note"], shown["aside_until"]) == ("suppressed", "年度检修", order["until"])
    await clock.advance(3600)
    await collector.parts.tending.look()
    async with browser(collector, "operator") as web:
        assert {one["state"] for one in (await web.get("/alerts")).json()["items"]} == {"unacknowledged"}
        assert (await web.get("/alerts?state=aside")).json()["items"] == []
