"""Alarms without a collector: people are told once over any kill, and what the guard house does arrives afterwards."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.alarms import counter
from simulators.demo.programs import ask, call, wait_for
from simulators.demo.stage import Stage, free_port
from tests.e2e.conftest import on_stage
from tests.fakes.hook import hook

SECRET = "what the guard house knows"
RULE = """    supply_is_there:
      {devices: [meter-1], when: voltage_v > 1, level: red, say: {zh: "{name} 有电", en: "{name} has supply"}}
"""


class _Site(Stage):
    """A gateway that tells a web address, where nobody listens yet, of an alarm that stands from its start on."""

    hook = 0

    def _write_config(self, ports: dict[str, int]) -> None:
        super()._write_config(ports)
        self.write_secret("guard", SECRET)
        self.hook = free_port()
        text = self.config.read_text("utf-8").replace("rules:\n", f"rules:\n  add:\n{RULE}")
        text += f"""notify:
  channels: {{guard: {{type: webhook, url: "http://127.0.0.1:{self.hook}/in", secret: !secret guard, timeout: 2s}}}}
  routes: [{{levels: red, place: 配电房, channels: guard}}]
"""
        self.config.write_text(text, "utf-8")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[_Site]:
    yield from on_stage(_Site(tmp_path / "stage", port=0, isolated=True, wearables=False, cameras=False))


def _state(stage: Stage) -> Path:
    return stage.folder / "agent"


def _alarm(stage: Stage) -> dict[str, Any]:
    """Return the alarm, once the agent answers and it stands."""
    found: list[dict[str, Any]] = []

    def looks() -> bool:
        try:
            listed = counter.ask(_state(stage), counter.Question("list"))["alarms"]
        except OSError:  # the agent has not begun to answer
            return False
        found[:] = [one for one in listed if one["rule"] == "supply_is_there"]
        return bool(found)

    wait_for(looks, "the alarm to stand", stage.programs["agent"])
    return found[0]


def _told(stage: Stage, alarm: dict[str, Any]) -> dict[str, Any]:
    told: list[dict[str, Any]] = counter.ask(_state(stage), counter.Question("show", alert=alarm["key"]))["told"]
    (one,) = told
    return one


def _kill_and_start(stage: Stage) -> None:
    stage.programs.pop("agent").kill()
    stage.start_agent()


@pytest.mark.timeout(120)
def test_people_are_told_once_whenever_the_power_goes_and_can_check_who_says_so(stage: _Site) -> None:
    stage.stop("collector")
    alarm = _alarm(stage)
    wait_for(lambda: _told(stage, alarm)["reason"] == "cannot_connect", "the first try")
    with hook(stage.hook) as there:
        _kill_and_start(stage)
        wait_for(lambda: there.requests, "the message")
        wait_for(lambda: _told(stage, _alarm(stage))["state"] == "sent", "the note of it")
        _kill_and_start(stage)
        assert _told(stage, _alarm(stage))["state"] == "sent"
        assert len(there.requests) == 1
    _, headers, body = there.requests[0]
    signed = headers["X-Linli-Timestamp"].encode() + b"." + body
    assert headers["X-Linli-Signature"] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["alert"], said["gateway"], said["level"]) == (alarm["alert"], stage.gateway, "red")
    assert "公共照明电表 有电" in said["message"]


@pytest.mark.timeout(120)
def test_what_the_guard_house_acknowledges_without_a_network_is_seen_at_the_collector_under_its_name(
    stage: _Site,
) -> None:
    alarm = _alarm(stage)
    stage.programs.pop("collector").kill()
    call(["edge-agent", "alarms", "ack", alarm["key"], "--by", "张", "--note", "已派人", "--state", str(_state(stage))])
    _kill_and_start(stage)
    assert _alarm(stage)["state"] == "acknowledged"
    listed: Any = ask(["edge-agent", "alarms", "list", "--state", str(_state(stage))])
    assert [one["state"] for one in listed if one["key"] == alarm["key"]] == ["acknowledged"]
    stage.start_collector()
    with stage.console() as console:

        def acknowledged() -> bool:
            (row,) = [one for one in console.alerts() if one["rule"] == "supply_is_there"]
            return (row["state"], row["acknowledged_by"]) == ("acknowledged", "张")

        wait_for(acknowledged, "the acknowledgement", deadline_s=30)


@pytest.mark.timeout(120)
def test_what_the_console_acknowledges_the_guard_house_sees_and_it_does_not_come_up_again(
    stage: _Site,
) -> None:
    alarm = _alarm(stage)
    with stage.console() as console:

        def theirs() -> list[dict[str, Any]]:
            return [one for one in console.alerts() if one["rule"] == "supply_is_there"]

        wait_for(theirs, "the alert")
        console.post(f"/alerts/{theirs()[0]['id']}/ack", {"note": "已电话通知"})
        wait_for(lambda: _alarm(stage)["state"] == "acknowledged", "the gateway to hear of it")
        assert (_alarm(stage)["key"], _alarm(stage)["ack"]["note"]) == (alarm["key"], "已电话通知")
        wait_for(lambda: console.get("/overview")["commands_waiting"] == 0, "its outcome")
        assert theirs()[0]["acknowledged_by"] == "demo"
