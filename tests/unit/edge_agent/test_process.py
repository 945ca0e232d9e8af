"""The program as systemd sees it: starts without a network, reloads, stops in order, and says why it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.edge_agent.test_configuration import GOOD, WRONG

_PATIENCE_S = 60.0


class _Program:
    """One ``edge-agent run``, heard over its notify socket as systemd hears it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.state = folder / "agent.yaml", folder / "state"
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(folder / "notify"))
        self._channel.settimeout(_PATIENCE_S)
        self._folder = folder
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from edge_agent.cli import main; main()", "run"]
        command += ["--config", str(self.file), "--state", str(self.state), "--log", "json"]
        environment = dict(os.environ, NOTIFY_SOCKET=str(self._folder / "notify"), WATCHDOG_USEC="900000")
        environment.pop("WATCHDOG_PID", None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, env=environment)
        return self.process

    def hear(self, word: str) -> None:
        while word not in self._channel.recv(1000).decode().splitlines():
            pass

    def said(self, event: str) -> bool:
        return f'"event": "{event}"' in self.log.read_text(encoding="utf-8")

    def close(self) -> None:
        self._channel.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(_PATIENCE_S)


@contextmanager
def _program(folder: Path, text: str) -> Iterator[_Program]:
    program = _Program(folder)
    program.file.write_text(text + "health: {port: 0}\n", encoding="utf-8")
    try:
        yield program
    finally:
        program.close()


def test_it_is_ready_without_devices_or_collector_reloads_and_stops_with_status_0(tmp_path: Path) -> None:
    with _program(tmp_path, GOOD) as program:
        process = program.start()
        program.hear("READY=1")
        program.hear("WATCHDOG=1")
        program.file.write_text(WRONG, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        while not program.said("configuration_refused"):
            program.hear("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        program.hear("STOPPING=1")
        assert process.wait(_PATIENCE_S) == 0
        assert program.said("stopped")
        assert program.said("bus_lost")
        assert not program.said("task_failed")


def test_a_second_agent_on_the_same_buffer_is_refused(tmp_path: Path) -> None:
    with _program(tmp_path, GOOD) as program:
        first = program.start()
        program.hear("READY=1")
        assert program.start().wait(_PATIENCE_S) == 2
        assert program.said("cannot_run")
        assert (program.state / "buffer.db.wanted").exists()
        first.send_signal(signal.SIGTERM)
        assert first.wait(_PATIENCE_S) == 0


def test_where_its_folder_cannot_be_it_runs_and_says_that_all_is_in_memory(tmp_path: Path) -> None:
    with _program(tmp_path, GOOD) as program:
        (tmp_path / "file").write_text("not a folder")
        program.state = tmp_path / "file" / "state"
        process = program.start()
        program.hear("READY=1")
        assert program.said("buffer_not_writable")
        process.send_signal(signal.SIGTERM)
        assert process.wait(_PATIENCE_S) == 0


@pytest.mark.parametrize("text", ["", WRONG])
def test_without_any_good_configuration_it_does_not_start(tmp_path: Path, text: str) -> None:
    with _program(tmp_path, text) as program:
        assert program.start().wait(_PATIENCE_S) == 2
        assert program.said("configuration_refused")
