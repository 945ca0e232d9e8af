"""`make demo SECONDS=30`, as the README promises it: runs, tells where to look, ends by itself, loses nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from simulators.ble.bus import bus_installed
from simulators.demo.programs import wait_for
from simulators.demo.stage import Stage


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
        for name, number in re.findall(r"(produced|stored|lost|doubled|raised|cleared|falls:) (\d+)", done.stdout)
    }
    assert counts["lost"] == counts["doubled"] == 0
    assert counts["stored"] == counts["produced"] > 300
    assert counts["raised"] >= 2
    assert counts["cleared"] >= 1
    assert "executed 1 of 1" in done.stdout
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


def test_a_gate_is_not_closed_onto_a_car(stage: Stage) -> None:
    def a_car_is_under_the_boom() -> bool:
        points = {point["key"]: point["value"] for point in console.get(gate)["points"]}
        return points["loop_under"] is True

    gate = f"/devices/{stage.gateway}/gate-1"
    with stage.console() as console:
        wait_for(a_car_is_under_the_boom, "a car", *stage.programs.values(), deadline_s=60)
        record = console.order(stage.gateway, "gate-1", "close", {}, "车还在杆下 a car is there")
        outcome = console.outcome(record["id"])
    assert (outcome["state"], outcome["outcome_reason"]) == ("refused", "interlocked")
    assert stage.stop("community") == 0
    account = stage.truth()["devices"]["gate-1"]
    assert [act for act in account["commands"] if act["terminal"] == "down"] == []
    assert account["smashes"] == []
