"""Requests that must not be believed: each gets its word, a log line, and changes nothing."""

import secrets
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from collector.app import Collector
from collector.home import Home
from collector.store import fleet
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import CHUNKS, Gateway, refusal
from tests.unit.collector.rows import row_counts
from wire.codec import encode_chunks

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"gateway": "stranger"}, "unknown_gateway"),
        ({"collector": "another"}, "wrong_audience"),
        ({"issued_at": 1_600_000_000 * SECOND}, "expired"),
        ({"issued_at": 1_900_000_000 * SECOND}, "not_yet"),
        ({"body_sha256": "0" * 64}, "wrong_body"),
        ({"method": "GET"}, "wrong_body"),
        ({"path": "/gateway/v1/status"}, "wrong_body"),
    ],
)
async def test_refusals(gateway: Gateway, store: SqlStore, changes: dict[str, Any], word: str) -> None:
    before = await row_counts(store)
    with capture_logs() as lines:
        answer = await gateway.post(CHUNKS, encode_chunks([gateway.readings(2)]), **changes)
    assert (answer.status_code, refusal(answer).error, refusal(answer).time) == (401, word, gateway.clock.now())
    assert await row_counts(store) == before
    assert [(line["event"], line["reason"]) for line in lines] == [("request_refused", word)]


async def test_a_foreign_key_is_refused(gateway: Gateway, store: SqlStore) -> None:
    before = await row_counts(store)
    gateway.private = Ed25519PrivateKey.generate()
    answer = await gateway.post(CHUNKS, encode_chunks([gateway.readings(2)]))
    assert (answer.status_code, refusal(answer).error) == (401, "bad_signature")
    assert await row_counts(store) == before


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer a.b.c", "Bearer " + "x" * 9000])
async def test_no_token_at_all(gateway: Gateway, client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post(CHUNKS, content=b"", headers={"Authorization": header} if header else {})
    assert (answer.status_code, refusal(answer).error) == (401, "malformed")


async def test_one_token_is_one_request(gateway: Gateway, client: httpx.AsyncClient, clock: FakeClock) -> None:
    body = encode_chunks([gateway.readings(1)])
    headers = gateway.token("POST", CHUNKS, body)
    assert (await client.post(CHUNKS, content=body, headers=headers)).status_code == 200
    words = []
    for _ in range(8):
        answer = await client.post(CHUNKS, content=body, headers=headers)
        words.append(refusal(answer).error)
        await clock.advance(20)
    assert words[:4] == ["replayed"] * 4
    assert words[-1] == "expired"
    assert set(words) == {"replayed", "expired"}


async def test_a_token_from_before_this_start_is_refused(
    gateway: Gateway, tmp_path: Any, store: SqlStore, clock: FakeClock
) -> None:
    body = encode_chunks([gateway.readings(1)])
    headers = gateway.token("POST", CHUNKS, body)
    await clock.advance(2)
    again = Collector(Home(tmp_path), store, clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(again.app), base_url="http://collector") as client:
        answer = await client.post(CHUNKS, content=body, headers=headers)
        assert (answer.status_code, refusal(answer).error) == (401, "expired")
        await clock.advance(1)
        gateway.client = client
        assert (await gateway.send(gateway.readings(1))).receipts


async def test_a_revoked_gateway_is_unknown(gateway: Gateway, store: SqlStore, clock: FakeClock) -> None:
    assert await store.write(fleet.revoke, "g-1", clock.now())
    assert not await store.write(fleet.revoke, "g-1", clock.now())
    assert refusal(await gateway.tell()).error == "unknown_gateway"


async def test_hello_needs_no_token(client: httpx.AsyncClient, collector: Collector, clock: FakeClock) -> None:
    from wire.codec import decode
    from wire.exchange import Hello

    answer = await client.get("/gateway/v1/hello")
    assert decode(answer.content, Hello) == Hello(collector.parts.name, (1,), clock.now())


async def test_memory_of_tokens_is_bounded_by_their_life(gateway: Gateway, collector: Collector) -> None:
    for _ in range(5):
        await gateway.tell()
        await gateway.clock.advance(60)
    assert len(collector.parts.gate._used) <= 3
    assert secrets.token_hex(8) not in {use for _, use in collector.parts.gate._used}
