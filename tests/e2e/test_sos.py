"""Three in the morning, a call for help, and no way to the collector: the siren sounds, once, and nothing is lost."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.broker import BrokerError
from simulators.demo.programs import wait_for
from simulators.demo.stage import Stage
from simulators.mqtt.device import JsonDevice
from tests.fakes.mosquitto import Mosquitto

GATEWAY = "330402-demo-a"
COMMUNITY = f"""\
site: {GATEWAY}
buses:
  lan-siren: {{type: modbus-tcp, port: 15024}}
devices:
  siren-1: {{model: profile, profile: siren/waveshare-relay-d8, bus: lan-siren, unit: 1, options: {{relay: 1}}}}
"""
CONFIG = """\
version: 1
site: {{code: 330402-demo-a, name: 示例社区}}
collector: {{url: "http://127.0.0.1:8080", timeout: 5s}}
buffer: {{path: var/demo/agent/buffer.db, flush: 1s}}
buses:
  lan-siren: {{type: modbus-tcp, host: 127.0.0.1, port: 15024}}
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}}}
devices:
  siren-1: {{name: 门卫声光报警器, profile: siren/waveshare-relay-d8, bus: lan-siren, unit: 1, relay: 1}}
  sos-501: {{name: 3幢501呼救按钮, profile: sos/json-pendant, bus: broker, id: sos-501}}
rules:
  change:
    sos: {{action: {{command: sound, devices: [siren-1], args: {{seconds: 3}}}}}}
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    asyncio.run(made.start())
    yield made
    made.stop()


@pytest.fixture
def stage(tmp_path: Path, broker: Mosquitto) -> Iterator[Stage]:
    community, config = tmp_path / "community.yaml", tmp_path / "gateway.yaml"
    community.write_text(COMMUNITY, "utf-8")
    config.write_text(CONFIG.format(port=broker.port), "utf-8")
    asyncio.run(_at(broker, "there"))
    made = Stage(tmp_path / "stage", port=0, isolated=True, config_source=config, community_source=community)
    try:
        made.set_up()
        yield made
    finally:
        made.strike()
        for log in sorted((tmp_path / "stage").glob("*.log")):
            print(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:]))


@pytest.mark.timeout(180)
def test_a_call_for_help_without_the_collector(stage: Stage, broker: Mosquitto) -> None:
    stage.programs.pop("collector").kill()
    pressed = time.time_ns() // 1000
    asyncio.run(_at(broker, "pressed"))
    wait_for(lambda: _sounds(stage) == 1, "the siren", *stage.programs.values())
    print(f"the siren's truth told of it {(time.time_ns() // 1000 - pressed) / 1e6:.2f} s after the press")

    stage.programs.pop("agent").kill()
    asyncio.run(_at(broker, "repeated"))
    stage.start_agent()
    time.sleep(5)
    stage.start_collector()
    with stage.console() as console:
        wait_for(lambda: _called(console.get(f"/gateways/{GATEWAY}/events")), "the call", deadline_s=60)
        wait_for(lambda: console.get("/overview")["gateways"]["online"], "the gateway", deadline_s=60)
        events = _called(console.get(f"/gateways/{GATEWAY}/events"))
        alerts = [alert for alert in console.alerts() if alert["rule"] == "sos"]
        commands = console.get("/commands", device="siren-1")["items"]
    assert len({event["id"] for event in events}) == 1
    assert 0 <= events[0]["at"] - pressed < 3_000_000
    assert events[0]["late_s"] >= 5
    assert (events[0]["fields"], events[0]["words"]["zh"]) == ({"kind": "long"}, "按下呼叫")
    assert [(alert["level"], alert["device"]) for alert in alerts] == [("red", "sos-501")]
    assert [(one["name"], one["state"]) for one in commands] == [("sound", "executed")]
    assert _sounds(stage) == 1


async def _at(broker: Mosquitto, what: str) -> None:
    """Have the pendant say that it is there, or call for help; a call is sent twice, as a nervous gateway does."""
    pendant = JsonDevice(broker.broker(), "sos-501")
    try:
        await pendant.start(obeys=False)
        if what == "there":
            await pendant.appear()
            return
        for _ in range(2):
            await pendant.happen("pressed", seq=41, kind="long", time=_moment(broker))
    except BrokerError as error:
        raise AssertionError(broker.log) from error
    finally:
        await pendant.stop()


_MOMENTS: dict[int, str] = {}


def _moment(broker: Mosquitto) -> str:
    """Return when the one call of this test was, by the pendant: the same in every repetition."""
    return _MOMENTS.setdefault(broker.port, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".999+00:00")


def _called(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in answer["items"] if item["name"] == "pressed"]


def _sounds(stage: Stage) -> int:
    writes = stage.truth()["devices"]["siren-1"]["commands"]
    return sum("'sound'" in str(write) or "512" in str(write) for write in writes)
