"""Where a pretend line of meters can be reached: a pseudo-terminal with a name, or a TCP port that passes bytes on."""

import asyncio
import contextlib
import os
import tty
from abc import ABC, abstractmethod
from pathlib import Path

from runtime.clock import Clock
from simulators.meters.line import MeterLine, Sound

_CHUNK = 4096


class _Wire(ABC):
    """What comes onto the wire, at once or after a while."""

    def __init__(self, line: MeterLine, clock: Clock) -> None:
        self.line = line
        self._clock = clock
        self._thinking: set[asyncio.Task[None]] = set()

    @abstractmethod
    def make_noise(self, data: bytes) -> None:
        """Put bytes on the wire; what nobody reads is lost."""

    def _heard(self, data: bytes) -> None:
        for sound in self.line.hear(data):
            if sound.after_s <= 0:
                self.make_noise(sound.data)
            else:
                task = asyncio.create_task(self._later(sound), name=f"{self.line.name} thinks")
                self._thinking.add(task)
                task.add_done_callback(self._thinking.discard)

    async def _later(self, sound: Sound) -> None:
        await self._clock.sleep(sound.after_s)
        self.make_noise(sound.data)

    async def _hush(self) -> None:
        thinking = list(self._thinking)
        for task in thinking:
            task.cancel()
        await asyncio.gather(*thinking, return_exceptions=True)


class PtyWire(_Wire):
    """Serves ``line`` on a pseudo-terminal; ``link`` is a symlink to it, there between ``start`` and ``stop``."""

    def __init__(self, line: MeterLine, clock: Clock, link: Path) -> None:
        super().__init__(line, clock)
        self.link = link
        self._master = self._slave = -1

    async def start(self) -> None:
        """Open the terminal and name it."""
        if self._master < 0:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.link.parent.mkdir(parents=True, exist_ok=True)
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(os.ttyname(self._slave))
            asyncio.get_running_loop().add_reader(self._master, self._readable)

    async def stop(self) -> None:
        """Close the terminal, as when the adapter is pulled."""
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            await self._hush()
            self.link.unlink(missing_ok=True)
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1

    def make_noise(self, data: bytes) -> None:
        """Put bytes on the wire; what nobody reads is lost."""
        with contextlib.suppress(OSError):
            os.write(self._master, data)

    def _readable(self) -> None:
        with contextlib.suppress(OSError):
            self._heard(os.read(self._master, _CHUNK))


class PortWire(_Wire):
    """Serves ``line`` on a TCP port, as a transparent serial server does; port 0 takes a free one and keeps it."""

    def __init__(self, line: MeterLine, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(line, clock)
        self.host, self.port = host, port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port, reuse_address=True)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for client in list(self._clients):
                client.transport.abort()
            await self._hush()
            await server.wait_closed()

    def make_noise(self, data: bytes) -> None:
        """Put bytes on the wire; every client hears them, as everybody on a line does."""
        for client in self._clients:
            client.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while data := await reader.read(_CHUNK):
                self._heard(data)
        except ConnectionError:
            return
        finally:
            self._clients.discard(writer)
            writer.close()
