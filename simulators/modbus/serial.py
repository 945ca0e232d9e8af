"""A pretend RS-485 line: a pseudo-terminal in front of a line, with a stable name that a serial client can open."""

import asyncio
import contextlib
import os
import tty
from pathlib import Path

from runtime.clock import Clock
from simulators.modbus.frames import Frame, RtuReader
from simulators.modbus.line import Line

_CHUNK = 4096


class SerialWire:
    """Serves ``line`` on a pseudo-terminal; ``link`` is a symlink to it, made by ``start`` and gone after ``stop``.

    The terminal's far end stays open here, so clients may come and go as on a cable. What nobody reads is lost.
    """

    def __init__(self, line: Line, clock: Clock, link: Path) -> None:
        self.line = line
        self.link = link
        self._clock = clock
        self._master = -1
        self._slave = -1
        self._reader = RtuReader()
        self._thinking: set[asyncio.Task[None]] = set()

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
        self._reader = RtuReader()
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
        thinking = list(self._thinking)
        for task in thinking:
            task.cancel()
        await asyncio.gather(*thinking, return_exceptions=True)
        with contextlib.suppress(OSError):
            if self.link.is_symlink() and self.link.readlink() == Path(os.ttyname(self._slave)):
                self.link.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def noise(self, data: bytes) -> None:
        """Send bytes that no unit meant to send."""
        self._send(data)

    def _arrived(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:
            return
        for request in self._reader.feed(data):
            slow_s = self.line.slow_s(request.unit)
            if slow_s > 0:
                task = asyncio.create_task(self._later(request, slow_s), name=f"{self.line.name} thinks")
                self._thinking.add(task)
                task.add_done_callback(self._thinking.discard)
            else:
                self._serve(request)

    async def _later(self, request: Frame, slow_s: float) -> None:
        await self._clock.sleep(slow_s)
        self._serve(request)

    def _serve(self, request: Frame) -> None:
        reply = self.line.serve(request, tcp=False)
        if reply is not None:
            data, sent = reply
            if self._send(data):
                sent()

    def _send(self, data: bytes) -> bool:
        """Tell whether all of ``data`` went out: a terminal whose reader is away fills up, and the rest is lost."""
        try:
            return self._master >= 0 and os.write(self._master, data) == len(data)
        except OSError:
            return False
