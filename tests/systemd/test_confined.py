"""The programs live under their units' rules: they start, show signs of life, reload and stop, and cannot do more."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.systemd.units import UNITS, needs_systemd, value

pytestmark = needs_systemd

BIN = Path(sys.executable).parent
PATIENCE_S = 60.0
AGENT = """\
version: 1
site: {{code: 330402-confined, name: 示例小区}}
collector: {{url: "http://127.0.0.1:{port}"}}
health: {{host: 127.0.0.1, port: 0}}
buses:
  rs485-1: {{type: modbus-rtu, port: {line}, baud: 19200}}
  lan-1: {{type: modbus-tcp, host: 127.0.0.1, port: {port}}}
devices:
  bin-1: {{name: 桶1, profile: bin/dfrobot-sen0310, bus: rs485-1, unit: 11, empty_mm: 1100, full_mm: 250}}
  bin-2: {{name: 桶2, profile: bin/dfrobot-sen0310, bus: lan-1, unit: 12, empty_mm: 1100, full_mm: 250}}
"""
TRY = """
import ctypes, json, mmap, os, socket
def tried(deed):
    try:
        deed()
    except OSError as error:
        return error.errno
    return 0
libc = ctypes.CDLL(None, use_errno=True)
print(json.dumps({
    "network": tried(lambda: socket.socket(socket.AF_INET)),
    "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "code": tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "root": tried(lambda: os.chroot("/")),
    "owner": tried(lambda: os.chown("/", 0, 0)),
    "asks_the_clock": libc.adjtimex(ctypes.create_string_buffer(512)) >= 0,
}))
"""
"""Deeds of a program that is no longer ours; each says 0 or its errno."""


def _confined(unit: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "tests.systemd.sandbox", str(unit), *command]


def _here(unit: Path, folder: Path, port: int) -> list[str]:
    """Return the unit's own command, with this checkout's program and with the places of this test."""
    line = value(unit, "ExecStart").replace("/etc/linli", str(folder)).replace("/var/lib/linli", str(folder))
    program, *words = line.split()
    return [str(BIN / Path(program).name), *(str(port) if word == "8080" else word for word in words)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class _Manager:
    """The service manager's end of the notification socket, and the program it watches."""

    def __init__(self, channel: socket.socket, program: "subprocess.Popen[bytes]") -> None:
        self._channel, self.program = channel, program

    def wait_for(self, word: str) -> None:
        """Return when the program says ``word``; fail if it falls silent before."""
        try:
            while not self._channel.recv(4096).decode().startswith(word):
                pass
        except TimeoutError:
            pytest.fail(f"it never said {word}")


@contextmanager
def _started(unit: Path, folder: Path, port: int) -> Iterator[_Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, (folder / "log").open("wb") as log:
        channel.bind(str(folder / "notify"))
        channel.settimeout(PATIENCE_S)
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "600000"}
        command = _confined(unit, *_here(unit, folder, port))
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield _Manager(channel, program)
        finally:
            if program.poll() is None:
                program.kill()
            program.wait(PATIENCE_S)
            print((folder / "log").read_text("utf-8", errors="replace"))


def _stops(manager: _Manager) -> None:
    manager.program.send_signal(signal.SIGTERM)
    manager.wait_for("STOPPING=1")
    assert manager.program.wait(PATIENCE_S) == 0


def test_the_agent_lives_reloads_and_stops(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        settings = AGENT.format(port=_free_port(), line=os.ttyname(theirs))
        (tmp_path / "agent.yaml").write_text(settings, encoding="utf-8")
        with _started(UNITS["edge-agent"], tmp_path, 0) as manager:
            manager.wait_for("READY=1")
            manager.wait_for("STATUS=")
            (tmp_path / "agent.yaml").write_text(settings + "nonsense: 1\n", encoding="utf-8")
            manager.program.send_signal(signal.SIGHUP)
            while "configuration_refused" not in (tmp_path / "log").read_text("utf-8"):
                manager.wait_for("WATCHDOG=1")
            _stops(manager)
        log = (tmp_path / "log").read_text("utf-8")
        assert (tmp_path / "agent" / "buffer.db").exists()
        assert "EPERM" not in log
        assert "not permitted" not in log
        assert os.read(ours, 8)[0] == 11, "nothing was asked on the serial line"
    finally:
        os.close(ours)
        os.close(theirs)


def test_the_collector_lives_and_stops(tmp_path: Path) -> None:
    with _started(UNITS["collector"], tmp_path, _free_port()) as manager:
        manager.wait_for("READY=1")
        manager.wait_for("WATCHDOG=1")
        _stops(manager)
    log = (tmp_path / "log").read_text("utf-8")
    assert (tmp_path / "collector" / "collector.db").exists()
    assert "not permitted" not in log
    assert not re.search(r'"level": ?"error"', log)


@pytest.mark.parametrize(("name", "asks_the_clock"), [("edge-agent", True), ("collector", False)])
def test_what_breaks_out_of_a_program_finds_the_doors_shut(name: str, asks_the_clock: bool) -> None:
    command = _confined(UNITS[name], sys.executable, "-c", TRY)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found.pop("network") == 0
    assert found.pop("asks_the_clock") is asks_the_clock
    assert all(found.values()), found
