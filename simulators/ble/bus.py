"""A message bus of our own, for one program under test: a ``dbus-daemon`` on a socket that nobody else knows."""

import asyncio
import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

PROGRAM: Final = "dbus-daemon"
READY_S: Final = 10.0
SOCKET_PATH_LIMIT: Final = 107
"""As many bytes the name of a socket may have in Linux."""

_CONFIGURATION: Final = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*" eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
  <limit name="max_completed_connections">10000</limit>
  <limit name="max_connections_per_user">10000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"""


class NoBus(Exception):
    """There is no bus to be had here; the text says why and what to do."""


def bus_installed() -> bool:
    """Return whether this machine can have one."""
    return shutil.which(PROGRAM) is not None


class MessageBusDaemon:
    """One bus. ``folder`` keeps its socket, its configuration and what it wrote; it must exist and its name be short.

    A program finds the bus when ``DBUS_SYSTEM_BUS_ADDRESS`` in its environment is ``address``, which stays the same
    over any number of starts.
    """

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "bus"
        self._file = folder / "bus.conf"
        self._log = folder / "bus.log"
        self._process: subprocess.Popen[bytes] | None = None
        if len(str(self._socket).encode()) > SOCKET_PATH_LIMIT:
            raise NoBus(f"{self._socket} is too long a name for a socket")

    @property
    def address(self) -> str:
        """Return where it is, as ``DBUS_SYSTEM_BUS_ADDRESS`` has it."""
        return f"unix:path={self._socket}"

    @property
    def pid(self) -> int | None:
        """Return its process; ``None`` while it does not run."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start it and return when it takes connections; ``NoBus`` where it does not."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise NoBus("dbus-daemon is not installed (Debian: package dbus-daemon)")
        self._socket.unlink(missing_ok=True)
        self._file.write_text(_CONFIGURATION.format(address=self.address), encoding="utf-8")
        command = [program, f"--config-file={self._file}", "--nofork", "--nopidfile", "--nosyslog"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603, ASYNC220
        try:
            async with asyncio.timeout(READY_S):
                while not await self._answers():
                    if self._process.poll() is not None:
                        raise NoBus(f"dbus-daemon ended: {self._log.read_text(encoding='utf-8').strip()}")
                    await asyncio.sleep(0.01)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End it at once, and every connection to it; fine to call when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._socket.unlink(missing_ok=True)

    async def restart(self) -> None:
        """Kill it and start it again, at the same address."""
        self.kill()
        await self.start()

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_unix_connection(self._socket)
            writer.close()
            return True
        return False
