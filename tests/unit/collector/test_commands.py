"""Commands: what may be asked, how it travels, and that its recorded outcome is the truth as far as it is known."""

from collections.abc import AsyncIterator

import httpx
import pytest

from collector.app import Collector
from collector.commands.stream import SIGN_S
from collector.store import commands, fleet, people
from collector.store.records import CommandRow
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import browser, soon
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane
from wire.codec import decode
from wire.command import Command
from wire.exchange import Downlink
from wire.identity import public_key, verify_command
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.receipt import Fate

ORDER = {"gateway": "g-1", "device": "door-1", "name": "pulse_unlock", "args": {"seconds": 3}, "reason": "住户忘带卡"}


@pytest.fixture
async def box(gateway: Gateway) -> Gateway:
    """A gateway that has told what it has and is online."""
    await gateway.send(gateway.inventory())
    await gateway.tell()
    return gateway


def opened(frame: bytes, collector: Collector) -> Command | None:
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    signed = decode(frame[4:], Downlink).command
    if signed is None:
        return None
    return verify_command(signed, public_key(collector.parts.command_key), gateway="g-1")


async def give(web: httpx.AsyncClient, **changes: object) -> httpx.Response:
    return await web.post("/commands", json=ORDER | changes)


async def state(web: httpx.AsyncClient, number: str) -> tuple[str, str]:
    row = (await web.get(f"/commands/{number}")).json()
    return row["state"], row["outcome_reason"]


@pytest.fixture
async def stream(box: Gateway, collector: Collector) -> AsyncIterator[AsyncIterator[bytes]]:
    frames = collector.parts.streams.frames("g-1")
    yield frames
    await frames.aclose()  # type: ignore[attr-defined]


async def test_a_whole_life(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, stream: AsyncIterator[bytes]
) -> None:
    assert opened(await anext(stream), collector) is None
    answer = await give(web)
    assert answer.status_code == 201
    record = answer.json()
    assert (record["state"], record["by"], record["device_name"]) == ("queued", "operator", "1号门")
    assert record["expires_at"] - record["issued_at"] == 30_000_000
    command = opened(await anext(stream), collector)
    assert command is not None
    assert (command.id, command.name, command.args) == (record["id"], "pulse_unlock", {"seconds": 3})
    assert (command.by, command.reason, command.expires_at) == ("operator", "住户忘带卡", record["expires_at"])
    assert await state(web, command.id) == ("sent", "")
    done = Outcome(command.id, "door-1", OutcomeState.EXECUTED, box.clock.now(), readback={"lock_state": "unlocked"})
    await box.report(done)
    shown = (await web.get(f"/commands/{command.id}")).json()
    assert (shown["state"], shown["readback"], shown["outcome_at"]) == ("executed", done.readback, done.at)
    rows = await collector.parts.store.read(people.audit_page, limit=2, before=None)
    assert [(row.who, row.what, row.result) for row in rows] == [
        ("g-1", "command_outcome", "executed"),
        ("operator", "command", "queued"),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"device": "door-9"}, 404, "no_such_device"),
        ({"gateway": "g-9"}, 404, "no_such_device"),
        ({"name": "explode"}, 422, "unknown_command"),
        ({"args": {"seconds": 31}}, 422, "bad_argument"),
        ({"args": {"seconds": True}}, 422, "bad_argument"),
        ({"args": {"seconds": "3"}}, 422, "bad_argument"),
        ({"args": {"minutes": 3}}, 422, "bad_argument"),
        ({"reason": "  "}, 422, "reason_missing"),
        ({"reason": "x" * 501}, 422, "bad_argument"),
        ({"args": []}, 422, "bad_request"),
    ],
)
async def test_what_is_refused(
    box: Gateway, web: httpx.AsyncClient, changes: dict[str, object], status: int, word: str
) -> None:
    answer = await give(web, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert (await web.get("/commands")).json() == {"items": []}


async def test_a_viewer_may_not_and_that_is_audited(box: Gateway, collector: Collector) -> None:
    async with browser(collector, "viewer") as viewer:
        answer = await give(viewer)
    assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    row = (await collector.parts.store.read(people.audit_page, limit=1, before=None))[0]
    assert (row.who, row.what, row.result, row.target) == ("viewer", "command", "not_allowed", "g-1/door-1")


async def test_a_silent_gateway_is_not_asked(box: Gateway, web: httpx.AsyncClient, clock: FakeClock) -> None:
    await clock.advance(181)
    answer = await give(web)
    assert (answer.status_code, answer.json()["error"]) == (409, "gateway_offline")


async def test_arguments_left_out_take_their_default(box: Gateway, web: httpx.AsyncClient) -> None:
    assert (await give(web, args={})).json()["args"] == {"seconds": 5}


async def test_never_delivered_is_expired(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock
) -> None:
    number = (await give(web)).json()["id"]
    await clock.advance(29)
    await collector.parts.desk.conclude()
    assert await state(web, number) == ("queued", "")
    await clock.advance(1)
    await collector.parts.desk.conclude()
    assert await state(web, number) == ("expired", "not_delivered")
    frames = collector.parts.streams.frames("g-1")
    assert opened(await anext(frames), collector) is None
    await clock.advance(SIGN_S)
    assert await collector.parts.store.write(commands.mark_sent, number, clock.now()) is None


async def test_no_answer_is_unknown_until_the_gateway_tells(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, clock: FakeClock, stream: AsyncIterator[bytes]
) -> None:
    number = (await give(web)).json()["id"]
    await anext(stream)
    assert opened(await anext(stream), collector) is not None
    await clock.advance(59)
    await collector.parts.desk.conclude()
    assert await state(web, number) == ("sent", "")
    await clock.advance(1)
    await collector.parts.desk.conclude()
    assert await state(web, number) == ("unknown", "no_outcome")
    await box.report(Outcome(number, "door-1", OutcomeState.EXECUTED, clock.now()))
    assert await state(web, number) == ("executed", "")


async def test_the_first_word_of_the_gateway_stands(box: Gateway, web: httpx.AsyncClient, store: SqlStore) -> None:
    number = (await give(web)).json()["id"]
    await box.report(Outcome(number, "door-1", OutcomeState.REFUSED, 5, "device_offline"))
    await box.report(Outcome(number, "door-1", OutcomeState.EXECUTED, 6))
    assert await state(web, number) == ("refused", "device_offline")


async def test_outcomes_of_others_commands_change_nothing(
    box: Gateway, web: httpx.AsyncClient, collector: Collector
) -> None:
    number = (await give(web)).json()["id"]
    other = Gateway(box.client, box.clock, box.collector, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "", by="test")
    await other.enrol(code)
    await other.report(Outcome(number, "door-1", OutcomeState.EXECUTED, 6))
    await other.report(Outcome("no such command", "door-1", OutcomeState.EXECUTED, 6))
    assert await state(web, number) == ("queued", "")


async def test_a_new_stream_gets_it_again_until_there_is_an_outcome(
    box: Gateway, web: httpx.AsyncClient, collector: Collector, stream: AsyncIterator[bytes]
) -> None:
    number = (await give(web)).json()["id"]
    await anext(stream)
    assert opened(await anext(stream), collector) is not None
    second = collector.parts.streams.frames("g-1")
    await anext(second)
    again = opened(await anext(second), collector)
    assert again is not None
    assert again.id == number
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await box.report(Outcome(number, "door-1", OutcomeState.EXECUTED, 6))
    third = collector.parts.streams.frames("g-1")
    await anext(third)
    collector.parts.streams.close()
    assert [opened(frame, collector) async for frame in third] == []


async def test_signs_of_life_and_the_end_of_a_revoked_gateway(
    box: Gateway, collector: Collector, clock: FakeClock, stream: AsyncIterator[bytes]
) -> None:
    import asyncio

    await anext(stream)
    for _ in range(2):
        waiting = asyncio.ensure_future(anext(stream))
        await _until_asleep(clock)
        await clock.advance(SIGN_S)
        assert opened(await waiting, collector) is None
    await collector.parts.store.write(fleet.revoke, "g-1", clock.now())
    waiting = asyncio.ensure_future(anext(stream))
    await _until_asleep(clock)
    await clock.advance(SIGN_S)
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_commands_live_on_the_page(box: Gateway, web: httpx.AsyncClient, collector: Collector) -> None:
    await collector.tell()
    number = (await give(web)).json()["id"]
    await box.report(Outcome(number, "door-1", OutcomeState.EXECUTED, 6))
    await collector.tell()
    told = [frame for _, frame, _ in collector.parts.hub._ring if b"event: command" in frame]
    assert [b'"state":"executed"' in frame for frame in told] == [False, True]


async def test_the_signed_form_is_what_is_kept(box: Gateway, web: httpx.AsyncClient, store: SqlStore) -> None:
    number = (await give(web)).json()["id"]
    row = await store.read(commands.one, number)
    assert isinstance(row, CommandRow)
    assert decode(row.payload, Command).id == number


FIRE = AlertChange(
    "g-1:fire_released:door-1:5", "fire_released", "door-1", AlertState.RAISED, Level.RED, 5, 5, latched=True,
    text={"zh": "1号门 消防联动开门", "en": "door 1: released by the fire system"},
)  # fmt: skip


def released(device: str, state: OutcomeState, reason: str = "", alert: str = FIRE.alert) -> Outcome:
    asked = LocalAction(alert, FIRE.rule, "release_all_doors", 6)
    return Outcome(f"rule:{alert}:release_all_doors:{device}", device, state, 7, reason, action=asked)


async def test_what_a_rule_did_is_shown_with_its_command_and_its_alert(
    box: Gateway, web: httpx.AsyncClient, collector: Collector
) -> None:
    done = (released("door-1", OutcomeState.EXECUTED), released("door-9", OutcomeState.REFUSED, "line_lost"))
    await box.send(box.chunk(Lane.ALARM, alerts=(FIRE,)), box.chunk(Lane.ALARM, outcomes=done))
    first, second = (await web.get("/commands")).json()["items"]
    assert {first["device"], second["device"]} == {"door-1", "door-9"}
    assert {first["by"], second["by"]} == {"rule:fire_released"}
    assert first["alert_text"] == FIRE.text
    assert (first["name"], first["reason"], first["issued_at"], first["outcome_at"]) == ("release_all_doors", "", 6, 7)
    (alert,) = (await web.get("/alerts")).json()["items"]
    assert first["alert"] == alert["id"]
    assert [(one["device_name"], one["state"], one["reason"]) for one in alert["actions"]] == [
        ("1号门", "executed", ""),
        ("door-9", "refused", "line_lost"),
    ]
    assert alert["actions"][0]["text"] == {"zh": "释放全部门", "en": "Release all doors"}
    await box.report(done[0])
    assert len((await web.get("/commands")).json()["items"]) == 2
    assert (await web.get("/overview")).json()["commands_waiting"] == 0


async def test_what_a_rule_did_comes_to_the_live_page_with_its_alert(box: Gateway, collector: Collector) -> None:
    await box.send(box.chunk(Lane.ALARM, alerts=(FIRE,)))
    await collector.tell()
    await box.report(released("door-1", OutcomeState.EXECUTED))
    await collector.tell()
    told = [one[1] for one in collector.parts.hub._ring if b"event: alert" in one[1] or b"event: command" in one[1]]
    assert [b'"state":"executed"' in frame for frame in told] == [False, True, True]


async def test_what_a_rule_did_before_its_alert_is_known_is_kept_all_the_same(
    box: Gateway, web: httpx.AsyncClient
) -> None:
    await box.report(released("door-1", OutcomeState.UNKNOWN, "answer_lost", alert="never told"))
    (row,) = (await web.get("/commands?device=door-1")).json()["items"]
    assert (row["state"], row["outcome_reason"], row["alert_text"]) == ("unknown", "answer_lost", {})
    assert (await web.get("/alerts")).json()["items"] == []


@pytest.mark.parametrize("asked", [LocalAction("", "r", "open", 6), LocalAction("a", "r" * 201, "open", 6),
                                   LocalAction("a", "r", "\0", 6), LocalAction("a", "r", "open", 1 << 62)])  # fmt: skip
async def test_what_a_rule_did_has_names_and_a_time_or_is_rejected(
    box: Gateway, web: httpx.AsyncClient, asked: LocalAction
) -> None:
    receipts = await box.report(Outcome("rule:a", "door-1", OutcomeState.EXECUTED, 7, action=asked))
    assert [(one.fate, one.reason) for one in receipts.receipts] == [(Fate.REJECTED, "malformed")]
    assert (await web.get("/commands")).json()["items"] == []


async def test_a_person_s_command_names_no_alert(box: Gateway, web: httpx.AsyncClient) -> None:
    row = (await give(web)).json()
    assert (row["by"], row["alert"], row["alert_text"]) == ("operator", "", {})


async def _until_asleep(clock: FakeClock) -> None:
    while not any(not sleeper[2].done() for sleeper in clock._sleepers):
        await soon(5)
