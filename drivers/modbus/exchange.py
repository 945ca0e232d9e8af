"""One request, one answer, over pymodbus's transport and framers: errors are named, cancellation stays cancellation.

pymodbus's ``execute`` is not used: on Python 3.11 its ``wait_for`` can swallow a cancellation that meets an answer, a
connection that dies leaves it waiting for the timeout, and an undecodable frame escapes into the event loop.
"""

import asyncio
import logging
import socket
import struct

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerBase, FramerRTU, FramerSocket
from pymodbus.pdu import ModbusPDU
from pymodbus.transaction import TransactionManager
from pymodbus.transport import CommParams, CommType

from config.settings import ModbusBus, ModbusTcpBus
from drivers.api.errors import CorruptAnswer, DeviceRefused, LineLost, Misconfigured, Timeout
from drivers.modbus.pdu import Request, answer_decoder

RECEIVE_BYTES = 16 * 1024
"""What one read of a socket may take. asyncio allocates as much for each read, and its 256 KiB halve the speed."""

SILENT_PEER_MS = 10_000
"""How long a TCP peer may leave our bytes unacknowledged before the kernel gives the connection up."""

LATE_ANSWER_S = 0.05
"""Silence on a serial line after a request that went unanswered, before another unit is asked. The same unit waits
until its answer has come or the bus's timeout has gone by once more: its late answer would look like the next one."""

_GATEWAY_TARGET_SILENT = 0x0B

# The agent reports an outage once, in its own words; pymodbus would report every single request.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class NotSent(LineLost):
    """The connection was gone before anything left for the device."""


class Exchange(TransactionManager):
    """pymodbus's connection with an exchange of our own. Make one for each connection; it never reconnects itself."""

    def __init__(self, bus: ModbusBus) -> None:
        decoder = answer_decoder()
        self.serial = not isinstance(bus, ModbusTcpBus)
        framer: FramerBase = FramerRTU(decoder) if self.serial else FramerSocket(decoder)
        super().__init__(_parameters(bus), framer, 0, False, None, None, None)
        self.timeout_s = bus.timeout_s
        self.response_future: asyncio.Future[ModbusPDU] = self.loop.create_future()
        self._garbled = False
        self._expires_at = 0.0
        self._bell: asyncio.TimerHandle | None = None
        self._owed: asyncio.Future[None] | None = None
        self._owed_by = 0
        self._owed_since = 0.0

    async def dial(self) -> None:
        """Make the connection within the bus's timeout; ``LineLost`` or, for impossible settings, ``Misconfigured``."""
        where = f"{self.comm_params.host}:{self.comm_params.port}" if not self.serial else self.comm_params.host
        try:
            async with asyncio.timeout(self.timeout_s):
                self.transport, _ = await self.call_create()
                if self.serial:  # pymodbus attaches its reader in the loop's next turn, and says so in the one after
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
        except TimeoutError as error:
            raise LineLost(f"{where}: no connection within {self.timeout_s:g} s") from error
        except OSError as error:
            raise LineLost(f"{where}: {error.strerror or error}") from error
        except (ValueError, RuntimeError) as error:
            raise Misconfigured(f"{where}: {error}") from error
        if not self.serial:
            self._tune()

    def hang_up(self) -> None:
        """Drop the connection now, without waiting for bytes that a frozen peer never takes."""
        self._fail(LineLost("the connection was closed"))
        if self._bell is not None:
            self._bell.cancel()
            self._bell = None
        transport = self.transport
        self.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    async def ask(self, request: Request) -> bytes:
        """Send ``request`` and return the data of its answer; one at a time.

        Raises ``LineLost`` (``NotSent`` when it was gone before), ``Timeout``, ``CorruptAnswer`` or ``DeviceRefused``
        (with the exception code).
        """
        if self._owed is not None:
            await self._settle(request.dev_id)
        if self.transport is None:
            raise NotSent("the connection is gone")
        request.transaction_id = self.getNextTID()
        self._garbled = False
        answered = self.response_future = self.loop.create_future()
        self.pdu_send(request)
        self._expires_at = self.loop.time() + self.timeout_s
        if self._bell is None:
            self._bell = self.loop.call_at(self._expires_at, self._ring)
        try:
            answer = await answered
        except asyncio.CancelledError:
            if answered.cancelled():
                self._owe()
            raise
        return _checked(request, answer)

    def callback_data(self, data: bytes, addr: tuple[str, int] | None = None) -> int:
        """Take what arrived; what is not Modbus fails the request that waits for it, and only that."""
        waiting = not self.response_future.done()
        try:
            used: int = super().callback_data(data, addr)
        except (ModbusException, ValueError, LookupError, struct.error) as error:
            self._fail(CorruptAnswer(f"not a Modbus answer: {error}"))
            used = len(data)
        self._garbled = self._garbled or used > 0
        answered = waiting and self.response_future.done()
        if used and not answered and self._owed is not None and not self._owed.done():
            self._owed.set_result(None)
        return used

    def callback_disconnected(self, exc: Exception | None) -> None:
        """Tell whoever waits that nothing will come any more."""
        super().callback_disconnected(exc)
        self._fail(LineLost(f"the connection broke: {exc}" if exc else "the other end closed the connection"))

    def _fail(self, error: Exception) -> None:
        if not self.response_future.done():
            self.response_future.set_exception(error)
            self.response_future.exception()  # seen, even where a cancellation takes the waiting task away first

    def _ring(self) -> None:
        """Look whether the request that waits has waited too long. One bell serves many requests: making and
        cancelling a timer for each costs more than framing it.
        """
        self._bell = None
        if self.response_future.done():
            return
        if self.loop.time() < self._expires_at:
            self._bell = self.loop.call_at(self._expires_at, self._ring)
            return
        corrupt = self.serial and self._garbled
        self._owe()
        word = "only garbled bytes came" if corrupt else "no answer"
        self._fail((CorruptAnswer if corrupt else Timeout)(f"{word} within {self.timeout_s:g} s"))

    def _owe(self) -> None:
        if self.serial:
            self._owed, self._owed_by, self._owed_since = (
                self.loop.create_future(),
                self.request_dev_id,
                self.loop.time(),
            )

    async def _settle(self, unit: int) -> None:
        if self._owed is None:
            return
        patience = self.timeout_s if unit == self._owed_by else LATE_ANSWER_S
        rest = self._owed_since + patience - self.loop.time()
        if rest > 0:
            await asyncio.wait([self._owed], timeout=rest)
        if unit == self._owed_by or self._owed.done():
            self._owed = None

    def _tune(self) -> None:
        if getattr(self.transport, "max_size", 0) > RECEIVE_BYTES:
            self.transport.max_size = RECEIVE_BYTES  # type: ignore[attr-defined]
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_MS)


def _checked(request: Request, answer: ModbusPDU) -> bytes:
    code = answer.function_code
    if code == request.function_code | 0x80:
        if answer.exception_code == _GATEWAY_TARGET_SILENT:
            raise Timeout("the gateway says that the device did not answer (exception 11)")
        raise DeviceRefused(f"exception {answer.exception_code}", answer.exception_code)
    data: bytes = getattr(answer, "data", b"")
    if code != request.function_code or (request.size and len(data) != request.size):
        raise CorruptAnswer(f"asked for function {request.function_code}, got {code} with {len(data)} bytes")
    if not data.startswith(request.expect):
        raise CorruptAnswer("the echo names another address or value")
    return data


def _parameters(bus: ModbusBus) -> CommParams:
    if isinstance(bus, ModbusTcpBus):
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
