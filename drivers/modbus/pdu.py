"""The requests of the Modbus application protocol: what is asked, and what a faithful answer to it holds.

Layouts are those of "MODBUS Application Protocol Specification V1.1b3", chapter 6. pymodbus's own messages turn each
register into an integer one by one and cannot carry a coil value other than FF00 and 0000, which timed pulses need.
"""

import struct

from pymodbus.pdu import ModbusPDU

READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16

READS = frozenset({READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS})
WRITES = frozenset({WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS})

_PAIR = struct.Struct(">HH")


class Request(ModbusPDU):
    """One request: ``body`` is what follows the function code; ``expect`` the body that a faithful answer has.

    For a read ``expect`` is empty and ``size`` the number of data bytes to come; for a write it is the echo.
    A request may be sent again and again: it holds nothing of its answer. ``wire`` is how it was framed last.
    """

    def __init__(self, unit: int, function: int, body: bytes, *, size: int = 0, expect: bytes = b"") -> None:
        super().__init__(dev_id=unit)
        self.function_code = function
        self.body = body
        self.size = size
        self.expect = expect
        self.wire = b""

    def encode(self) -> bytes:
        """Return the bytes after the function code."""
        return self.body


def read(unit: int, function: int, address: int, count: int) -> Request:
    """Read ``count`` bits (FC01, FC02) or registers (FC03, FC04) from ``address``."""
    size = (count + 7) // 8 if function <= READ_INPUTS else 2 * count
    return Request(unit, function, _PAIR.pack(address, count), size=size)


def write_coil(unit: int, address: int, on: bool) -> Request:
    """Switch one coil (FC05)."""
    body = _PAIR.pack(address, 0xFF00 if on else 0)
    return Request(unit, WRITE_COIL, body, expect=body)


def write_timed_coil(unit: int, address: int, value: int) -> Request:
    """Send FC05 with a duration where the specification has FF00 or 0000 (Waveshare "flash": steps of 100 ms).

    Only the address of the echo is checked: boards differ in what they put into the value.
    """
    return Request(unit, WRITE_COIL, _PAIR.pack(address, value), expect=address.to_bytes(2, "big"))


def write_register(unit: int, address: int, value: int) -> Request:
    """Write one holding register (FC06), ``value`` 0..65535."""
    body = _PAIR.pack(address, value)
    return Request(unit, WRITE_REGISTER, body, expect=body)


def write_coils(unit: int, address: int, on: tuple[bool, ...]) -> Request:
    """Switch 1..1968 neighbouring coils at once (FC15)."""
    head = _PAIR.pack(address, len(on))
    data = sum(1 << place for place, one in enumerate(on) if one).to_bytes((len(on) + 7) // 8, "little")
    return Request(unit, WRITE_COILS, head + bytes([len(data)]) + data, expect=head)


def write_registers(unit: int, address: int, values: tuple[int, ...]) -> Request:
    """Write 1..123 holding registers (FC16), each 0..65535."""
    head = _PAIR.pack(address, len(values))
    body = head + bytes([2 * len(values)]) + struct.pack(f">{len(values)}H", *values)
    return Request(unit, WRITE_REGISTERS, body, expect=head)
