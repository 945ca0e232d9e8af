"""Wearables on real programs: a call is an alert at once and once, whatever becomes of Bluetooth and the agent."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from simulators.ble.bus import bus_installed
from simulators.demo.console import Console
from simulators.demo.oracle import judge
from simulators.demo.programs import wait_for
from simulators.demo.stage import Stage

pytestmark = pytest.mark.skipif(not bus_installed(), reason="dbus-daemon is not installed")


def _open(console: Console, device: str, rule: str) -> Callable[[], bool]:
    def found() -> bool:
        return any((one["device"], one["rule"]) == (device, rule) for one in console.alerts())

    return found


def _values(console: Console, stage: Stage, device: str) -> dict[str, Any]:
    points = console.get(f"/devices/{stage.gateway}/{device}")["points"]
    return {point["key"]: (point["value"], point["quality"]) for point in points}


@pytest.mark.timeout(300)
def test_calls_are_told_once_though_bluetooth_and_the_agent_die(stage: Stage) -> None:
    programs = stage.programs.values()
    with stage.console() as console:
        pressed = time.monotonic()
        stage.steer("sos-2", "press")
        wait_for(_open(console, "sos-2", "sos"), "the alert", *programs)
        print(f"the console knows of it {time.monotonic() - pressed:.2f} s after the press")

        record = console.order(stage.gateway, "band-1", "vibrate", {}, "该吃药了")
        assert console.outcome(record["id"])["state"] == "executed"
        wait_for(lambda: stage.truth()["devices"]["band-1"]["commands"], "the band to buzz", *programs)

        stage.steer("band-3", "fall")
        time.sleep(1)
        stage.programs.pop("agent").kill()
        stage.start_agent()
        wait_for(_open(console, "band-3", "fall"), "the fall", *programs, deadline_s=40)
        wait_for(lambda: _logged(stage, "] ready ") == 2, "the agent", *programs)

        stage.treat("ble", "kill_bluetooth")
        wait_for(lambda: _logged(stage, "] radio_lost ") == 1, "the silence to be noticed", *programs)
        stage.treat("ble", "start_bluetooth")
        stage.steer("sos-2", "press")
        wait_for(lambda: _pressed(console, stage, "sos-2") == 2, "the second call", *programs, deadline_s=60)
        assert _logged(stage, "] radio_back ") == 1

        stage.steer("band-2", "take_off")
        wait_for(
            lambda: _values(console, stage, "band-2").get("on_wrist", (None,))[0] is False, "the band to lie on a table"
        )
        assert _values(console, stage, "band-2")["heart_rate_bpm"][1] > 1
    stage.stop_delivered()
    assert stage.stop("community") == 0
    with stage.console() as console:
        verdict = judge(console, stage.gateway, stage.buffer(), stage.truth(), cut_short=10, welcome=stage.welcome)
        latched = [one for one in console.alerts() if one["device"] in ("sos-2", "band-3")]
    print(verdict)
    assert [fault for fault in verdict.faults if "missing" not in fault] == []
    assert (verdict.lost, verdict.doubled) == (0, 0)
    assert verdict.calls >= 3
    assert {(one["device"], one["level"], one["cleared_at"]) for one in latched} == {
        ("sos-2", "red", None),
        ("band-3", "red", None),
    }


def _logged(stage: Stage, what: str) -> int:
    return (stage.folder / "agent.log").read_text("utf-8", errors="replace").count(what)


def _pressed(console: Console, stage: Stage, device: str) -> int:
    """Return how many numbers of its own a pendant's calls bear."""
    return sum(one["device"] == device for one in console.events(stage.gateway, "pressed"))
