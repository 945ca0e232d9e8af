"""`make demo SECONDS=30`, as the README promises it: runs, tells where to look, ends by itself, loses nothing."""

import re
import subprocess
import sys
from pathlib import Path


def test_the_demo_ends_by_itself_with_nothing_lost_and_nothing_doubled(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators.demo", "--seconds", "30", "--port", "0", "--isolated"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "demo")], capture_output=True, text=True, check=False, timeout=180
    )
    logs = "\n".join(log.read_text("utf-8")[-3000:] for log in sorted((tmp_path / "demo").glob("*.log")))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    assert re.search(r"http://127\.0\.0\.1:\d+", done.stdout)
    assert "door-1: executed {'lock_state': 'unlocked'}" in done.stdout
    counts = {
        name: int(number)
        for name, number in re.findall(r"(produced|stored|lost|doubled|raised|cleared) (\d+)", done.stdout)
    }
    assert counts["lost"] == counts["doubled"] == 0
    assert counts["stored"] == counts["produced"] > 300
    assert counts["raised"] >= 2
    assert counts["cleared"] >= 1
    assert "executed 1 of 1" in done.stdout


def test_the_demo_says_when_its_port_is_taken(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "simulators.demo", "--port", port, "--folder", str(tmp_path / "demo")]
        done = subprocess.run([*command, "--isolated"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
