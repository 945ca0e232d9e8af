"""R413D08 (LaskaKit's board too): eight outputs that are holding registers, written as commands and read as 0 or 1.

Source: "8 Channel Multifunction RS485 Module command" of the maker: the command in the high byte, seconds in the low.
"""

from simulators.devices.board import Board
from simulators.modbus.unit import (
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    WRITE_REGISTER,
    Read,
    RefusedError,
)

_OPEN, _CLOSE, _TOGGLE, _LATCH, _MOMENTARY, _DELAY, _ALL_OPEN, _ALL_CLOSE = range(1, 9)
_UNIT_ADDRESS = 0x00FF


class R413D08Board(Board):
    """Eight outputs, no inputs."""

    INPUTS = 0

    def read_registers(self, read: Read) -> list[int]:
        """Return outputs 1 to 8, or the unit address."""
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if (read.address, read.count) == (_UNIT_ADDRESS, 1):
            return [self.address]
        return [int(on) for on in self.relays_on(read.address - 1, read.count)]

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Do what the high byte says (function 6)."""
        if function != WRITE_REGISTER:
            raise RefusedError(ILLEGAL_FUNCTION)
        command, seconds = divmod(values[0], 256)
        if address == _UNIT_ADDRESS:
            if not 1 <= values[0] <= 247:
                raise RefusedError(ILLEGAL_VALUE)
            self.address = values[0]
        elif address == 0 and command in (_ALL_OPEN, _ALL_CLOSE):
            self.act_all("on" if command == _ALL_OPEN else "off")
        elif not 1 <= address <= self.RELAYS:
            raise RefusedError(ILLEGAL_ADDRESS)
        elif command == _LATCH:
            for other in range(self.RELAYS):
                self.act(other, "on" if other == address - 1 else "off")
        elif command in (_OPEN, _CLOSE):
            self.act(address - 1, "on" if command == _OPEN else "off")
        elif command == _TOGGLE:
            self.act(address - 1, "toggle")
        elif command in (_MOMENTARY, _DELAY):
            self.act(address - 1, "pulse", 1.0 if command == _MOMENTARY else float(seconds))
        else:
            raise RefusedError(ILLEGAL_VALUE)
