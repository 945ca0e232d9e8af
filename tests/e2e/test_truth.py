"""Kills, freezes and outages at random moments: rows stored equal rows produced, and every outcome is true."""

import itertools
import random
import signal
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.demo.oracle import judge
from simulators.demo.programs import wait_for
from simulators.demo.stage import Stage
from tests.e2e.conftest import on_stage

KILLS = 10
FREEZE_S = 30
READINGS_AT_RISK_PER_KILL = 4
"""Two numbered meters at 1 Hz, committed once a second: of each, what was polled and not yet durable, or in flight."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Give the whole demonstration, cameras and all."""
    yield from on_stage(Stage(tmp_path / "stage", port=0, isolated=True))


class Person:
    """Opens doors whenever it is possible, and remembers every command it was promised."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.commands: list[str] = []
        self.refusals = 0

    def open_a_door(self) -> None:
        """Ask once; a collector that is away or a gateway that is offline is an honest refusal."""
        door = f"door-{1 + len(self.commands) % 4}"
        try:
            with self._stage.console() as console:
                record = console.order(self._stage.gateway, door, "pulse_unlock", {"seconds": 1}, "真值测试 truth test")
        except httpx.HTTPError:
            self.refusals += 1
        else:
            self.commands.append(record["id"])


def _kill_and_restart(stage: Stage, name: str) -> None:
    stage.programs.pop(name).kill()
    time.sleep(random.uniform(0.0, 0.5))
    if name == "collector":
        stage.start_collector()
    else:
        stage.start_agent()


def _freeze_collector(stage: Stage, person: Person) -> None:
    """Half-open: the connection stands, nobody answers."""
    collector = stage.programs["collector"]
    person.open_a_door()
    collector.send(signal.SIGSTOP)
    time.sleep(FREEZE_S)
    collector.send(signal.SIGCONT)


def _stop_agent_while_offline(stage: Stage) -> None:
    stage.programs.pop("collector").kill()
    time.sleep(3)
    assert stage.stop("agent") == 0
    stage.start_agent()
    time.sleep(2)
    stage.start_collector()


def _settle(stage: Stage, person: Person) -> None:
    """Open one more door when the gateway is back, and wait until every command has its outcome."""
    with stage.console() as console:
        wait_for(lambda: console.get("/overview")["gateways"]["online"], "the gateway", deadline_s=60)
        person.open_a_door()
        wait_for(lambda: console.get("/overview")["commands_waiting"] == 0, "all outcomes", deadline_s=120)


def _check_rows(stage: Stage) -> None:
    """The collector's own ledger is not believed: the rows in its file are counted."""
    with stage.console() as console:
        told = console.get(f"/gateways/{stage.gateway}/ledger")
    with closing(sqlite3.connect(stage.folder / "collector" / "collector.db")) as database:
        rows = database.execute("SELECT count(*) FROM readings").fetchone()[0]
    assert rows == told["readings"]


def _check_outcomes(stage: Stage, person: Person, truth: dict[str, Any]) -> None:
    pulses: dict[str, int] = defaultdict(int)
    for device, account in truth["devices"].items():
        pulses[device] = sum("pulse" in str(write) for write in account["commands"])
    states: dict[str, list[str]] = defaultdict(list)
    with stage.console() as console:
        for command in person.commands:
            record = console.get(f"/commands/{command}")
            states[record["device"]].append(record["state"])
    for door, seen in states.items():
        executed, unknown = seen.count("executed"), seen.count("unknown")
        assert executed <= pulses[door] <= executed + unknown, (
            f"{door}: {seen}, and the board pulsed {pulses[door]} times"
        )
    assert sum(seen.count("executed") for seen in states.values()) >= 1


def _check_alerts(stage: Stage) -> None:
    with stage.console() as console:
        alerts = console.alerts()
    by_watch: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for alert in alerts:
        by_watch[alert["rule"], alert["device"]].append(alert)
    for watch, found in by_watch.items():
        found.sort(key=lambda alert: alert["raised_at"])
        for earlier, later in itertools.pairwise(found):
            assert earlier["cleared_at"] is not None, f"{watch} was raised twice and cleared never"
            assert earlier["cleared_at"] <= later["raised_at"], f"{watch} overlaps itself"
    assert by_watch, "no alert was ever raised"


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_over_kills_freezes_and_outages(stage: Stage) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    random.seed(seed)
    person = Person(stage)
    victims = ["agent", "collector"] * KILLS
    random.shuffle(victims)
    for victim in victims:
        time.sleep(random.uniform(0.3, 2.5))
        person.open_a_door()
        _kill_and_restart(stage, victim)
    _freeze_collector(stage, person)
    _stop_agent_while_offline(stage)
    _settle(stage, person)

    stage.stop_delivered()
    assert stage.stop("community") == 0
    truth = stage.truth()
    with stage.console() as console:
        verdict = judge(
            console,
            stage.gateway,
            stage.buffer(),
            truth,
            cut_short=KILLS * READINGS_AT_RISK_PER_KILL,
            welcome=stage.welcome,
        )
    print(verdict)
    assert verdict.stored == verdict.produced > 1000
    assert (verdict.lost, verdict.doubled) == (0, 0)
    assert [fault for fault in verdict.faults if "missing" not in fault] == []
    _check_rows(stage)
    _check_alerts(stage)
    _check_outcomes(stage, person, truth)
