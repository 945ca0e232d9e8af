"""The whole through an MQTT broker with rights as documented: outages of everybody, nothing lost, nothing doubled."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.demo.console import Console
from simulators.demo.oracle import judge
from simulators.demo.programs import wait_for
from simulators.demo.stage import CONFIG, Stage
from tests.fakes.broker_rights import COLLECTOR, rights
from tests.fakes.mosquitto import Mosquitto

GATEWAY = "330402-demo-a"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    passwords = {COLLECTOR: "the collector's", GATEWAY.replace("-", "_"): "the gateway's"}
    made = Mosquitto(tmp_path, *rights(tmp_path, **passwords))
    asyncio.run(made.start())
    yield made
    made.stop()


@pytest.fixture
def stage(tmp_path: Path, broker: Mosquitto) -> Iterator[Stage]:
    """Give a stage whose gateway knows only the broker."""
    password = tmp_path / "collector-mqtt"
    password.write_text("the collector's\n", encoding="utf-8")
    source = tmp_path / "gateway.yaml"
    place = f"{{url: '{broker.url}', username: {GATEWAY}, password: !secret broker, timeout: 5s}}"
    source.write_text(
        CONFIG.read_text("utf-8").replace('{url: "http://127.0.0.1:8080", timeout: 5s}', place), encoding="utf-8"
    )
    options = ("--mqtt", broker.url, "--mqtt-user", COLLECTOR, "--mqtt-password-file", str(password))
    made = _Stage(tmp_path / "stage", port=0, isolated=True, config_source=source, collector_options=options)
    try:
        made.set_up()
        yield made
    finally:
        made.strike()
        for log in sorted((tmp_path / "stage").glob("*.log")):
            print(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:]))


class _Stage(Stage):
    def start_agent(self) -> None:
        self.write_secret("broker", "the gateway's")
        super().start_agent()


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_through_a_broker(stage: Stage, broker: Mosquitto) -> None:
    with stage.console() as console:
        order = console.order(GATEWAY, "door-1", "pulse_unlock", {"seconds": 1}, "代理测试 broker test")
        wait_for(lambda: console.get(f"/commands/{order['id']}")["state"] == "executed", "the door to open")
    broker.stop()
    time.sleep(3)
    asyncio.run(broker.start())
    _wait_for_readings(stage)
    broker.freeze(True)
    time.sleep(20)
    broker.freeze(False)
    _wait_for_readings(stage)
    stage.programs.pop("collector").kill()
    time.sleep(2)
    stage.start_collector()
    _wait_for_readings(stage)
    _wait_until_drained(stage)

    stage.stop_delivered()
    assert stage.stop("community") == 0
    with stage.console() as console:
        verdict = judge(console, GATEWAY, stage.buffer(), stage.truth(), welcome=stage.welcome)
    print(verdict)
    assert verdict.stored == verdict.produced > 200
    assert (verdict.lost, verdict.doubled, verdict.faults) == (0, 0, ())


def _wait_for_readings(stage: Stage) -> None:
    with stage.console() as console:
        before = _stored(console)
        wait_for(lambda: _stored(console) > before + 50, "readings to come again", deadline_s=60)


def _stored(console: Console) -> int:
    entries: int = console.get(f"/gateways/{GATEWAY}/ledger")["entries"]
    return entries


def _wait_until_drained(stage: Stage) -> None:
    """What waits is told every 15 s at the latest; a handful is what has just been measured."""
    with stage.console() as console:
        wait_for(lambda: console.get("/gateways")["items"][0]["pending"] < 20, "the backlog to drain", deadline_s=60)
