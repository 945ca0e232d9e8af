"""`make demo SECONDS=30`, as the README promises it: runs, tells where to look, ends by itself, loses nothing; cars."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.ble.bus import bus_installed
from simulators.demo.console import Console
from simulators.demo.oracle import judge
from simulators.demo.programs import wait_for
from simulators.demo.stage import COMMUNITY, Stage
from tests.e2e.conftest import on_stage


def test_the_demo_ends_by_itself_with_nothing_lost_and_nothing_doubled(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators.demo", "--seconds", "30", "--port", "0", "--isolated"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "demo")], capture_output=True, text=True, check=False, timeout=180
    )
    logs = "\n".join(log.read_text("utf-8")[-3000:] for log in sorted((tmp_path / "demo").glob("*.log")))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    assert re.search(r"http://127\.0\.0\.1:\d+", done.stdout)
    assert re.search(r"door-1: executed .*'lock_state': 'unlocked'", done.stdout)
    counts = {
        name: int(number)
        for name, number in re.findall(
            r"(produced|stored|lost|doubled|raised|cleared|falls:|read|in) (\d+)", done.stdout
        )
    }
    assert counts["lost"] == counts["doubled"] == 0
    assert counts["stored"] == counts["produced"] > 300
    assert counts["raised"] >= 2
    assert counts["cleared"] >= 1
    executed = re.search(r"executed (\d+) of (\d+)", done.stdout)
    assert executed is not None
    assert executed[1] == executed[2] != "1", "the door, and the gate for each car"
    assert counts["read"] >= 2
    assert counts["in"] >= 1
    if bus_installed():
        assert counts["falls:"] >= 1
        assert "5 bands, 2 SOS pendants, 1 blood-pressure cuff" in done.stdout


def test_without_a_message_bus_the_demo_leaves_its_wearables_out_and_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators.demo", "--seconds", "1", "--port", "0", "--isolated"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "the pretended Bluetooth needs dbus-daemon, which is not installed here" in done.stdout
    assert "bands" not in done.stdout.replace("Without the bands", "")
    assert "lost 0" in done.stdout
    gateway = (tmp_path / "demo" / "gateway.yaml").read_text("utf-8")
    assert "type: ble" not in gateway
    assert "door-4" in gateway


def test_ctrl_c_stops_everything_and_gives_account(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators.demo", "--port", "0", "--isolated", "--folder", str(tmp_path / "demo")]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    while "logs:" not in demo.stdout.readline():
        assert demo.poll() is None, demo.communicate()
    started = _programs_below(demo.pid)
    demo.send_signal(signal.SIGINT)
    rest, errors = demo.communicate(timeout=60)
    assert demo.returncode == 0, rest + errors
    assert "lost 0" in rest
    assert len(started) >= 3
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []


def _programs_below(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()


def test_the_demo_says_when_its_port_is_taken_and_leaves_the_other_demo_s_data(tmp_path: Path) -> None:
    kept = tmp_path / "demo" / "collector" / "collector.db"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "simulators.demo", "--port", port, "--folder", str(tmp_path / "demo")]
        done = subprocess.run([*command, "--isolated"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert kept.exists()


@pytest.fixture
def busy_gate(tmp_path: Path) -> Iterator[Stage]:
    """Give the demo with a car every nine seconds."""
    text = COMMUNITY.read_text("utf-8")
    for key, slow, quick in (("every", 16, 9), ("under", 8, 4), ("patience", 10, 6)):
        assert f"        {key}: {slow}s\n" in text
        text = text.replace(f"        {key}: {slow}s\n", f"        {key}: {quick}s\n")
    community = tmp_path / "community.yaml"
    community.write_text(text, "utf-8")
    yield from on_stage(Stage(tmp_path / "stage", port=0, isolated=True, community_source=community))


def test_the_gate_opens_for_whom_it_knows_and_is_not_closed_onto_a_car(busy_gate: Stage) -> None:
    stage = busy_gate
    programs = stage.programs
    with stage.console() as console:
        wait_for(lambda: _under_the_boom(console, stage), "a car", *programs.values(), deadline_s=60)
        record = console.order(stage.gateway, "gate-1", "close", {}, "车还在杆下 a car is there")
        outcome = console.outcome(record["id"])
        assert (outcome["state"], outcome["outcome_reason"]) == ("refused", "interlocked")

        wait_for(lambda: _asked(console), "the near miss", *programs.values(), deadline_s=60)
        assert {(one["device"], one["level"]) for one in _asked(console)} == {("gate-cam", "yellow")}
        read = next(one for one in console.events(stage.gateway, "plate_read") if one["fields"].get("near"))
        assert (read["fields"]["plate"], read["fields"]["near"]) == ("浙F81280", "浙FB1280")
        wait_for(lambda: any((stage.folder / "agent" / "pictures").rglob(f"{read['picture']}*")), "its picture")
        assert console.picture(stage.gateway, read["picture"]).startswith(b"\xff\xd8")

    programs.pop("collector").kill()
    wait_for(lambda: "沪A30003" in _entered(stage), "a visitor, the collector away", *programs.values(), deadline_s=60)
    stage.treat("cams", "stop")
    stage.treat("cams", "start")
    wait_for(lambda: stage.truth()["devices"]["gate-cam"]["streams"]["opened"] > 1, "the camera", deadline_s=40)
    stage.start_collector()
    stage.stop_delivered()
    assert stage.stop("community") == 0
    with stage.console() as console:
        verdict = judge(console, stage.gateway, stage.buffer(), stage.truth(), welcome=stage.welcome)
        gaps = console.events(stage.gateway, "listening_gap")
    assert (verdict.lost, verdict.doubled, verdict.faults) == (0, 0, ())
    assert set(_entered(stage)) == {"浙FA1280", "沪A30003"}
    assert "gate-cam" in {gap["device"] for gap in gaps}
    gate = stage.truth()["devices"]["gate-1"]
    assert [act for act in gate["commands"] if act["terminal"] == "down"] == []
    assert gate["smashes"] == []


def _under_the_boom(console: Console, stage: Stage) -> bool:
    points = console.get(f"/devices/{stage.gateway}/gate-1")["points"]
    return any(point["key"] == "loop_under" and point["value"] is True for point in points)


def _asked(console: Console) -> list[dict[str, Any]]:
    return [alert for alert in console.alerts() if alert["rule"] == "plate_near_miss"]


def _entered(stage: Stage) -> list[str]:
    return [car["plate"] for car in stage.truth()["devices"]["gate-1"]["cars"] if car["entered"] is not None]
