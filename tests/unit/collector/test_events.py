"""Events at the collector: from either lane, once, with original times; persons are shown to whom they may be."""

from typing import Any

import httpx
import pytest

from collector.app import Collector
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import browser
from wire.chunk import Lane
from wire.event import Event
from wire.reading import Value

MINUTE = 60_000_000


@pytest.fixture
async def box(gateway: Gateway) -> Gateway:
    await gateway.send(gateway.inventory())
    return gateway


def passed(number: int, at: int, name: str = "access_granted") -> Event:
    fields: dict[str, Value] = {"person_ref": "P-0001", "direction": "in"}
    return Event(f"g-1:door-1:{number}", "door-1", name, at, fields if name == "access_granted" else {})


async def asked(web: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    answer = await web.get("/gateways/g-1/events", params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_event_of_either_lane_comes_out_once_with_its_time_and_how_late_it_was(
    box: Gateway, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    then = clock.now() - 90 * MINUTE
    await box.send(box.chunk(Lane.ALARM, events=(passed(1, then, "duress"),)))
    await box.send(box.chunk(Lane.HISTORY, events=(passed(2, then + 1), passed(1, then, "duress"))))
    items = await asked(web)
    assert [(item["id"], item["at"], item["late_s"]) for item in items] == [
        ("g-1:door-1:2", then + 1, 5399),
        ("g-1:door-1:1", then, 5400),
    ]
    assert items[1]["words"] == {"zh": "胁迫报警", "en": "Duress"}
    assert items[0]["fields"] == {"person_ref": "P-0001", "direction": "in"}


async def test_stretch_device_name_and_limit_choose(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    now = clock.now()
    events = tuple(passed(n, now - n * MINUTE, "access_denied" if n % 2 else "access_granted") for n in range(10))
    await box.send(box.chunk(events=events))
    assert len(await asked(web, **{"from": now - 3 * MINUTE, "to": now})) == 3
    assert len(await asked(web, name="access_denied")) == 5
    assert len(await asked(web, device="door-1", limit=4)) == 4
    assert await asked(web, device="door-2") == []
    assert (await web.get("/gateways/g-1/events", params={"limit": 9})).json()["truncated"] is True
    assert (await web.get("/gateways/none/events")).json()["error"] == "no_such_gateway"


async def test_a_viewer_sees_that_somebody_passed_and_not_who(
    box: Gateway, collector: Collector, clock: FakeClock
) -> None:
    flood = Event("g-1:door-1:f", "door-1", "event_flood", clock.now(), {"count": 3, "since": 1})
    strange = Event("g-1:door-1:s", "door-1", "not_in_the_catalogue", clock.now(), {"name": "x"})
    await box.send(box.chunk(events=(passed(1, clock.now()), passed(2, clock.now(), "duress"), flood, strange)))
    async with browser(collector, "viewer") as viewer:
        items = {item["name"]: item for item in await asked(viewer)}
    assert {name: (item["masked"], bool(item["fields"])) for name, item in items.items()} == {
        "access_granted": (True, False),
        "duress": (False, False),
        "event_flood": (False, True),
        "not_in_the_catalogue": (True, False),
    }
