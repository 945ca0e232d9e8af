"""One bus and the units on it: who answers a request, in which framing, and with which fault."""

from collections.abc import Callable
from dataclasses import replace

from simulators.modbus.faults import Faults
from simulators.modbus.frames import Frame, rtu_bytes, tcp_bytes
from simulators.modbus.unit import ILLEGAL_FUNCTION, Unit, answer, exception

BROADCAST = 0
_READS = frozenset({1, 2, 3, 4})


class Line:
    """The units of one bus. An address without a unit answers nothing, on TCP as on a serial line: the TCP side plays
    a transparent serial server. ``frozen`` silences the whole bus while its wire stays up.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.requests = 0
        self._units: list[tuple[Unit, Faults]] = []

    def add(self, unit: Unit, faults: Faults | None = None) -> None:
        """Put ``unit`` on the bus; ``ValueError`` if its address is taken."""
        if self._find(unit.address) is not None:
            raise ValueError(f"{self.name}: unit {unit.address} is taken")
        self._units.append((unit, faults or Faults()))

    def unit(self, address: int) -> Unit:
        """Return the unit at ``address``; ``KeyError`` if there is none."""
        found = self._find(address)
        if found is None:
            raise KeyError(address)
        return found[0]

    def slow_s(self, address: int) -> float:
        """Return how long the unit thinks before it answers."""
        found = self._find(address)
        return found[1].slow_s if found else 0.0

    def serve(self, request: Frame, *, tcp: bool) -> tuple[bytes, Callable[[], None]] | None:
        """Do what ``request`` asks. Returns the bytes to send and what to call once they went out; ``None``: silence.

        A broadcast write (unit 0) is done by all and answered by none. A broadcast read is answered when one unit is
        alone on the bus, as Waveshare's and DFRobot's manuals use it to find an unknown address.
        """
        self.requests += 1
        if self.frozen or not request.pdu:
            return None
        if request.unit == BROADCAST and not tcp:
            return self._broadcast(request)
        found = self._find(request.unit)
        return None if found is None else _reply(*found, request, tcp=tcp)

    def _broadcast(self, request: Frame) -> tuple[bytes, Callable[[], None]] | None:
        if request.pdu[0] in _READS:
            return _reply(*self._units[0], request, tcp=False) if len(self._units) == 1 else None
        for unit, faults in self._units:
            if not faults.silent:
                answer(unit, request.pdu)
        return None

    def _find(self, address: int) -> tuple[Unit, Faults] | None:
        for pair in self._units:
            if pair[0].address == address:
                return pair
        return None


def _nothing() -> None:
    return None


def _reply(unit: Unit, faults: Faults, request: Frame, *, tcp: bool) -> tuple[bytes, Callable[[], None]] | None:
    if faults.silent:
        return None
    wrong = faults.next_wrong()
    encode = tcp_bytes if tcp else rtu_bytes
    if wrong == "exception":
        return encode(replace(request, pdu=exception(request.pdu[0], faults.code or ILLEGAL_FUNCTION))), _nothing
    pdu, read = answer(unit, request.pdu)
    reply = replace(request, pdu=pdu)
    if wrong == "bad_frame" and tcp:
        return tcp_bytes(replace(reply, transaction=request.transaction ^ 0x5555)), _nothing
    if wrong is not None:
        return faults.corrupt(wrong, encode(reply)), _nothing
    if read is None:
        return encode(reply), _nothing
    served = read
    return encode(reply), lambda: unit.answered(served)
