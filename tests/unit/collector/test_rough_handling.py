"""What scanners, scripts and broken clients throw at the doors: an honest no, never a fault of our own."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from collector.api import gateway as door
from collector.app import Collector
from collector.store import fleet, people
from collector.store.errors import StoreUnavailable
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import CHUNKS, Gateway, refusal
from tests.unit.collector.conftest import PASSWORD

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/" + "a" * 300, "/" + "a/" * 3000, "/%00", "/..%2f..%2f..%2fetc%2fpasswd"])
async def test_a_path_that_no_file_can_have_is_a_page_like_any_other(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (await client.get(path + ".js")).status_code == 404


@pytest.mark.parametrize("address", ["/devices?gateway=%00", "/devices/%00/door-1", "/alerts?device=a%00b"])
async def test_no_zero_character_reaches_the_database(web: httpx.AsyncClient, address: str) -> None:
    answer = await web.get(address)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/session", {"name": "a\0", "password": "b"}),
        ("/alerts/x/ack", {"note": "a\0"}),
        ("/enrolments", {"gateway": "g-2", "name": "a\0"}),
        ("/commands", {"gateway": "g-1", "device": "d", "name": "n", "reason": "a\0"}),
        ("/session", {"name": "\ud800", "password": "b"}),
    ],
)
async def test_nor_in_what_a_person_typed(web: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await web.post(path, content=json.dumps(body), headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (422, "bad_request")


@pytest.mark.parametrize("origin", ["http://[", "null", "", "http://collector.evil", "http://evil/http://collector"])
async def test_a_foreign_origin_may_not_write(web: httpx.AsyncClient, origin: str) -> None:
    answer = await web.post("/alerts/x/ack", json={"note": ""}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin")


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"\xff\xfe", b"[" * 60_000, b'{"note":' + b"9" * 5000 + b"}"])
async def test_json_that_is_none(web: httpx.AsyncClient, body: bytes) -> None:
    answer = await web.post("/alerts/x/ack", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"] in ("refused", "bad_request")


async def test_many_guesses_at_once_are_no_more_than_five(collector: Collector, client: httpx.AsyncClient) -> None:
    guesses = [{"name": "operator", "password": f"guess {number}"} for number in range(19)]
    right = {"name": "operator", "password": PASSWORD}
    tries = [client.post("/api/v1/session", json=body) for body in (*guesses, right)]
    words = [answer.json()["error"] for answer in await asyncio.gather(*tries)]
    assert (words.count("wrong_login"), words.count("locked")) == (5, 15)
    audit = await collector.parts.store.read(people.audit_page, limit=100, before=None)
    assert [row.result for row in audit if row.what == "login"] == ["locked", *["wrong_login"] * 4]


async def test_a_body_is_let_in_only_after_its_token(gateway: Gateway, client: httpx.AsyncClient) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"x" * 1024

    answer = await client.post(CHUNKS, content=body(), headers=gateway.token("POST", CHUNKS, gateway="stranger"))
    assert (answer.status_code, refusal(answer).error, read) == (401, "unknown_gateway", 0)
    headers = gateway.token("POST", CHUNKS)
    assert refusal(await client.post(CHUNKS, content=body(), headers=headers)).error == "wrong_body"
    assert refusal(await client.post(CHUNKS, content=body(), headers=headers)).error == "replayed"
    assert read == 1


async def test_a_body_that_dribbles_is_not_waited_for(
    gateway: Gateway, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BODY_S", 0.01)

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    answer = await client.post(CHUNKS, content=body(), headers=gateway.token("POST", CHUNKS, b"xx"))
    assert (answer.status_code, refusal(answer).error) == (408, "too_slow")


async def test_a_revoked_gateway_s_devices_are_gone_but_not_forgotten(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore, clock: FakeClock
) -> None:
    await gateway.send(gateway.inventory(), gateway.readings(2))
    order = {"gateway": "g-1", "device": "door-1", "name": "pulse_unlock", "reason": "test"}
    await web.post("/commands", json=order)
    await store.write(fleet.revoke, "g-1", clock.now())
    assert (await web.get("/devices")).json()["items"] == []
    assert (await web.get("/devices/g-1/door-1")).status_code == 404
    assert (await web.post("/commands", json=order)).json()["error"] == "no_such_device"
    assert (await web.get("/commands")).json()["items"][0]["device_name"] == "1号门"
    readings = await web.get("/devices/g-1/door-1/readings", params={"point": "supply_v"})
    assert len(readings.json()["items"]) == 2


async def test_what_could_not_be_told_is_told_later(
    gateway: Gateway, collector: Collector, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.send(gateway.inventory())
    await collector.tell()
    await web.post("/commands", json={"gateway": "g-1", "device": "door-1", "name": "pulse_unlock", "reason": "test"})
    published: list[str] = []
    monkeypatch.setattr(collector.parts.hub, "publish", lambda event, _payload: published.append(event))

    async def unavailable(*_: object) -> None:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(collector.parts.store, "read", unavailable)
        with pytest.raises(StoreUnavailable):
            await collector.tell()
    assert published == []
    await collector.tell()
    assert published == ["command"]
