"""One bus and the units on it: who answers a request, in which framing, and with which fault."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from simulators.modbus.faults import Faults
from simulators.modbus.frames import Frame, rtu_bytes, tcp_bytes
from simulators.modbus.speed import Speed
from simulators.modbus.unit import ILLEGAL_FUNCTION, Read, Unit, answer, exception, is_register_read

BROADCAST = 0
GATEWAY_TARGET_SILENT = 0x0B
_READS = frozenset({1, 2, 3, 4})


def _nothing() -> None:
    return None


Reply = tuple[bytes, Callable[[], None]]
"""The bytes to send, and what to call once they went out."""


class Line:
    """The units of one bus. An address without a unit answers nothing, on TCP as on a serial line: the TCP side plays
    a transparent serial server. ``frozen`` silences the whole bus while its wire stays up. ``echo``: the client's own
    bytes come back to it, as from an RS-485 adapter that hears itself.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.echo = False
        self.requests = 0
        self._units: list[tuple[Unit, Faults]] = []

    def add(self, unit: Unit, faults: Faults | None = None, *, twin: bool = False) -> None:
        """Put ``unit`` on the bus; ``ValueError`` if its address is taken, unless it is to be a ``twin`` by mistake:
        both then answer at once, and nobody understands them.
        """
        if not twin and self._at(unit.address):
            raise ValueError(f"{self.name}: unit {unit.address} is taken")
        self._units.append((unit, faults or Faults()))

    def unit(self, address: int) -> Unit:
        """Return the unit at ``address``; ``KeyError`` if there is none."""
        found = self._at(address)
        if not found:
            raise KeyError(address)
        return found[0][0]

    def slow_s(self, address: int) -> float:
        """Return how long the unit thinks before it answers."""
        return max((faults.slow_s for _, faults in self._at(address)), default=0.0)

    def speaks(self, address: int) -> Speed | None:
        """Return the speed to which the unit is set, ``None`` where it is the line's."""
        return next((faults.speaks for _, faults in self._at(address)), None)

    def serve(self, request: Frame, *, tcp: bool) -> Reply | None:
        """Do what ``request`` asks; ``None`` is silence.

        A broadcast write (unit 0) is done by all and answered by none. A broadcast read is answered when one unit is
        alone on the bus, as Waveshare's and DFRobot's manuals use it to find an unknown address.
        """
        self.requests += 1
        if self.frozen or not request.pdu:
            return None
        if request.unit == BROADCAST and not tcp:
            return self._broadcast(request)
        replies = [reply for pair in self._at(request.unit) if (reply := _reply(*pair, request, tcp=tcp)) is not None]
        return replies[0] if len(replies) == 1 else _collided(request, replies, tcp=tcp)

    def _broadcast(self, request: Frame) -> Reply | None:
        if request.pdu[0] in _READS:
            return _reply(*self._units[0], request, tcp=False) if len(self._units) == 1 else None
        for unit, faults in self._units:
            if not faults.silent:
                answer(unit, request.pdu)
        return None

    def _at(self, address: int) -> list[tuple[Unit, Faults]]:
        return [pair for pair in self._units if pair[0].address == address]


def _collided(request: Frame, replies: list[Reply], *, tcp: bool) -> Reply | None:
    """Return what is left where several answer at once: the second starts a character later, and a wire that two
    drivers pull apart reads as neither. A TCP gateway in front of such a line says that nobody answered.
    """
    if not replies:
        return None
    if tcp:
        return tcp_bytes(replace(request, pdu=exception(request.pdu[0], GATEWAY_TARGET_SILENT))), _nothing
    mixed = bytearray(replies[0][0])
    for late, (data, _) in enumerate(replies[1:], 1):
        for place, byte in enumerate(data, late):
            if place < len(mixed):
                mixed[place] &= byte
            else:
                mixed.append(byte)
    return bytes(mixed), _nothing


def _reply(unit: Unit, faults: Faults, request: Frame, *, tcp: bool) -> Reply | None:
    if faults.silent or not unit.listens():
        return None
    wrong = faults.next_wrong()
    encode = tcp_bytes if tcp else rtu_bytes
    if wrong == "exception":
        pdu, read = exception(request.pdu[0], faults.code or ILLEGAL_FUNCTION), None
    else:
        pdu, read = answer(unit, request.pdu)
    if wrong == "swapped" and read is not None:
        pdu, read = _swapped(unit, read, pdu), None
    shown = faults.frozen_answer(request.pdu, pdu)
    if shown != pdu:
        read = None
    reply = replace(request, pdu=shown)
    if wrong == "bad_frame" and tcp:
        return tcp_bytes(replace(reply, transaction=request.transaction ^ 0x5555)), _nothing
    data = encode(reply)
    if wrong in ("bad_frame", "garbage", "short"):
        data, read = faults.corrupt(wrong, data), None
    noise = faults.dice.randbytes(faults.noise) if faults.noise and not tcp else b""
    return noise + data, _nothing if read is None else partial(unit.answered, read)


def _swapped(unit: Unit, read: Read, pdu: bytes) -> bytes:
    if not is_register_read(read):
        return pdu
    words = [int.from_bytes(pdu[place : place + 2], "big") for place in range(2, len(pdu), 2)]
    return pdu[:2] + b"".join(word.to_bytes(2, "big") for word in unit.swapped(read, words))
