"""The way to a line of meters: its serial port, or a serial server that passes bytes through a TCP connection."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from config.bus_settings import MeterBus, MeterSerialBus, MeterTcpBus
from drivers.api.errors import LineLost, Misconfigured
from drivers.meters.port import SerialPort

SILENT_PEER_MS = 10_000
"""How long a TCP peer may leave our bytes unacknowledged before the kernel gives the connection up."""


class Wire(Protocol):
    """An open way: takes bytes, and is closed at once. What comes was given to the ``hear`` it was opened with."""

    def send(self, data: bytes) -> None:
        """Send ``data``; nothing is raised, a broken wire says so by ``lost``."""
        ...

    def close(self) -> None:
        """Close it without waiting; nothing is heard and no loss is told any more. May be called twice."""
        ...


async def open_wire(bus: MeterBus, hear: Callable[[bytes], None], lost: Callable[[str], None]) -> Wire:
    """Return an open way to the line; ``LineLost`` or, for impossible settings, ``Misconfigured``.

    ``lost`` is called once with the reason when the way is gone.
    """
    where = bus.port if isinstance(bus, MeterSerialBus) else f"{bus.host}:{bus.port}"
    try:
        async with asyncio.timeout(bus.timeout_s):
            return SerialPort(bus, hear, lost) if isinstance(bus, MeterSerialBus) else await _dial(bus, hear, lost)
    except TimeoutError as error:
        raise LineLost(f"{where}: no connection within {bus.timeout_s:g} s") from error
    except OSError as error:
        raise LineLost(f"{where}: {error.strerror or error}") from error
    except ValueError as error:
        raise Misconfigured(f"{where}: {error}") from error


class _Connection(asyncio.Protocol):
    def __init__(self, hear: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._hear, self._lost = hear, lost
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_MS)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._hear(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._lost(f"the connection broke: {exc}" if exc else "the other end closed the connection")

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()


async def _dial(bus: MeterTcpBus, hear: Callable[[bytes], None], lost: Callable[[str], None]) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: _Connection(hear, lost), bus.host, bus.port)
    return connection
