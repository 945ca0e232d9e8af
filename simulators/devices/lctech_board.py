"""LC Technology LC-Modbus-8R-D7: eight relays that flash by two registers each, eight opto inputs, unit 255 as shipped.

Source: the maker's command list for its Modbus relay modules (commands 1 to 17), where mode 4 is on and off again and
mode 2 off and on again, in steps of 0.1 s; a unit address is written by everybody's address 0.
"""

from runtime.clock import Clock
from simulators.devices.board import Board, plain_switch
from simulators.modbus.unit import (
    DISCRETE_INPUTS,
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    WRITE_REGISTERS,
    Read,
    RefusedError,
)

BANNER = b"Thank you for using the Modbus modules of LCTECH\r\n"
"""What the module says on the line when its power comes, whoever is talking then."""

_UNIT_ADDRESS, _BAUD_READ, _BAUD_WRITTEN = 0x0000, 0x03E8, 0x03E9
_BAUD_CODES = (2, 3, 4)
_FIRST_FLASH, _FLASH_STEP = 3, 5
_ON_THEN_OFF, _OFF_THEN_ON = 4, 2


class LcTechBoard(Board):
    """Eight relays and eight inputs. With ``reversed_modes`` it is the clone in which 2 and 4 are exchanged."""

    def __init__(self, address: int, clock: Clock, *, reversed_modes: bool = False) -> None:
        super().__init__(address, clock)
        self._baud_code = 3
        self._pulse, self._pulse_off = _ON_THEN_OFF, _OFF_THEN_ON
        if reversed_modes:
            self._pulse, self._pulse_off = self._pulse_off, self._pulse

    def read_bits(self, read: Read) -> list[bool]:
        """Return relays (function 1) or inputs (function 2)."""
        if read.function == DISCRETE_INPUTS:
            return self.inputs_on(read.address, read.count)
        return self.relays_on(read.address, read.count)

    def read_registers(self, read: Read) -> list[int]:
        """Return the unit address or the code of the baud rate."""
        known = {_UNIT_ADDRESS: self.address, _BAUD_READ: self._baud_code}
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.count != 1 or read.address not in known:
            raise RefusedError(ILLEGAL_ADDRESS)
        return [known[read.address]]

    def write_coil(self, address: int, value: int) -> None:
        """Switch one relay for good."""
        self.act(address, plain_switch(value))

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Switch neighbouring relays at once."""
        if address + len(values) > self.RELAYS:
            raise RefusedError(ILLEGAL_ADDRESS)
        for index, value in enumerate(values, address):
            self.act(index, "on" if value else "off")

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Flash a relay, or take a new unit address or baud rate; all by function 16."""
        if function != WRITE_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        index, rest = divmod(address - _FIRST_FLASH, _FLASH_STEP)
        if address == _UNIT_ADDRESS and len(values) == 1:
            if not 1 <= values[0] <= 255:
                raise RefusedError(ILLEGAL_VALUE)
            self.address = values[0]
        elif address == _BAUD_WRITTEN and len(values) == 1:
            if values[0] not in _BAUD_CODES:
                raise RefusedError(ILLEGAL_VALUE)
            self._baud_code = values[0]
        elif len(values) == 2 and rest == 0 and 0 <= index < self.RELAYS:
            mode, steps = values
            if mode not in (self._pulse, self._pulse_off):
                raise RefusedError(ILLEGAL_VALUE)
            self.act(index, "pulse" if mode == self._pulse else "pulse_off", steps / 10)
        else:
            raise RefusedError(ILLEGAL_ADDRESS)

    def shown_inputs(self, read: Read) -> range:
        """Return the indexes of the inputs that ``read`` showed."""
        return range(read.address, read.address + read.count) if read.function == DISCRETE_INPUTS else range(0)
