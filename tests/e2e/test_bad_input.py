"""What must not be believed, in front of real programs: a clear refusal, one line in the log, and nothing changed."""

import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.commands.key import load_or_make
from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.demo.programs import ask, wait_for
from simulators.demo.stage import Stage, all_online, free_port
from simulators.network.answers import ANSWERS
from tests.fakes.proxy import ANSWER_CUT, ANSWER_LOST, PASS, Proxy
from tests.unit.collector.actor import CHUNKS, Gateway, refusal
from wire.codec import encode_chunks
from wire.command import Command
from wire.exchange import Enrolled
from wire.identity import sign_command

SECOND = 1_000_000


def lines(stage: Stage, program: str, *words: str) -> list[str]:
    """Return the lines of a program's log that hold all ``words``."""
    log = (stage.folder / f"{program}.log").read_text("utf-8", errors="replace")
    return [line for line in log.splitlines() if all(word in line for word in words)]


def picture(stage: Stage) -> dict[str, Counter[Any]]:
    """Return every row that the collector has on disk, but for when its gateways were last heard, and who judges the
    district's rules and how far: that goes on whatever comes.
    """
    with closing(sqlite3.connect(f"file:{stage.folder}/collector/collector.db?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        database.execute("CREATE TEMP VIEW gateways AS SELECT gateway, public_key, revoked_at FROM gateway")
        tables[tables.index("gateway")] = "gateways"
        tables = [table for table in tables if table not in ("rule_state", "rule_owner")]
        return {table: Counter(database.execute(f'SELECT * FROM "{table}"')) for table in tables}  # noqa: S608 - our own tables


@pytest.fixture
def collector_alone(tmp_path: Path) -> Iterator[Stage]:
    """A stage on which only the collector runs."""
    stage = Stage(tmp_path / "stage", port=free_port())
    stage.folder.mkdir()
    try:
        stage.start_collector()
        yield stage
    finally:
        assert stage.stop("collector") == 0


class _Ahead(FakeClock):
    """The machine's time and two seconds: a token of the second in which the collector started is refused."""

    def now(self) -> int:
        return SystemClock().now() + 2 * SECOND


@pytest.fixture
async def box(collector_alone: Stage) -> AsyncIterator[Gateway]:
    """A gateway that is enrolled there."""
    data = str(collector_alone.folder / "collector")
    code = ask(["collector", "enrol", "g-1", "--data", data])["code"]
    async with httpx.AsyncClient(base_url=collector_alone.url, trust_env=False) as client:
        made = Gateway(client, _Ahead(), "", "g-1")
        enrolled = await made.enrol(code)
        assert isinstance(enrolled, Enrolled)
        made.collector = enrolled.collector
        yield made


async def test_requests_that_are_not_believed_change_nothing(collector_alone: Stage, box: Gateway) -> None:
    body = encode_chunks([box.readings(3)])
    used = box.token("POST", CHUNKS, body)
    assert (await box.client.post(CHUNKS, content=body, headers=used)).status_code == 200
    stranger = Gateway(box.client, box.clock, box.collector, "stranger")
    thief = Gateway(box.client, box.clock, box.collector, box.name)
    fresh = encode_chunks([box.readings(5, start=10)])
    cases: dict[str, Callable[[], tuple[dict[str, str], bytes]]] = {  # each token is made when it is sent
        "replayed": lambda: (used, body),
        "unknown_gateway": lambda: (stranger.token("POST", CHUNKS, fresh), fresh),
        "bad_signature": lambda: (thief.token("POST", CHUNKS, fresh), fresh),
        "wrong_body": lambda: (box.token("POST", CHUNKS, body), fresh),
        "expired": lambda: (box.token("POST", CHUNKS, fresh, issued_at=box.clock.now() - 3600 * SECOND), fresh),
        "not_yet": lambda: (box.token("POST", CHUNKS, fresh, issued_at=box.clock.now() + 3600 * SECOND), fresh),
        "wrong_audience": lambda: (box.token("POST", CHUNKS, fresh, collector="another"), fresh),
        "malformed": lambda: ({"Authorization": "Bearer of bad news"}, fresh),
    }
    before = picture(collector_alone)
    assert before["readings"].total() == 3
    for word, made in cases.items():
        headers, sent = made()
        answer = await box.client.post(CHUNKS, content=sent, headers=headers)
        assert (answer.status_code, refusal(answer).error) == (401, word)
        assert len(lines(collector_alone, "collector", "request_refused", f"reason={word}")) == 1
    assert len(lines(collector_alone, "collector", "request_refused")) == len(cases)
    assert picture(collector_alone) == before
    assert (await box.client.post(CHUNKS, content=fresh, headers=box.token("POST", CHUNKS, fresh))).status_code == 200
    assert picture(collector_alone)["readings"].total() == 8


def test_commands_and_answers_that_are_not_believed(stage: Stage) -> None:
    with Proxy(stage.port) as proxy:
        _send_the_agent_through(stage, proxy)
        _commands_that_must_do_nothing(stage, proxy)
        _answers_that_mean_nothing(stage, proxy)
        _deliver_the_rest(stage, proxy)
    assert stage.stop("community") == 0
    doors = {name: device for name, device in stage.truth()["devices"].items() if name.startswith("door-")}
    pulses = {name: sum("pulse" in str(write) for write in door["commands"]) for name, door in doors.items()}
    assert pulses == {"door-1": 0, "door-2": 0, "door-3": 1, "door-4": 0}
    with stage.console() as console:
        ledger = console.get(f"/gateways/{stage.gateway}/ledger")
    buffer = stage.buffer()
    assert (buffer["pending"], buffer["quarantined"], buffer["dropped"]) == (0, 0, 0)
    assert ledger["entries"] == buffer["produced"]
    assert (ledger["duplicates"], ledger["rejected"]) == (0, 0)
    assert ledger["again"] >= 2, "what arrived and was not acknowledged is sent again, and counted once"


def _deliver_the_rest(stage: Stage, proxy: Proxy, starts: int = 5) -> None:
    """An upload that was refused alone waits longer than this test; a new start tries it again. What a busy machine
    does not get through within the agent's own patience at its stop is for the next one.
    """
    assert stage.stop("agent") == 0
    for _ in range(starts):
        already = proxy.passed
        stage.start_agent()
        wait_for(lambda already=already: proxy.passed > already, "an upload after the start", *stage.programs.values())
        assert stage.stop("agent") == 0
        if not stage.buffer()["pending"]:
            return


def _send_the_agent_through(stage: Stage, proxy: Proxy) -> None:
    assert stage.stop("agent") == 0
    text = stage.config.read_text("utf-8").replace(stage.url, proxy.url).replace("flush: 1s", "flush: 200ms")
    stage.config.write_text(text, "utf-8")
    stage.start_agent()
    wait_for(lambda: proxy.passed, "an upload through the proxy", *stage.programs.values())


def _commands_that_must_do_nothing(stage: Stage, proxy: Proxy) -> None:
    with stage.console() as console:
        wait_for(lambda: all_online(console), "the devices", *stage.programs.values())
        given = console.order(stage.gateway, "door-3", "pulse_unlock", {"seconds": 1}, "测试 test")
        assert console.outcome(given["id"])["state"] == "executed"
        before = console.get("/commands")
        now = SystemClock().now()
        true_key, own_key = load_or_make(stage.folder / "collector" / "command-key"), Ed25519PrivateKey.generate()
        (replayed,) = proxy.commands
        forged = _unlock("f" * 32, stage.gateway, now)
        cases = {
            ("command_ignored", f"command={given['id']}", "reason=replayed"): replayed,
            ("command_not_believed", "reason=bad_signature"): sign_command(forged, own_key),
            ("command_not_believed", "reason=wrong_audience"): sign_command(_unlock("a" * 32, "other", now), true_key),
            ("command_concluded", f"command={'e' * 32}", "state=expired"): sign_command(
                _unlock("e" * 32, stage.gateway, now - 31 * SECOND), true_key
            ),
        }
        for words, command in cases.items():
            proxy.say(command)
            wait_for(lambda words=words: lines(stage, "agent", *words), " ".join(words), *stage.programs.values())
        assert [len(lines(stage, "agent", *words)) for words in cases] == [1] * len(cases)
        stranger = ("outcome_ignored", "e" * 32)
        wait_for(lambda: lines(stage, "collector", *stranger), "the stranger's outcome", *stage.programs.values())
        assert console.get("/commands") == before


def _unlock(number: str, gateway: str, now: int) -> Command:
    return Command(number, gateway, "door-1", "pulse_unlock", now, now + 30 * SECOND, {"seconds": 1}, "mallory")


def _answers_that_mean_nothing(stage: Stage, proxy: Proxy) -> None:
    """Let one upload pass between any two bad answers, so that the agent's backoff starts anew."""
    for fate in (*ANSWERS, ANSWER_LOST, ANSWER_CUT):
        proxy.follow((fate, PASS))
    wait_for(lambda: not proxy.plan, "every bad answer", *stage.programs.values(), deadline_s=50)
    assert lines(stage, "agent", "collector_lost"), "an outage is told"
    assert lines(stage, "agent", "collector_back"), "and its end"


def test_a_broken_configuration_leaves_the_last_good_one_in_force(stage: Stage) -> None:
    agent, good = stage.programs["agent"], stage.config.read_text("utf-8")
    with stage.console() as console:

        def gateway() -> dict[str, Any]:
            (only,) = console.get("/gateways")["items"]
            assert isinstance(only, dict)
            return only

        def door_1() -> dict[str, Any]:
            device = console.get(f"/devices/{stage.gateway}/door-1")
            assert isinstance(device, dict)
            return device

        in_force, name = gateway()["config_hash"], door_1()["name"]
        stage.config.write_text(good.replace("bus: lan-doors", "bus: lan-dors", 1), "utf-8")
        agent.send(signal.SIGHUP)
        wait_for(lambda: gateway()["config_problem"], "the problem to be told", agent)
        assert "lan-dors" in gateway()["config_problem"]
        assert len(lines(stage, "agent", "configuration_refused")) == 1
        stored = console.get(f"/gateways/{stage.gateway}/ledger")["entries"]
        wait_for(
            lambda: console.get(f"/gateways/{stage.gateway}/ledger")["entries"] > stored, "readings to go on", agent
        )
        assert (gateway()["config_hash"], door_1()["name"]) == (in_force, name)

        stage.config.write_text(good.replace(name, "改好的门"), "utf-8")
        agent.send(signal.SIGHUP)
        wait_for(lambda: door_1()["name"] == "改好的门", "the mended file to be taken", agent)
        wait_for(lambda: not gateway()["config_problem"], "the problem to be gone", agent)
        wait_for(lambda: gateway()["config_hash"] != in_force, "the new file to be in force", agent)
    assert stage.stop("collector") == 0, "with the agent's command stream open"
