"""Scripted devices on a real broker: what the file says happens, in its order, and repetitions keep their number."""

import asyncio
import json
from pathlib import Path

import pytest

from runtime.broker import Mail
from runtime.clock import SystemClock
from runtime.mqtt import Connection
from simulators.mqtt.script import Play, Script, read_script
from simulators.plan import PlanError
from tests.fakes.mosquitto import mosquitto

SHIPPED = Path(__file__).parents[3] / "simulators" / "communities" / "mqtt.yaml"


async def test_a_script_is_played_in_order_and_a_repetition_keeps_its_number(tmp_path: Path) -> None:
    script = Script.model_validate(
        {
            "devices": {"sos": {"battery": 9}},
            "steps": [
                {"at": 0.02, "device": "sos", "happen": "pressed", "again": True, "fields": {"kind": "long"}},
                {"at": 0.01, "device": "sos", "happen": "pressed", "fields": {"kind": "long"}},
                {"at": 0.03, "device": "sos", "tell": {"battery": 8}},
                {"at": 0.04, "device": "sos", "there": False},
            ],
        }
    )
    heard: list[Mail] = []
    async with mosquitto(tmp_path) as broker:
        ear = Connection(broker.broker(), "ear", heard.append, keepalive_s=10, most=10_000, timeout_s=5.0)
        await ear.open("linli/#")
        playing = asyncio.create_task(Play(script, broker.broker(), SystemClock()).run())
        async with asyncio.timeout(10):
            while not heard or heard[-1].body != b"offline":
                await asyncio.sleep(0.01)
        playing.cancel()
        await asyncio.wait([playing])
        await ear.close()
    events = [json.loads(mail.body) for mail in heard if mail.topic == "linli/sos/event"]
    states = [json.loads(mail.body) for mail in heard if mail.topic == "linli/sos/state"]
    assert events == [{"event": "pressed", "seq": 1, "kind": "long"}] * 2
    assert [state["battery"] for state in states] == [9, 8]


def test_the_shipped_script_is_sound() -> None:
    assert {step.device for step in read_script(SHIPPED).steps} == {"sos-501", "gas-501", "camera-east"}


@pytest.mark.parametrize(
    "text", ["devices: {}", "devices: {a: {}}\nsteps: [{at: 1s, device: b}]", "devices: [", "devices: {a: {}}\nwhat: 1"]
)
def test_what_makes_no_sense_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(PlanError):
        read_script(file)
