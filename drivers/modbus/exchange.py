"""One request, one answer, over pymodbus's transport: errors are named, cancellation stays cancellation.

pymodbus's ``execute`` is not used: on Python 3.11 its ``wait_for`` can swallow a cancellation that meets an answer, a
connection that dies leaves it waiting for the timeout, and an undecodable frame escapes into the event loop.
"""

import asyncio
import errno
import logging
import socket
import termios

from pymodbus.transport import CommParams, CommType, ModbusProtocol

from config.bus_settings import ModbusBus, ModbusRtuBus, ModbusTcpBus
from drivers.api.errors import CorruptAnswer, DeviceRefused, LineLost, Misconfigured, Timeout
from drivers.api.tape import CLOSED, GAVE_UP, OPENED, RECEIVED, SENT, Tape
from drivers.modbus.framing import LONGEST, Framing, Mbap, Rtu
from drivers.modbus.pdu import READS, Request

RECEIVE_BYTES = 16 * 1024
"""What one read of a socket may take. asyncio allocates as much for each read, and its 256 KiB halve the speed."""

SILENT_PEER_MS = 10_000
"""How long a TCP peer may leave our bytes unacknowledged before the kernel gives the connection up."""

LATE_ANSWER_S = 0.05
"""Silence on a serial line after a request that went unanswered, before another unit is asked. The same unit waits
until its answer has come or the bus's timeout has gone by once more: its late answer would look like the next one."""

_GATEWAY_TARGET_SILENT = 0x0B
_LAST_TRANSACTION = 0xFFFF

# The agent reports an outage once, in its own words; pymodbus would report every single request.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class NotSent(LineLost):
    """The connection was gone before anything left for the device."""


class Exchange(ModbusProtocol):
    """pymodbus's connection with an exchange of our own. Make one for each connection; it never reconnects itself.

    ``took_s`` is how long the last answer took.
    """

    def __init__(self, bus: ModbusBus, tape: Tape) -> None:
        self.rtu = not isinstance(bus, ModbusTcpBus)
        self.took_s = 0.0
        self._framing: Framing = Rtu() if self.rtu else Mbap()
        self._network = not isinstance(bus, ModbusRtuBus)
        self._tape = tape
        super().__init__(_parameters(bus), False)
        self.timeout_s = bus.timeout_s
        self._answered: asyncio.Future[bytes] = self.loop.create_future()
        self._request = Request(0, 0, b"")
        self._transaction = 0
        self._expires_at = self._waits_s = 0.0
        self._bell: asyncio.TimerHandle | None = None
        self._echoes = False
        self._owed: asyncio.Future[None] | None = None
        self._owed_by = self._request
        self._owed_since = 0.0

    async def dial(self) -> None:
        """Make the connection within the bus's timeout; ``LineLost`` or, for impossible settings, ``Misconfigured``."""
        where = f"{self.comm_params.host}:{self.comm_params.port}" if self._network else self.comm_params.host
        try:
            async with asyncio.timeout(self.timeout_s):
                self.transport, _ = await self.call_create()
                if not self._network:  # pymodbus attaches its reader in the loop's next turn and says so in another
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
        except TimeoutError as error:
            raise LineLost(f"{where}: no connection within {self.timeout_s:g} s") from error
        except OSError as error:
            raise LineLost(f"{where}: {error.strerror or error}") from error
        except termios.error as error:
            number, why = error.args
            raise (Misconfigured if number == errno.EINVAL else LineLost)(f"{where}: {why}") from error
        except (ValueError, RuntimeError) as error:
            raise Misconfigured(f"{where}: {error}") from error
        if self._network:
            self._tune()
        self._tape.add(OPENED)

    def hang_up(self) -> None:
        """Drop the connection now, without waiting for bytes that a frozen peer never takes."""
        self._fail(LineLost("the connection was closed"))
        if self._bell is not None:
            self._bell.cancel()
            self._bell = None
        transport = self.transport
        if transport is not None:
            self._tape.add(CLOSED)
        self.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    async def ask(self, request: Request, timeout_s: float) -> bytes:
        """Send ``request`` and return the data of its answer; one at a time.

        Raises ``LineLost`` (``NotSent`` when it was gone before), ``Timeout``, ``CorruptAnswer`` or ``DeviceRefused``
        (with the exception code).
        """
        if self._owed is not None:
            await self._settle(request.dev_id)
        answered = self._answered = self.loop.create_future()
        self._send(request)
        began = self.loop.time()
        expires_at = self._expires_at = began + timeout_s
        self._waits_s = timeout_s
        if self._bell is None:
            self._bell = self.loop.call_at(expires_at, self._ring)
        elif self._bell.when() > expires_at:
            self._bell.cancel()
            self._bell = self.loop.call_at(expires_at, self._ring)
        try:
            answer = await answered
        except asyncio.CancelledError:
            if answered.cancelled():
                self._owe()
            raise
        self.took_s = self.loop.time() - began
        return _checked(request, answer)

    async def tell(self, request: Request) -> None:
        """Send ``request``, which nobody answers; ``NotSent`` when the connection was gone before."""
        if self._owed is not None:
            await self._settle(request.dev_id)
        self._send(request)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, as asyncio hands it over."""
        self._tape.add(RECEIVED, data)
        buffer = self.recv_buffer + data if self.recv_buffer else data
        used = self.callback_data(buffer)
        self.recv_buffer = b"" if used == len(buffer) else buffer[used:]

    def callback_data(self, data: bytes, addr: tuple[str, int] | None = None) -> int:
        """Look for the answer in what arrived since the request; return how much of it nobody needs any more."""
        if self._answered.done():
            if self._owed is not None and not self._owed.done() and self._framing.find(data, self._owed_by):
                self._owed.set_result(None)
                return len(data)
        else:
            pdu = self._framing.find(self._heard(data), self._request)
            if pdu:
                self._answered.set_result(pdu)
                return len(data)
        return max(0, len(data) - LONGEST)

    def callback_disconnected(self, exc: Exception | None) -> None:
        """Tell whoever waits that nothing will come any more."""
        self._tape.add(CLOSED)
        self._fail(LineLost(f"the connection broke: {exc}" if exc else "the other end closed the connection"))

    def callback_connected(self) -> None:
        """Need nothing; ``dial`` knows."""

    def callback_new_connection(self) -> ModbusProtocol:
        """Never be called: this is no server."""
        return self

    def _send(self, request: Request) -> None:
        if self.transport is None:
            raise NotSent("the connection is gone")
        self._transaction = self._transaction % _LAST_TRANSACTION + 1
        frame = self._framing.frame(request, self._transaction)
        self._request, self.recv_buffer = request, b""
        self.transport.write(frame)  # type: ignore[attr-defined]  # asyncio's signature is wider than its promise
        self._tape.add(SENT, frame)

    def _heard(self, data: bytes) -> bytes:
        """Return ``data`` without our own request, which a converter that hears itself sends back: a write would look
        like its answer. That it does so is learnt from a read, whose answer never looks like the request.
        """
        frame = self._request.wire
        if not self.rtu or not data.startswith(frame):
            return data
        self._echoes = self._echoes or self._request.function_code in READS
        return data[len(frame) :] if self._echoes else data

    def _fail(self, error: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(error)
            self._answered.exception()  # seen, even where a cancellation takes the waiting task away first

    def _ring(self) -> None:
        """Look whether the request that waits has waited too long. One bell serves many requests: making and
        cancelling a timer for each costs more than framing it.
        """
        self._bell = None
        if self._answered.done():
            return
        if self.loop.time() < self._expires_at:
            self._bell = self.loop.call_at(self._expires_at, self._ring)
            return
        self._tape.add(GAVE_UP)
        corrupt = self.rtu and bool(self._heard(self.recv_buffer))
        self._owe()
        word = "only garbled bytes came" if corrupt else "no answer"
        self._fail((CorruptAnswer if corrupt else Timeout)(f"{word} within {self._waits_s:g} s"))

    def _owe(self) -> None:
        if self.rtu:
            self._owed = self.loop.create_future()
            self._owed_by, self._owed_since = self._request, self.loop.time()

    async def _settle(self, unit: int) -> None:
        if self._owed is None:
            return
        patience = self.timeout_s if unit == self._owed_by.dev_id else LATE_ANSWER_S
        rest = self._owed_since + patience - self.loop.time()
        if rest > 0:
            await asyncio.wait([self._owed], timeout=rest)
        if unit == self._owed_by.dev_id or self._owed.done():
            self._owed = None

    def _tune(self) -> None:
        if getattr(self.transport, "max_size", 0) > RECEIVE_BYTES:
            self.transport.max_size = RECEIVE_BYTES  # type: ignore[attr-defined]
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_MS)


def _checked(request: Request, answer: bytes) -> bytes:
    """Return the data of an answer to ``request``: what a read brought, what a write repeats."""
    code, data = answer[0], answer[1:]
    if code == request.function_code | 0x80 and data:
        if data[0] == _GATEWAY_TARGET_SILENT:
            raise Timeout("the gateway says that the device did not answer (exception 11)")
        raise DeviceRefused(f"exception {data[0]}", data[0])
    if request.function_code in READS and code == request.function_code and data:
        counted, data = data[0], data[1:]
        if counted == len(data) == request.size:
            return data
    elif code == request.function_code and len(data) == 4:
        if data.startswith(request.expect):
            return data
        raise CorruptAnswer("the echo names another address or value")
    raise CorruptAnswer(f"asked for function {request.function_code}, got {code} with {len(data)} bytes")


def _parameters(bus: ModbusBus) -> CommParams:
    if not isinstance(bus, ModbusRtuBus):
        return CommParams(comm_name=bus.id, comm_type=CommType.TCP, host=bus.host, port=bus.port, reconnect_delay=0)
    bits, parity, stops = tuple(bus.format)
    return CommParams(
        comm_name=bus.id,
        comm_type=CommType.SERIAL,
        host=bus.port,
        baudrate=bus.baud,
        bytesize=int(bits),
        parity=parity,
        stopbits=int(stops),
        reconnect_delay=0,
    )
