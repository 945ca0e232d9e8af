"""What alerts tell of persons is for whom it is: in lists, alone, on the live page, and beside commands."""

import json

import httpx

from collector.api.hub import Hub
from collector.api.persons import HIDDEN, TELLING
from collector.app import Collector
from config.catalog import class_names, load_class
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import browser
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane
from wire.reading import Value

PLATE, NEAR = "浙F1D345", "浙F10345"


async def test_a_viewer_learns_that_the_guard_is_asked_and_not_about_whom(
    gateway: Gateway, collector: Collector, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    await gateway.send(gateway.inventory())
    text = {"zh": f"识别为 {PLATE}, 名单里有相像的 {NEAR}, 请核对", "en": f"{PLATE} was read and {NEAR} is listed"}
    values: dict[str, Value] = {"plate": PLATE, "near": NEAR, "near_list": "white", "confidence": 0.98}
    now = clock.now()
    about = ("a-1", "plate_near_miss", "door-1", AlertState.RAISED, Level.YELLOW, now, now)
    asked = AlertChange(*about, text=text, values=values)
    await gateway.send(gateway.chunk(Lane.ALARM, alerts=(asked,)))
    (whole,) = (await web.get("/alerts")).json()["items"]
    assert (whole["text"], whole["values"]) == (text, values)
    async with browser(collector, "viewer") as viewer:
        (listed,) = (await viewer.get("/alerts")).json()["items"]
        alone = (await viewer.get(f"/alerts/{whole['id']}")).json()
        standing = (await viewer.get("/alarms/metrics")).text
    assert listed["values"] == alone["values"] == {"near_list": "white", "confidence": 0.98}
    assert listed["text"]["en"] == f"{HIDDEN} was read and {HIDDEN} is listed"
    for shown in (listed, alone, standing):
        assert PLATE not in json.dumps(shown, ensure_ascii=False)
        assert NEAR not in json.dumps(shown, ensure_ascii=False)
    await collector.tell()
    live = [frame for _, _, frame in collector.parts.hub._ring if b"event: alert" in frame]
    assert [PLATE.encode() in frame for frame in live] == [False]


async def test_the_live_page_of_who_may_know_tells_it(clock: FakeClock) -> None:
    hub = Hub(clock)
    mine, theirs = hub.frames(persons=True), hub.frames()
    for frames in (mine, theirs):
        await anext(frames)
    hub.publish("alert", {"plate": PLATE}, {})
    assert PLATE.encode() in await anext(mine)
    seen = await anext(theirs)
    assert PLATE.encode() not in seen
    later = hub.frames(str(hub._number - 1))
    await anext(later)
    assert await anext(later) == seen


def test_what_is_hidden_is_what_the_catalogue_calls_personal() -> None:
    events = [event for name in class_names() for event in load_class(name).events if event.pii != "none"]
    assert {field for event in events for field in event.fields} >= TELLING
