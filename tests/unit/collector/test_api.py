"""The REST API as the console uses it: what a gateway sent comes out with names, units and honest states."""

import json
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from collector.app import Collector
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane
from wire.reading import Batch, Quality, Value


def held_open(alert: str, at: int, state: AlertState = AlertState.RAISED, level: Level = Level.YELLOW) -> AlertChange:
    text = {"zh": "门未关", "en": "open"}
    values: dict[str, Value] = {"door_state": "open"}
    return AlertChange(alert, "door_held_open", "door-1", state, level, at, at, text=text, values=values)


@pytest.fixture
async def box(gateway: Gateway) -> Gateway:
    await gateway.send(gateway.inventory())
    await gateway.tell()
    return gateway


async def test_overview_counts_everything_once(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    await box.send(box.readings(4), box.chunk(Lane.ALARM, alerts=(held_open("a", 1), held_open("b", 2))))
    shown = (await web.get("/overview")).json()
    assert shown == {
        "gateways": {"total": 1, "online": 1, "late": 0, "offline": 0, "unknown": 0},
        "devices": {"total": 1, "online": 1, "offline": 0},
        "alerts": {"red": 0, "orange": 0, "yellow": 2, "blue": 0, "unacknowledged": 2},
        "readings_total": 4,
        "readings_last_minute": 4,
        "commands_waiting": 0,
        "as_of": clock.now(),
    }
    await clock.advance(61)
    shown = (await web.get("/overview")).json()
    assert (shown["readings_last_minute"], shown["gateways"]["late"]) == (0, 1)


async def test_the_ledger_of_a_gateway(box: Gateway, web: httpx.AsyncClient) -> None:
    chunk = box.chunk(Lane.ALARM, alerts=(held_open("a", 1),))
    await box.send(box.readings(4), chunk)
    await box.send(chunk)
    shown = (await web.get("/gateways/g-1/ledger")).json()
    # the inventory, four readings, one alert
    assert shown == {"entries": 6, "readings": 4, "duplicates": 0, "chunks": 3, "again": 1, "rejected": 0}
    assert (await web.get("/gateways/none/ledger")).json()["error"] == "no_such_gateway"


async def test_gateways(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    item = (await web.get("/gateways")).json()["items"][0]
    assert (item["id"], item["name"], item["site"], item["state"]) == ("g-1", "示例社区", "site-1", "online")
    assert (item["devices_total"], item["devices_online"], item["buffer_state"]) == (1, 1, "durable")
    assert (item["seen_at"], item["config_hash"], len(item["key_fingerprint"])) == (clock.now(), "c0ffee", 19)
    for silence, state in ((61, "late"), (139, "offline")):
        await clock.advance(silence)
        item = (await web.get("/gateways")).json()["items"][0]
        assert (item["state"], item["devices_online"]) == (state, 0)
        device = (await web.get("/devices/g-1/door-1")).json()
        assert device["state"] == "unknown"


async def test_devices_carry_words_values_and_offers(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    at = clock.now() - 90_000_000
    batch = Batch("door-1", at, ("door_state", "exit_button", "supply_v"), ("open", False, 12.5), (0, 0, 18))
    await box.send(box.chunk(batches=(batch,)))
    device = (await web.get("/devices/g-1/door-1")).json()
    assert device["kind_text"]["zh"].startswith("门禁")
    assert (device["state"], device["place"], device["profile"]) == ("online", "1栋", "door/waveshare-relay-d8")
    state, button, supply = device["points"]
    assert (state["value"], state["value_text"]["open"]["zh"], state["late_s"]) == ("open", "开", 90.0)
    assert (button["value"], button["value_text"]["false"]["zh"]) == (False, "未按")
    assert (supply["value"], supply["unit"], supply["quality_text"]) == (12.5, "V", "bad(corrupt)")
    offer = device["commands"][0]
    assert (offer["name"], offer["args"]) == ("pulse_unlock", {"seconds": {"min": 1, "max": 30, "default": 5}})
    assert (await web.get("/devices/g-1/none")).json()["error"] == "no_such_device"


async def test_devices_can_be_searched(box: Gateway, web: httpx.AsyncClient) -> None:
    for query, found in (("", 1), ("?q=1号", 1), ("?q=栋", 1), ("?q=x", 0), ("?kind=bin", 0), ("?gateway=g-2", 0)):
        assert len((await web.get(f"/devices{query}")).json()["items"]) == found


async def test_a_device_that_left_the_file_leaves_the_list(box: Gateway, web: httpx.AsyncClient) -> None:
    from wire.inventory import Inventory

    older = box.chunk(Lane.ALARM, inventory=Inventory(box.clock.now() - 1, "old", "旧", "0", ()))
    gone = Inventory(box.clock.now() + 1, "site-1", "示例社区", "beef", ())
    await box.send(box.chunk(Lane.ALARM, inventory=gone))
    assert (await web.get("/devices")).json()["items"] == []
    await box.send(older)
    assert (await web.get("/gateways")).json()["items"][0]["name"] == "示例社区"


async def test_readings_of_a_point(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    await box.send(box.readings(10))
    start = clock.now()
    url = "/devices/g-1/door-1/readings?point=supply_v"
    shown = (await web.get(url)).json()
    assert (shown["unit"], shown["truncated"], len(shown["items"])) == ("V", False, 10)
    assert shown["items"][0] == [start, 12.0, 0, 0, 0]
    assert shown["summaries"] == []
    shown = (await web.get(f"{url}&limit=3")).json()
    assert ([item[1] for item in shown["items"]], shown["truncated"]) == ([19.0, 20.0, 21.0], True)
    shown = (await web.get(f"{url}&from={start + 2_000_000}&to={start + 4_000_000}")).json()
    assert [item[1] for item in shown["items"]] == [14.0, 15.0]
    assert (await web.get("/devices/g-1/door-1/readings?point=exit_button")).json()["items"] == []
    assert (await web.get("/devices/g-1/none/readings?point=x")).status_code == 404
    assert (await web.get("/devices/g-1/door-1/readings")).json()["error"] == "bad_request"
    assert (await web.get(f"{url}&from={10**30}")).json()["error"] == "bad_request"


async def test_the_number_of_a_call_is_nothing_to_show_people(
    box: Gateway, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    now = clock.now()
    numbered = replace(held_open("n", now), values={"door_state": "open", "seq": "7"})
    await box.send(box.chunk(Lane.ALARM, alerts=(numbered,)))
    [item] = (await web.get("/alerts")).json()["items"]
    assert (item["values"]["seq"], [one["text"]["zh"] for one in item["facts"]]) == ("7", ["门状态"])


async def test_alerts_from_raised_to_closed(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    now = clock.now()
    await box.send(box.chunk(Lane.ALARM, alerts=(held_open("a", now - 5_000_000),)))
    item = (await web.get("/alerts")).json()["items"][0]
    assert (item["state"], item["device_name"], item["gateway_name"]) == ("unacknowledged", "1号门", "示例社区")
    assert (item["late_s"], item["text"]["zh"]) == (5.0, "门未关")
    [fact] = item["facts"]
    assert (fact["text"]["zh"], fact["value_text"][fact["value"]]["zh"], fact["unit"]) == ("门状态", "开", "")
    answer = await web.post(f"/alerts/{item['id']}/ack", json={"note": "已派保安"})
    assert (answer.json()["state"], answer.json()["acknowledged_by"]) == ("acknowledged", "operator")
    again = await web.post(f"/alerts/{item['id']}/ack", json={"note": ""})
    assert (again.status_code, again.json()["error"]) == (409, "already_acknowledged")
    assert (await web.post("/alerts/none/ack", json={})).json()["error"] == "no_such_alert"
    await box.send(box.chunk(Lane.ALARM, alerts=(held_open("a", now, AlertState.CLEARED),)))
    assert (await web.get("/alerts?state=open")).json()["items"] == []
    closed = (await web.get("/alerts?state=closed")).json()["items"]
    assert [(row["state"], row["note"], row["cleared_at"]) for row in closed] == [("closed", "已派保安", now)]


async def test_an_alert_is_raised_once_however_often_it_comes(box: Gateway, web: httpx.AsyncClient) -> None:
    chunk = box.chunk(Lane.ALARM, alerts=(held_open("a", 5),))
    for _ in range(3):
        await box.send(chunk)
    await box.send(box.chunk(Lane.ALARM, alerts=(held_open("a", 5),)))
    assert len((await web.get("/alerts?state=all")).json()["items"]) == 1


async def test_alerts_page_by_page(box: Gateway, web: httpx.AsyncClient) -> None:
    # several at one instant: the page ends between them
    changes = tuple(held_open(f"a{i}", 100 + i // 3) for i in range(8))
    await box.send(box.chunk(Lane.ALARM, alerts=changes))
    seen: list[str] = []
    before = ""
    while True:
        page = (await web.get(f"/alerts?limit=3{before}")).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert len(seen) == len(set(seen)) == 8
    assert (await web.get("/alerts?before=x")).status_code == 422
    assert (await web.get("/alerts?level=red")).json()["items"] == []


async def test_live_page_hears_of_readings_alerts_and_gateways(box: Gateway, collector: Collector) -> None:
    await collector.tell()
    hub = collector.parts.hub
    count = len(hub._ring)
    bad = Batch("door-1", 77, ("supply_v",), (None,), (int(Quality.TIMEOUT),))
    await box.send(box.chunk(batches=(bad,)), box.chunk(Lane.ALARM, alerts=(held_open("a", 5),)))
    await collector.tell()
    told = [frame.split(b"\n") for _, frame, _ in list(hub._ring)[count:]]
    assert [lines[1] for lines in told] == [b"event: readings", b"event: alert", b"event: gateway"]
    payload = json.loads(told[0][2].removeprefix(b"data: "))
    assert payload == {"gateway": "g-1", "device": "door-1", "at": 77, "points": {"supply_v": [None, 17, 77]}}


async def test_audit_cannot_be_changed(collector: Collector, web: httpx.AsyncClient, store: SqlStore) -> None:
    from collector.store.errors import StoreRefused

    assert (await web.get("/audit?limit=1")).json()["items"][0]["what"] == "login"
    for deed in ("UPDATE audit SET who = 'me'", "DELETE FROM audit"):

        def change(scope: Scope, statement: str = deed) -> None:
            scope.connection.exec_driver_sql(statement)

        with pytest.raises(StoreRefused, match="append-only"):
            await store.write(change)


async def test_openapi_describes_what_is_there(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/api/v1/openapi.json")).json()
    assert shown["openapi"].startswith("3.")
    paths = set(shown["paths"])
    assert {"/api/v1/overview", "/api/v1/devices/{gateway}/{device}/readings", "/api/v1/alerts/{number}/ack"} <= paths
    known = set(shown["components"]["schemas"])
    used = {part.split('"')[0] for part in json.dumps(shown).split("#/components/schemas/")[1:]}
    assert used <= known
    assert all(operation.get("description") for methods in shown["paths"].values() for operation in methods.values())


async def test_strict_headers_everywhere(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/v1/session", "/gateway/v1/hello", "/nothing.js", "/api/nothing"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["cache-control"] in ("no-store", "no-cache")


async def test_the_console_is_served_and_nothing_beside_it(
    client: httpx.AsyncClient, collector: Collector, tmp_path: Path
) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<p>page</p>", encoding="utf-8")
    (static / "assets" / "a-1.js").write_text("1", encoding="utf-8")
    (static / ".stamp").write_text("x", encoding="utf-8")
    object.__setattr__(collector.parts, "static", static)
    for page in ("/", "/devices", "/devices/g-1/door-1"):
        assert (await client.get(page)).text == "<p>page</p>"
    asset = await client.get("/assets/a-1.js")
    assert (asset.text, "immutable" in asset.headers["cache-control"]) == ("1", True)
    for wrong in ("/assets/b.js", "/.stamp", "/%2e%2e/collector.db", "/api/v2/x", "/gateway/v9/x"):
        assert (await client.get(wrong)).status_code == 404
    object.__setattr__(collector.parts, "static", tmp_path / "none")
    assert "尚未构建" in (await client.get("/")).text


async def test_health_and_metrics(box: Gateway, client: httpx.AsyncClient, collector: Collector) -> None:
    await box.send(box.readings(3))
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    text = (await client.get("/metrics")).text
    assert "linli_collector_readings_total 3.0" in text
    assert "linli_collector_gateways_online 1.0" in text
    collector.parts.ingest.healthy = False
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["ingest"]) == (503, "failing")


async def test_a_large_body_is_refused(web: httpx.AsyncClient) -> None:
    answer = await web.post("/commands", json={"reason": "x" * 70_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
