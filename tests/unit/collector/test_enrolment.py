"""How gateways become known: codes that work once, in time, for one name."""

import re

import httpx
import pytest

from collector.access.codes import code_hash, new_code
from collector.access.enrolment import BadName
from collector.app import Collector
from collector.store import fleet, people
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.rows import row_counts
from wire.codec import encode
from wire.exchange import Enrolled, EnrolmentRequest, Refusal


def test_codes_can_be_read_out() -> None:
    code = new_code()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    assert code_hash("oIl23-abcde") == code_hash("01123 ABCDE")
    assert new_code() != new_code()


@pytest.fixture
def box(collector: Collector, client: httpx.AsyncClient, clock: FakeClock) -> Gateway:
    return Gateway(client, clock, collector.parts.name, "box")


async def test_a_code_works_once(box: Gateway, collector: Collector, store: SqlStore) -> None:
    code, expires_at = await collector.parts.enrolments.invite("box", "一号箱", by="admin")
    assert expires_at == box.clock.now() + 900_000_000
    answer = await box.enrol(code.lower().replace("-", ""))
    assert answer == Enrolled(collector.parts.name, "box", collector.parts.command_key, box.clock.now())
    second = await box.enrol(code)
    assert isinstance(second, Refusal)
    assert second.error == "bad_code"
    lines = await store.read(people.audit_page, limit=10, before=None)
    assert [line.what for line in lines] == ["enrolled", "enrolment_code"]


async def test_a_code_expires_and_belongs_to_one_gateway(box: Gateway, collector: Collector, store: SqlStore) -> None:
    code, _ = await collector.parts.enrolments.invite("other", "", by="admin")
    before = await row_counts(store)
    assert isinstance(await box.enrol(code), Refusal)
    box.name = "other"
    await box.clock.advance(901)
    assert isinstance(await box.enrol(code), Refusal)
    assert isinstance(await box.enrol("00000-00000"), Refusal)
    assert await row_counts(store) == before


async def test_a_bad_key_does_not_use_the_code_up(box: Gateway, collector: Collector, store: SqlStore) -> None:
    code, _ = await collector.parts.enrolments.invite("box", "", by="admin")
    body = encode(EnrolmentRequest(code, "box", "short"))
    assert (await box.client.post("/gateway/v1/enrol", content=body)).status_code == 403
    assert isinstance(await box.enrol(code), Enrolled)


async def test_enrolling_again_changes_the_key_and_keeps_the_gateway(gateway: Gateway, collector: Collector) -> None:
    await gateway.send(gateway.inventory())
    store = collector.parts.store
    code, _ = await collector.parts.enrolments.invite(gateway.name, "", by="admin")
    fresh = Gateway(gateway.client, gateway.clock, gateway.collector, gateway.name)
    assert isinstance(await fresh.enrol(code), Enrolled)
    assert (await gateway.tell()).status_code == 401
    assert (await fresh.tell()).status_code == 200
    row = await store.read(fleet.one_gateway, gateway.name)
    assert row is not None
    assert (row.name, row.site) == ("示例社区", "site-1")


async def test_garbage_at_the_door(client: httpx.AsyncClient, store: SqlStore) -> None:
    before = await row_counts(store)
    assert (await client.post("/gateway/v1/enrol", content=b"garbage")).status_code == 400
    assert await row_counts(store) == before


@pytest.mark.parametrize("name", ["", "-x", "UPPER", "a b", "x" * 64, "a/b"])
async def test_names_that_no_gateway_may_have(collector: Collector, name: str) -> None:
    with pytest.raises(BadName):
        await collector.parts.enrolments.invite(name, "", by="admin")
