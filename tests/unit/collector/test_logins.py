"""People at the door: lockout, sessions that slide and end, and what a script could try."""

import httpx
import pytest

from collector.access.logins import LOCK_S
from collector.access.roles import Right, may
from collector.app import Collector
from collector.store import people
from collector.store.records import PersonRow
from runtime.testing import FakeClock
from tests.unit.collector.conftest import PASSWORD, browser


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/v1/session", json={"name": name, "password": password})


async def test_login_and_logout(client: httpx.AsyncClient, collector: Collector) -> None:
    assert (await client.get("/api/v1/session")).json()["error"] == "not_logged_in"
    answer = await log_in(client, "operator")
    about = {"name": collector.parts.name, "version": collector.parts.version}
    assert answer.json() == {"user": {"name": "operator", "role": "operator", "community": ""}, "collector": about}
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert (await client.get("/api/v1/session")).status_code == 200
    token = client.cookies["linli_session"]
    assert (await client.delete("/api/v1/session")).status_code == 204
    client.cookies.set("linli_session", token)
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(
    client: httpx.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(5):
        answer = await log_in(client, "operator", "wrong")
        assert (answer.status_code, answer.json()["error"]) == (401, "wrong_login")
    answer = await log_in(client, "operator")
    assert (answer.status_code, answer.json()["error"], answer.json()["wait_s"]) == (429, "locked", LOCK_S)
    await clock.advance(LOCK_S - 1)
    assert (await log_in(client, "operator")).json()["wait_s"] == 1
    assert (await log_in(client, "viewer")).status_code == 200
    await clock.advance(2)
    assert (await log_in(client, "operator", "wrong")).status_code == 401
    assert (await log_in(client, "operator")).status_code == 200


async def test_an_unknown_name_is_treated_like_a_known_one(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        assert (await log_in(client, "nobody", "wrong")).json()["error"] == "wrong_login"
    assert (await log_in(client, "nobody", "wrong")).json()["error"] == "locked"


async def test_a_right_password_forgets_the_wrong_ones(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(4):
            await log_in(client, "operator", "wrong")
        assert (await log_in(client, "operator")).status_code == 200


async def test_sessions_slide_and_end(client: httpx.AsyncClient, clock: FakeClock) -> None:
    await log_in(client, "operator")
    for _ in range(12 * 6):
        assert (await client.get("/api/v1/session")).status_code == 200
        await clock.advance(600)
    await clock.advance(60)
    assert (await client.get("/api/v1/session")).status_code == 401
    await log_in(client, "operator")
    await clock.advance(15 * 60 + 1)
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_new_password_ends_the_sessions(client: httpx.AsyncClient, collector: Collector) -> None:
    await log_in(client, "operator")
    store, now = collector.parts.store, collector.parts.clock.now()
    await store.write(people.put_person, PersonRow("operator", "no hash", "admin", now))
    assert (await client.get("/api/v1/session")).status_code == 401
    assert (await log_in(client, "operator")).json()["error"] == "wrong_login"


async def test_foreign_pages_cannot_act(client: httpx.AsyncClient) -> None:
    body = {"name": "operator", "password": PASSWORD}
    answer = await client.post("/api/v1/session", json=body, headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin")
    answer = await client.post("/api/v1/session", json=body, headers={"Origin": "null"})
    assert answer.status_code == 403
    answer = await client.post("/api/v1/session", json=body, headers={"Origin": "http://collector"})
    assert answer.status_code == 200
    answer = await client.post("/api/v1/session", data=body)
    assert (answer.status_code, answer.json()["error"]) == (415, "json_expected")
    answer = await client.request("DELETE", "/api/v1/session", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


async def test_everything_at_the_door_is_audited(client: httpx.AsyncClient, collector: Collector) -> None:
    await log_in(client, "operator", "wrong")
    await log_in(client, "operator")
    await client.delete("/api/v1/session")
    rows = await collector.parts.store.read(people.audit_page, limit=10, before=None)
    assert [(row.who, row.what, row.result) for row in rows] == [
        ("operator", "logout", "ok"),
        ("operator", "login", "ok"),
        ("operator", "login", "wrong_login"),
    ]
    assert PASSWORD not in str(rows)


@pytest.mark.parametrize("path", ["overview", "gateways", "devices", "alerts", "commands", "audit", "stream"])
async def test_nothing_without_a_session(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["error"]) == (401, "not_logged_in")


async def test_roles(collector: Collector) -> None:
    async with browser(collector, "viewer") as viewer:
        answer = await viewer.post("/enrolments", json={"gateway": "g-2"})
        assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    async with browser(collector, "admin") as admin:
        answer = await admin.post("/enrolments", json={"gateway": "g-2", "name": "二号"})
        assert answer.status_code == 201
        assert set(answer.json()) == {"gateway", "code", "expires_at"}
        assert (await admin.post("/enrolments", json={"gateway": "G 2"})).json()["error"] == "bad_name"
    assert not may("unheard-of", Right.COMMAND)
