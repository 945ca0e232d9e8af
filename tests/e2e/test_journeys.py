"""What people live through in their community, on real programs: a bin burns, a door stays open, a plate is known."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from edge_agent.pictures.folder import FOLDER, PictureFolder
from simulators.demo.programs import wait_for
from simulators.demo.stage import Stage
from simulators.mqtt.device import JsonDevice
from tests.fakes.mosquitto import Mosquitto

GATEWAY = "330402-demo-a"
_JPEG = b"\xff\xd8" + bytes(200_000)
COMMUNITY = f"""\
site: {GATEWAY}
buses:
  lan-doors: {{type: modbus-tcp, port: 15021}}
  lan-gate: {{type: modbus-tcp, port: 15022}}
  lan-bins: {{type: modbus-tcp, port: 15023}}
  lan-siren: {{type: modbus-tcp, port: 15024}}
boards:
  doors: {{bus: lan-doors, unit: 1}}
  gate: {{bus: lan-gate, unit: 1}}
devices:
  door-1: {{model: door, board: doors, relay: 1, inputs: {{contact: 1, exit_button: 2}}}}
  gate-1:
    model: barrier
    board: gate
    relays: {{up: 1, down: 2, stop: 3}}
    inputs: {{limit_open: 1, limit_closed: 2, loop_front: 3, loop_under: 4}}
    travel: 1s
  bin-1:
    model: profile
    profile: bin/dfrobot-sen0310
    bus: lan-bins
    unit: 11
    options: {{empty_mm: 1100, full_mm: 250}}
  siren-1: {{model: profile, profile: siren/waveshare-relay-d8, bus: lan-siren, unit: 1, options: {{relay: 1}}}}
"""
CONFIG = """\
version: 1
site: {{code: 330402-demo-a, name: 示例社区}}
collector: {{url: "http://127.0.0.1:8080", timeout: 5s}}
buffer: {{path: var/demo/agent/buffer.db, flush: 1s}}
buses:
  lan-doors: {{type: modbus-tcp, host: 127.0.0.1, port: 15021}}
  lan-gate: {{type: modbus-tcp, host: 127.0.0.1, port: 15022}}
  lan-bins: {{type: modbus-tcp, host: 127.0.0.1, port: 15023}}
  lan-siren: {{type: modbus-tcp, host: 127.0.0.1, port: 15024}}
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}}}
devices:
  door-1:
    name: 1幢单元门
    profile: door/waveshare-relay-d8
    bus: lan-doors
    unit: 1
    relay: 1
    inputs: {{contact: 1, exit_button: 2}}
  gate-1:
    name: 东门道闸
    profile: barrier/dry-contact-waveshare-d8
    bus: lan-gate
    unit: 1
    relays: {{up: 1, down: 2, stop: 3}}
    inputs: {{limit_open: 1, limit_closed: 2, loop_front: 3, loop_under: 4}}
    place: 东门
  bin-1:
    name: 易腐垃圾桶1
    profile: bin/dfrobot-sen0310
    bus: lan-bins
    unit: 11
    every: 1s
    empty_mm: 1100
    full_mm: 250
  siren-1: {{name: 门卫声光报警器, profile: siren/waveshare-relay-d8, bus: lan-siren, unit: 1, relay: 1}}
  cam-east: {{name: 东门车牌相机, profile: anpr/json, bus: broker, id: cam-east, place: 东门}}
lists: {{业主: owners.csv}}
rules:
  change:
    bin_fire:
      action:
        - {{command: sound, devices: [siren-1], args: {{seconds: 3}}}}
        - {{command: snapshot, devices: [cam-east]}}
    door_held_open: {{for: 2s}}
  add:
    owners_come_in:
      when: plate_read(plate in list 业主 and confidence >= 0.95) within 3s
      devices: [cam-east]
      level: blue
      record: false
      say: {{zh: "{{plate}} 放行", en: "{{plate}} may come in"}}
      action: {{command: open, devices: [gate-1]}}
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
    (tmp_path / "owners.csv").write_text("plate\n浙F12345\n", "utf-8")
    asyncio.run(_camera(broker))
    made = Stage(tmp_path / "stage", port=0, isolated=True, config_source=config, community_source=community)
    try:
        made.set_up()
        yield made
    finally:
        made.strike()
        for log in sorted((tmp_path / "stage").glob("*.log")):
            print(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:]))


@pytest.mark.timeout(180)
def test_a_bin_burns_and_stays_an_alarm_until_a_person_resets_it(stage: Stage, broker: Mosquitto) -> None:
    album = PictureFolder(stage.folder / "agent" / FOLDER)
    album.open()
    album.put("cam-east-aa", time.time_ns() // 1000, _JPEG, masked=False)
    with obeying(broker) as camera, stage.console() as console:
        stage.steer("bin-1", "set", key="temperature_c", value=62.0)
        wait_for(lambda: _of(console.alerts(), "bin_fire"), "the fire")
        [fire] = _of(console.alerts(), "bin_fire")
        assert (fire["level"], fire["state"]) == ("red", "unacknowledged")
        wait_for(lambda: len(_told(stage, "siren-1")) == 1, "the siren")
        wait_for(lambda: camera.orders, "the picture")
        console.post(f"/alerts/{fire['id']}/ack", {"note": "保安已去看"})
        stage.steer("bin-1", "set", key="temperature_c", value=30.0)
        wait_for(lambda: _of(console.alerts(), "bin_fire")[0]["cleared_at"], "its end")
        assert _of(console.alerts(), "bin_fire")[0]["state"] == "latched"
        console.post(f"/alerts/{fire['id']}/reset", {"note": "已扑灭", "disposition": "real"})
        wait_for(lambda: _of(console.alerts(), "bin_fire")[0]["state"] == "closed", "the reset")
        assert console.picture(GATEWAY, "cam-east-aa") == _JPEG
        looks = [line for line in console.get("/audit")["items"] if line["what"] == "picture"]
        done = {name: console.get("/commands", device=name)["items"] for name in ("siren-1", "cam-east")}
    assert [(one["name"], one["state"]) for one in done["siren-1"]] == [("sound", "executed")]
    assert [(one["name"], one["state"]) for one in done["cam-east"]] == [("snapshot", "executed")]
    assert camera.orders == [{"snapshot": True}]
    assert [(line["target"], line["result"]) for line in looks] == [(f"{GATEWAY}/cam-east", "whole")]


@pytest.mark.timeout(180)
def test_a_door_left_open_is_one_line_in_the_history(stage: Stage) -> None:
    stage.steer("door-1", "open", how="forced")
    with stage.console() as console:
        wait_for(lambda: _of(console.alerts(), "door_held_open"), "the alert")
        stage.steer("door-1", "close")
        wait_for(lambda: _of(console.alerts(), "door_held_open")[0]["cleared_at"], "its end")
        [held] = _of(console.alerts(), "door_held_open")
    assert (held["level"], held["latched"]) == ("yellow", False)


@pytest.mark.timeout(180)
def test_an_owner_comes_in_with_the_collector_away_and_a_doubtful_plate_does_not(
    stage: Stage, broker: Mosquitto
) -> None:
    stage.stop("collector")
    asyncio.run(_camera(broker, plate="浙F1234S", confidence=0.99))
    asyncio.run(_camera(broker, plate="浙F12345", confidence=0.62))
    assert _told(stage, "gate-1") == []
    asyncio.run(_camera(broker, plate="浙F12345", confidence=0.98))
    wait_for(lambda: _told(stage, "gate-1"), "the gate")
    stage.start_collector()
    with stage.console() as console:
        wait_for(lambda: console.get("/commands", device="gate-1")["items"], "its outcome", deadline_s=60)
        [opened] = console.get("/commands", device="gate-1")["items"]
        assert (opened["name"], opened["state"]) == ("open", "executed")
        assert _of(console.alerts(), "owners_come_in") == []


def _of(alerts: list[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    return [alert for alert in alerts if alert["rule"] == rule]


def _told(stage: Stage, device: str) -> list[Any]:
    return [one for one in stage.truth()["devices"][device]["commands"] if one]


@contextmanager
def obeying(broker: Mosquitto) -> Iterator[JsonDevice]:
    """Give the camera at the east gate while it is connected and does what it is told."""
    camera, loop = JsonDevice(broker.broker(), "cam-east"), asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(camera.start(), loop).result(10)
        yield camera
    finally:
        asyncio.run_coroutine_threadsafe(camera.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


_NUMBERS = count(1)


async def _camera(broker: Mosquitto, **read: Any) -> None:
    """Have the camera at the east gate say that it is there, or what it has read."""
    camera = JsonDevice(broker.broker(), "cam-east")
    try:
        await camera.start(obeys=False)
        if read:
            await camera.happen("plate", seq=next(_NUMBERS), direction="in", **read)
        else:
            await camera.appear()
    finally:
        await camera.stop()
