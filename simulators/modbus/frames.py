"""How Modbus looks on a wire: the RTU frame with its CRC and the TCP frame with its MBAP header, by hand.

Source: MODBUS Application Protocol V1.1b3; MODBUS over Serial Line V1.02 §2.5; MODBUS Messaging on TCP/IP V1.0b §3.1.
"""

from dataclasses import dataclass

LONGEST_PDU = 253
LONGEST_RTU = 256
_SHORTEST_RTU = 4
_MBAP = 7
_FIXED_REQUESTS = frozenset({1, 2, 3, 4, 5, 6})
_COUNTED_REQUESTS = frozenset({15, 16})


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes | bytearray | memoryview) -> int:
    """Return the CRC of the serial line (polynomial A001, start FFFF); on the wire its low byte comes first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


@dataclass(frozen=True, slots=True)
class Frame:
    """One request or answer. ``transaction`` is the MBAP's number, 0 on a serial line."""

    unit: int
    pdu: bytes
    transaction: int = 0


class NotModbusError(ValueError):
    """These bytes on a TCP connection cannot be Modbus, and there is no way to find the next frame: hang up."""


def rtu_bytes(frame: Frame) -> bytes:
    """Return the frame as it goes over a serial line."""
    body = bytes((frame.unit,)) + frame.pdu
    return body + crc16(body).to_bytes(2, "little")


def tcp_bytes(frame: Frame) -> bytes:
    """Return the frame as it goes over TCP."""
    length = len(frame.pdu) + 1
    return frame.transaction.to_bytes(2, "big") + b"\0\0" + length.to_bytes(2, "big") + bytes((frame.unit,)) + frame.pdu


class TcpReader:
    """Cuts a TCP byte stream into request frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes; ``NotModbusError`` where the header is none."""
        buffer = self._buffer
        buffer += data
        frames = []
        while len(buffer) >= _MBAP:
            length = int.from_bytes(buffer[4:6], "big")
            if buffer[2:4] != b"\0\0" or not 2 <= length <= LONGEST_PDU + 1:
                raise NotModbusError(bytes(buffer[:_MBAP]).hex(" "))
            end = 6 + length
            if len(buffer) < end:
                break
            frames.append(Frame(buffer[6], bytes(buffer[7:end]), int.from_bytes(buffer[:2], "big")))
            del buffer[:end]
        return frames


class RtuReader:
    """Cuts a serial byte stream into request frames by what function codes say about length, not by silences.

    A pseudo-terminal keeps no timing. Noise is skipped: the reader takes the first place where a whole frame with a
    right CRC lies. A function without a known length is a frame if nothing stands before it and its CRC ends all.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        self._buffer += data
        frames = []
        while (found := self._first()) is not None:
            start, end = found
            frames.append(Frame(self._buffer[start], bytes(self._buffer[start + 1 : end - 2])))
            del self._buffer[:end]
        del self._buffer[:-LONGEST_RTU]
        return frames

    def _first(self) -> tuple[int, int] | None:
        for start in range(len(self._buffer) - _SHORTEST_RTU + 1):
            end = start + self._length(start)
            if start < end <= len(self._buffer) and crc16(memoryview(self._buffer)[start:end]) == 0:
                return start, end
        return None

    def _length(self, start: int) -> int:
        """Return the bytes of the frame at ``start``, 0 while or where that cannot be told."""
        buffer = self._buffer
        function = buffer[start + 1]
        if function in _FIXED_REQUESTS:
            return 8
        if function in _COUNTED_REQUESTS:
            return 9 + buffer[start + 6] if len(buffer) > start + 6 else 0
        return len(buffer) if start == 0 else 0
