"""A plain bank of holding registers: for measuring how fast a client reads, where no product is meant."""

from simulators.modbus.unit import HOLDING_REGISTERS, ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, Read, RefusedError, Unit


class RegisterBank(Unit):
    """``count`` holding registers from 0; register n begins as n. With ``moving`` all rise by one with every answer."""

    model = "registers"
    deeds = frozenset({"set_value"})

    def __init__(self, address: int, *, count: int = 20, moving: bool = True) -> None:
        super().__init__(address)
        self.values = list(range(count))
        self.moving = moving

    def set_value(self, register: int, value: int) -> None:
        """Make ``register`` hold ``value``; ``IndexError`` where there is none."""
        self.values[register] = value

    def read_registers(self, read: Read) -> list[int]:
        """Return holding registers."""
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.address + read.count > len(self.values):
            raise RefusedError(ILLEGAL_ADDRESS)
        added = self.reads if self.moving else 0
        return [(value + added) & 0xFFFF for value in self.values[read.address : read.address + read.count]]

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Take values."""
        if address + len(values) > len(self.values):
            raise RefusedError(ILLEGAL_ADDRESS)
        self.values[address : address + len(values)] = values

    def truth(self) -> dict[str, object]:
        """Return how many answers went out."""
        return {"reads": self.reads, "commands": []}
