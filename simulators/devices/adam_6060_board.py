"""Advantech ADAM-6060: six inputs on coils, six relays on coils, and a counter for each input, its low word first.

Source: Advantech ADAM-6000 series manual, appendix B.2, where coils and registers are counted from 1.
"""

from runtime.clock import Clock
from simulators.devices.board import Board, plain_switch
from simulators.modbus.unit import COILS, HOLDING_REGISTERS, ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, Read, RefusedError

_FIRST_RELAY = 16


class Adam6060Board(Board):
    """Six relays and six inputs; ``counts`` has how often each input went on, as the module itself saw it."""

    RELAYS = INPUTS = 6

    def __init__(self, address: int, clock: Clock) -> None:
        super().__init__(address, clock)
        self.counts = [0] * self.INPUTS

    def pulse_input(self, channel: int) -> None:
        """Let input ``channel`` go on and off again so quickly that only the counter notices."""
        self.counts[channel - 1] += 1

    def read_bits(self, read: Read) -> list[bool]:
        """Return inputs (from coil 1) or relays (from coil 17)."""
        if read.function != COILS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.address >= _FIRST_RELAY:
            return self.relays_on(read.address - _FIRST_RELAY, read.count)
        return self.inputs_on(read.address, read.count)

    def read_registers(self, read: Read) -> list[int]:
        """Return counters, two registers each."""
        words = [word for count in self.counts for word in (count & 0xFFFF, count >> 16)]
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.address + read.count > len(words):
            raise RefusedError(ILLEGAL_ADDRESS)
        return words[read.address : read.address + read.count]

    def write_coil(self, address: int, value: int) -> None:
        """Switch one relay for good: the module ends nothing by itself."""
        self.act(address - _FIRST_RELAY, plain_switch(value))

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Switch neighbouring relays at once."""
        if address < _FIRST_RELAY or address - _FIRST_RELAY + len(values) > self.RELAYS:
            raise RefusedError(ILLEGAL_ADDRESS)
        for index, value in enumerate(values, address - _FIRST_RELAY):
            self.act(index, "on" if value else "off")

    def shown_inputs(self, read: Read) -> range:
        """Return the indexes of the inputs that ``read`` showed."""
        inputs = read.function == COILS and read.address < _FIRST_RELAY
        return range(read.address, read.address + read.count) if inputs else range(0)
