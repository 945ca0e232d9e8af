"""A serial port on the event loop, without a thread: pyserial opens and sets it, asyncio tells when it has bytes."""

import asyncio
import os
import termios
from collections.abc import Callable

import serial  # type: ignore[import-untyped]

from config.bus_settings import MeterSerialBus

_CHUNK = 1024

_PSEUDO = "/dev/pts/"
"""Where pseudo-terminals are, which simulators live on: they have no parity bit and refuse to be given one."""


class SerialPort:
    """An open port. ``hear`` gets what arrives, ``lost`` is told once when it is gone; neither after ``close``."""

    def __init__(self, bus: MeterSerialBus, hear: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        """Open it; ``OSError`` where that is impossible now, ``ValueError`` for settings that it cannot have."""
        self._serial = _opened(bus)
        self._fd: int = self._serial.fileno()
        self._hear, self._lost = hear, lost
        self._unsent = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    def send(self, data: bytes) -> None:
        """Send ``data``; what the port does not take at once goes out as it can."""
        if self._fd >= 0:
            self._unsent += data
            self._writable()

    def close(self) -> None:
        """Give the port back; what was not sent is dropped."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._fd = -1
            self._serial.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._break(error.strerror or str(error))
            return
        if data:
            self._hear(data)
        else:
            self._break("the port is gone")

    def _writable(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._fd, self._unsent) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._break(error.strerror or str(error))
            return
        if self._unsent:
            self._loop.add_writer(self._fd, self._writable)
        else:
            self._loop.remove_writer(self._fd)

    def _break(self, why: str) -> None:
        self.close()
        self._lost(why)


def _opened(bus: MeterSerialBus) -> serial.Serial:
    bits, parity, stops = tuple(bus.format)
    if os.path.realpath(bus.port).startswith(_PSEUDO):
        parity = "N"
    try:
        return serial.Serial(
            bus.port,
            bus.baud,
            bytesize=int(bits),
            parity=parity,
            stopbits=int(stops),
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except termios.error as error:
        raise OSError(*error.args) from error
