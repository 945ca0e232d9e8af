"""What every pretend Modbus device is: four tables behind one unit address, and the PDU rules in front of them.

Source: MODBUS Application Protocol V1.1b3 §6 (function codes 1-6, 15, 16) and §7 (exception codes).
"""

from dataclasses import dataclass

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3

COILS = 1
DISCRETE_INPUTS = 2
HOLDING_REGISTERS = 3
INPUT_REGISTERS = 4
WRITE_COIL = 5
WRITE_REGISTER = 6
WRITE_COILS = 15
WRITE_REGISTERS = 16

_MOST_BITS = 2000
_MOST_REGISTERS = 125
_MOST_WRITTEN_BITS = 1968
_MOST_WRITTEN_REGISTERS = 123


class RefusedError(Exception):
    """The device answers with the exception ``code`` instead of doing what was asked."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Read:
    """A read that was asked: ``function`` is the table (1 coils, 2 discrete inputs, 3 holding, 4 input registers)."""

    function: int
    address: int
    count: int

    def covers(self, address: int, count: int = 1) -> bool:
        """Tell whether all of these addresses were read."""
        return self.address <= address and address + count <= self.address + self.count

    def meets(self, address: int, count: int = 1) -> bool:
        """Tell whether any of these addresses were read."""
        return self.address < address + count and address < self.address + self.count


class Unit:
    """One device on a line. A model overrides the tables it has; the others refuse with ``ILLEGAL_FUNCTION``."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.reads = 0

    def read_bits(self, read: Read) -> list[bool]:
        """Return the coils or discrete inputs asked for, or raise ``RefusedError``."""
        raise RefusedError(ILLEGAL_FUNCTION)

    def read_registers(self, read: Read) -> list[int]:
        """Return the registers asked for (0..65535 each), or raise ``RefusedError``."""
        raise RefusedError(ILLEGAL_FUNCTION)

    def write_coil(self, address: int, value: int) -> None:
        """Take function 5's raw 16-bit value (FF00 on, 0000 off, others as the maker pleases) or refuse."""
        raise RefusedError(ILLEGAL_FUNCTION)

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Take function 15 or refuse; nothing is written when refused."""
        raise RefusedError(ILLEGAL_FUNCTION)

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Take function 6 (one value) or 16 or refuse; nothing is written when refused."""
        raise RefusedError(ILLEGAL_FUNCTION)

    def listens(self) -> bool:
        """Tell whether a request that comes now is heard: some need silence between two."""
        return True

    def swapped(self, read: Read, words: list[int]) -> list[int]:
        """Return the registers of an answer as if the words of long values lay in the other order: here, of pairs."""
        return [word for place in range(0, len(words), 2) for word in reversed(words[place : place + 2])]

    def answered(self, read: Read) -> None:
        """Learn that the answer to ``read`` went out whole and right; what counts reads, counts here."""
        self.reads += 1


def answer(unit: Unit, pdu: bytes) -> tuple[bytes, Read | None]:
    """Return the answer's PDU, and the read it serves if it is one (so that the caller can tell the unit it went out).

    Never raises for anything that a client can send: what cannot be done is an exception answer.
    """
    function = pdu[0]
    try:
        if function in (COILS, DISCRETE_INPUTS, HOLDING_REGISTERS, INPUT_REGISTERS):
            read = _asked(pdu)
            return bytes((function,)) + _data(unit, read), read
        return bytes((function,)) + _written(unit, pdu), None
    except RefusedError as refused:
        return exception(function, refused.code), None


def is_register_read(read: Read) -> bool:
    """Tell whether ``read`` is of holding or input registers."""
    return read.function in (HOLDING_REGISTERS, INPUT_REGISTERS)


def exception(function: int, code: int) -> bytes:
    """Return the PDU that refuses ``function`` with ``code``."""
    return bytes((function | 0x80, code))


def pack_bits(bits: list[bool]) -> bytes:
    """Return bits as the wire carries them: eight to a byte, the lowest address in the lowest bit."""
    number = sum(1 << index for index, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def _asked(pdu: bytes) -> Read:
    if len(pdu) != 5:
        raise RefusedError(ILLEGAL_VALUE)
    read = Read(pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big"))
    most = _MOST_BITS if read.function in (COILS, DISCRETE_INPUTS) else _MOST_REGISTERS
    if not 1 <= read.count <= most:
        raise RefusedError(ILLEGAL_VALUE)
    if read.address + read.count > 0x10000:
        raise RefusedError(ILLEGAL_ADDRESS)
    return read


def _data(unit: Unit, read: Read) -> bytes:
    if read.function in (COILS, DISCRETE_INPUTS):
        data = pack_bits(unit.read_bits(read))
    else:
        data = b"".join(value.to_bytes(2, "big") for value in unit.read_registers(read))
    return bytes((len(data),)) + data


def _written(unit: Unit, pdu: bytes) -> bytes:
    function = pdu[0]
    if function not in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS):
        raise RefusedError(ILLEGAL_FUNCTION)
    if len(pdu) < 5:
        raise RefusedError(ILLEGAL_VALUE)
    address, value = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    if function == WRITE_COIL and len(pdu) == 5:
        unit.write_coil(address, value)
    elif function == WRITE_REGISTER and len(pdu) == 5:
        unit.write_registers(function, address, [value])
    elif function == WRITE_COILS:
        data = _counted(pdu, value, _MOST_WRITTEN_BITS, (value + 7) // 8)
        unit.write_coils(address, [bool(data[index // 8] >> index % 8 & 1) for index in range(value)])
    elif function == WRITE_REGISTERS:
        data = _counted(pdu, value, _MOST_WRITTEN_REGISTERS, value * 2)
        words = [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]
        unit.write_registers(function, address, words)
    else:
        raise RefusedError(ILLEGAL_VALUE)
    return pdu[1:5]


def _counted(pdu: bytes, count: int, most: int, size: int) -> bytes:
    if not 1 <= count <= most or len(pdu) != 6 + size or pdu[5] != size:
        raise RefusedError(ILLEGAL_VALUE)
    return pdu[6:]
