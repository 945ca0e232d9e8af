"""A whole collector in memory for each test: a real database file, a clock in the test's hands, real HTTP messages."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from collector.access.passwords import Passwords
from collector.app import Collector
from collector.home import Home
from collector.store import people
from collector.store.records import PersonRow
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from runtime.testing import FakeClock
from tests.unit.collector.actor import DOOR, Gateway
from tests.unit.collector.community import DISTRICT, Community
from wire.exchange import Enrolled

PASSWORD = "right-horse"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = SqlStore(SqliteDialect(tmp_path / "collector.db"))
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def collector(tmp_path: Path, store: SqlStore, clock: FakeClock) -> Collector:
    passwords = Passwords(CHEAP)
    made = Collector(Home(tmp_path), store, clock, passwords)
    await made.start()
    kept = passwords.hashed(PASSWORD)
    for name in ("admin", "operator", "viewer"):
        await store.write(people.put_person, PersonRow(name, kept, name, clock.now()))
    await clock.advance(1)
    return made


@pytest.fixture
async def client(collector: Collector) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(collector.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as opened:
        yield opened


@pytest.fixture
async def gateway(collector: Collector, client: httpx.AsyncClient, clock: FakeClock) -> Gateway:
    box = Gateway(client, clock, collector.parts.name)
    code, _ = await collector.parts.enrolments.invite(box.name, "一号箱", by="test")
    assert isinstance(await box.enrol(code), Enrolled)
    return box


@pytest.fixture
async def web(collector: Collector) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the operator is logged in."""
    async with browser(collector, "operator") as opened:
        yield opened


class browser:  # noqa: N801 - used as a context manager, like a function
    """A browser in which ``name`` is logged in."""

    def __init__(self, collector: Collector, name: str) -> None:
        transport = httpx.ASGITransport(collector.app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://collector/api/v1")
        self._name = name

    async def __aenter__(self) -> httpx.AsyncClient:
        answer = await self._client.post("/session", json={"name": self._name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


async def soon(times: int = 200) -> None:
    """Let threads and tasks get on until nothing much is left to do."""
    for _ in range(times):
        await asyncio.sleep(0)


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
