"""A real Mosquitto for one test: on a loopback port of its own, started, stopped and started again at will."""

import asyncio
import getpass
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runtime.broker import Broker, broker_at

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Mosquitto:
    """One broker. ``lines`` go into its configuration; everybody may do everything unless they say otherwise.

    A machine without Mosquitto skips the test.
    """

    def __init__(self, folder: Path, *lines: str) -> None:
        if not Path(PROGRAM).exists():
            pytest.skip("mosquitto is not installed (requirements/debian.txt)")
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "mosquitto.log"
        self._file = folder / "mosquitto.conf"
        access = [] if any(line.startswith("allow_anonymous") for line in lines) else ["allow_anonymous true"]
        own = [f"listener {self.port} 127.0.0.1", "persistence false", f"user {getpass.getuser()}"]
        self._file.write_text("\n".join([*own, *access, *lines]) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def broker(self, username: str = "", password: str = "") -> Broker:
        """Return its address as programs have it."""
        return broker_at(self.url, username, password)

    async def start(self) -> None:
        """Start it and return when it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, "-v", "-c", self._file], stdout=log, stderr=log)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, self.log
                await asyncio.sleep(0.01)
        raise AssertionError(f"mosquitto does not listen: {self.log}")

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self, frozen: bool) -> None:
        """Let it fall silent, with every connection open, or speak again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)


@asynccontextmanager
async def mosquitto(folder: Path, *lines: str) -> AsyncIterator[Mosquitto]:
    """Run a broker for as long as the block lasts."""
    made = Mosquitto(folder, *lines)
    try:
        await made.start()
        yield made
    finally:
        made.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
