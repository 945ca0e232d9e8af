"""A pretend RS-485 line: a pseudo-terminal in front of a line, with a stable name that a serial client can open."""

import asyncio
import contextlib
import os
import termios
import tty
from pathlib import Path

from runtime.clock import Clock
from simulators.modbus.line import Line
from simulators.modbus.rtu_end import RtuEnd
from simulators.modbus.speed import Speed

_CHUNK = 4096
_UNSET_BAUD = 9600
_BAUDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name.startswith("B") and name[1:].isdigit()}
_OUTPUT_SPEED = 5


class SerialWire:
    """Serves ``line`` on a pseudo-terminal; ``link`` is a symlink to it, made by ``start`` and gone after ``stop``.

    The terminal's far end stays open here, so clients may come and go as on a cable. What nobody reads is lost. The
    line's baud rate is the one that the client set; a terminal knows no parity, so ``format`` says what is used.
    """

    def __init__(self, line: Line, clock: Clock, link: Path, *, form: str = "8N1", paced: bool = False) -> None:
        self.line = line
        self.link = link
        self._clock = clock
        self._format = form
        self._paced = paced
        self._master = -1
        self._slave = -1
        self._end = self._fresh_end()

    async def start(self) -> None:
        """Open the terminal and name it; ``OSError`` when the link's place holds something that is no link."""
        if self._master >= 0:
            return
        self.link.parent.mkdir(parents=True, exist_ok=True)
        if self.link.exists() and not self.link.is_symlink():
            raise FileExistsError(f"{self.link} is not a link of a simulator")
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._end = self._fresh_end()
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.link)
        asyncio.get_running_loop().add_reader(self._master, self._arrived)

    async def stop(self) -> None:
        """Close the terminal, as when the USB converter is pulled: open clients get an error, the name is gone."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        await asyncio.gather(*self._end.cancel(), return_exceptions=True)
        with contextlib.suppress(OSError):
            if self.link.is_symlink() and self.link.readlink() == Path(os.ttyname(self._slave)):
                self.link.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    @property
    def speed(self) -> Speed:
        """Return the speed that the client set last."""
        if self._slave < 0:
            return Speed(_UNSET_BAUD, self._format)
        return Speed(_BAUDS.get(termios.tcgetattr(self._slave)[_OUTPUT_SPEED]) or _UNSET_BAUD, self._format)

    def noise(self, data: bytes) -> None:
        """Send bytes that no unit meant to send."""
        self._send(data)

    def _fresh_end(self) -> RtuEnd:
        return RtuEnd(self.line, self._clock, send=self._send, speed=lambda: self.speed, paced=self._paced)

    def _arrived(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:
            return
        self._end.arrived(data)

    def _send(self, data: bytes) -> bool:
        """Tell whether all of ``data`` went out: a terminal whose reader is away fills up, and the rest is lost."""
        try:
            return self._master >= 0 and os.write(self._master, data) == len(data)
        except OSError:
            return False
