"""Whether a line is free for a technician: who holds its serial port, who is connected to its converter.

Drivers take their port with flock(2); ``/proc/locks`` (proc(5)) names the holder to everybody.
"""

import errno
import fcntl
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from config.bus_settings import BleBus, BusSettings, OnvifBus

_FOLDERS: Final = ("/dev/serial/by-id", "/dev/linli")
_PLAIN: Final = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS[0-9]", "ttymxc*")
_ESTABLISHED: Final = "01"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a line cannot be used now. ``holder`` is the process that has it, as far as that can be seen.

    ``held``: another program has the port; ``shared``: another program of this box is connected to the converter,
    which passes bytes through and knows no turns; ``missing``: there is no such port; ``forbidden``: not for this user.
    """

    word: Literal["held", "shared", "missing", "forbidden", "broken"]
    what: str
    holder: str = ""
    agent: bool = False


def obstacle(bus: BusSettings) -> Obstacle | None:
    """Return what keeps a technician from asking on ``bus``, ``None`` where nothing does: several may use a radio, or
    ask a camera.
    """
    if isinstance(bus, BleBus | OnvifBus):
        return None
    host, port = getattr(bus, "host", ""), getattr(bus, "port", "")
    if not host:
        return _port_obstacle(str(port))
    if bus.type == "modbus-tcp" or not connected(host, int(port)):
        return None
    return Obstacle("shared", f"{host}:{port}", agent=True)


def serial_ports() -> list[str]:
    """Return the serial ports of this box, those with a lasting name first, each once."""
    found: dict[Path, str] = {}
    names = [path for folder in _FOLDERS for path in sorted(Path(folder).glob("*"))]
    names += [path for pattern in _PLAIN for path in sorted(Path("/dev").glob(pattern))]
    for path in names:
        with suppress(OSError):
            found.setdefault(path.resolve(strict=True), str(path))
    return list(found.values())


def connected(host: str, port: int) -> bool:
    """Tell whether a program of this box has a connection to ``host``:``port`` (proc_net(5), ``tcp`` and ``tcp6``)."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    wanted = {_as_in_proc(str(info[4][0]), port, info[0]) for info in infos}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[2] in wanted and fields[3] == _ESTABLISHED:
                    return True
    return False


def _as_in_proc(address: str, port: int, family: int) -> str:
    packed = socket.inet_pton(family, address)
    words = [packed[at : at + 4][::-1].hex().upper() for at in range(0, len(packed), 4)]
    return f"{''.join(words)}:{port:04X}"


def _port_obstacle(port: str) -> Obstacle | None:
    try:
        file = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Obstacle("missing", port)
    except PermissionError:
        return Obstacle("forbidden", port)
    except OSError as error:
        held = error.errno == errno.EBUSY
        return Obstacle("held" if held else "broken", port, "" if held else error.strerror or str(error))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _held(port, os.fstat(file))
    except OSError as error:
        return Obstacle("broken", port, error.strerror or str(error))
    finally:
        os.close(file)
    return None


def _held(port: str, stat: os.stat_result) -> Obstacle:
    """Return who holds ``port``, after the kernel's list of locks: ``1: FLOCK ADVISORY WRITE 812 00:05:93 0 EOF``."""
    with suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(stat.st_ino):
                pid = int(fields[4])
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                agent = "edge_agent.process" in command
                name = "edge-agent" if agent else Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
                return Obstacle("held", port, f"{name} (PID {pid})", agent)
    return Obstacle("held", port)
