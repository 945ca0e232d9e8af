"""How a request lies on the wire, and how its answer is found among whatever came back: RTU with CRC, TCP with MBAP.

We know what we asked, so an answer is looked for rather than read from where the bytes begin: noise before it, another
unit's frame, the end of an answer that came too late and our own echo are passed over, and a header that promises more
than will ever come holds nobody up.

Sources: "MODBUS over Serial Line" V1.02, 2.5.1; "MODBUS Messaging on TCP/IP" V1.0b, 3.1.
"""

from typing import Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from drivers.modbus.pdu import READS, WRITES, Request

LONGEST = 512
"""So many bytes of what came last can hold an answer, with as much noise before it."""

_EXCEPTION, _ECHO, _OVERHEAD = 5, 8, 5
_MBAP = 6
_LONGEST_MBAP = 254


class Framing(Protocol):
    """One of the two ways."""

    def frame(self, request: Request, transaction: int) -> bytes:
        """Return ``request`` as it goes over the wire."""
        ...

    def find(self, data: bytes, request: Request) -> bytes:
        """Return the PDU in ``data`` that answers ``request``, as far as its frame tells; empty while there is none."""
        ...


class Rtu:
    """Unit, PDU and CRC; an answer is known by its unit, by its function, and by its checksum."""

    def __init__(self) -> None:
        self._framer = FramerRTU(DecodePDU(False))

    def frame(self, request: Request, transaction: int) -> bytes:
        """Return ``request`` with its checksum; there is no transaction on a serial line."""
        if not request.wire:
            request.wire = self._framer.buildFrame(request)
        return request.wire

    def find(self, data: bytes, request: Request) -> bytes:
        """Return the first whole frame of the unit and function that were asked, or its exception."""
        unit, function = request.dev_id, request.function_code
        start = data.find(unit)
        while 0 <= start <= len(data) - _EXCEPTION:
            end = start + _length(function, data, start)
            if start < end <= len(data) and is_whole(data[start:end]):
                return data[start + 1 : end - 2]
            start = data.find(unit, start + 1)
        return b""


class Mbap:
    """Transaction, length, unit and PDU; an answer is known by its transaction's number and its unit."""

    def __init__(self) -> None:
        self._framer = FramerSocket(DecodePDU(False))

    def frame(self, request: Request, transaction: int) -> bytes:
        """Return ``request`` under the number ``transaction``."""
        if not request.wire:
            request.wire = self._framer.buildFrame(request)[2:]
        request.transaction_id = transaction
        return transaction.to_bytes(2, "big") + request.wire

    def find(self, data: bytes, request: Request) -> bytes:
        """Return the first whole frame with the transaction and the unit that were asked."""
        head = request.transaction_id.to_bytes(2, "big") + b"\0\0"
        start = data.find(head)
        while 0 <= start < len(data) - _MBAP - 1:
            length = data[start + 4] << 8 | data[start + 5]
            if length == 2 and data[start + 7] & 0x80:
                length = 3  # some devices forget the exception's own byte
            end = start + _MBAP + length
            if 2 < length <= _LONGEST_MBAP and end <= len(data) and request.dev_id in (0, data[start + 6]):
                return data[start + 7 : end]
            start = data.find(head, start + 1)
        return b""


def is_whole(frame: bytes) -> bool:
    """Tell whether an RTU frame's checksum is that of its bytes."""
    return bool(FramerRTU.compute_CRC(frame[:-2]) == frame[-2] << 8 | frame[-1])


def _length(function: int, data: bytes, start: int) -> int:
    """Return how long an answer to ``function`` would be that began at ``start``; 0 where none does."""
    said = data[start + 1]
    if said == function | 0x80:
        return _EXCEPTION
    if said != function:
        return 0
    if function in READS:
        return _OVERHEAD + data[start + 2]
    return _ECHO if function in WRITES else 0
