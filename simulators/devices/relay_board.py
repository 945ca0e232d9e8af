"""Waveshare Modbus RTU Relay (D), 8 channels: relays that pulse by themselves and opto inputs that doors are wired to.

Source: Waveshare wiki, Modbus RTU Relay (D), "Modbus Command Control" (V2 protocol).
"""

from simulators.devices.board import Board, What, plain_switch
from simulators.modbus.unit import (
    DISCRETE_INPUTS,
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    Read,
    RefusedError,
)

CHANNELS = 8
_ALL = 0x00FF
_TOGGLE_ALL = 0x01FF
_FLASH_ON = 0x0200
_FLASH_OFF = 0x0400
_UNIT_ADDRESS = 0x4000
_VERSION = 0x8000
_VERSION_VALUE = 200
_TOGGLE = 0x5500
_LONGEST_FLASH = 0x7FFF


class RelayBoard(Board):
    """Eight relays and eight inputs. Doors and barriers wire themselves to channels, which are counted from 1."""

    RELAYS = INPUTS = CHANNELS

    def read_bits(self, read: Read) -> list[bool]:
        """Return relays (function 1) or inputs (function 2)."""
        if read.function == DISCRETE_INPUTS:
            return self.inputs_on(read.address, read.count)
        return self.relays_on(read.address, read.count)

    def read_registers(self, read: Read) -> list[int]:
        """Return the unit address or the firmware's version times 100."""
        known = {_UNIT_ADDRESS: self.address, _VERSION: _VERSION_VALUE}
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.count != 1 or read.address not in known:
            raise RefusedError(ILLEGAL_ADDRESS)
        return [known[read.address]]

    def write_coil(self, address: int, value: int) -> None:
        """Switch one or all, or flash: the board itself ends a flash after ``value`` times 100 ms."""
        if address < CHANNELS:
            self.act(address, _switch(value))
        elif address == _ALL:
            self.act_all(_switch(value))
        elif address == _TOGGLE_ALL:
            self.act_all("toggle")
        elif 0 <= address - _FLASH_ON < CHANNELS:
            self.act(address - _FLASH_ON, "pulse", _flash_seconds(value))
        elif 0 <= address - _FLASH_OFF < CHANNELS:
            self.act(address - _FLASH_OFF, "pulse_off", _flash_seconds(value))
        else:
            raise RefusedError(ILLEGAL_ADDRESS)

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Switch neighbouring relays at once."""
        if address + len(values) > CHANNELS:
            raise RefusedError(ILLEGAL_ADDRESS)
        for index, value in enumerate(values, address):
            self.act(index, "on" if value else "off")

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Take a new unit address (function 6 at 0x4000)."""
        if address != _UNIT_ADDRESS or len(values) != 1:
            raise RefusedError(ILLEGAL_ADDRESS)
        if not 1 <= values[0] <= 255:
            raise RefusedError(ILLEGAL_VALUE)
        self.address = values[0]

    def shown_inputs(self, read: Read) -> range:
        """Return the indexes of the inputs that ``read`` showed."""
        return range(read.address, read.address + read.count) if read.function == DISCRETE_INPUTS else range(0)


def _switch(value: int) -> What:
    return "toggle" if value == _TOGGLE else plain_switch(value)


def _flash_seconds(value: int) -> float:
    if not 1 <= value <= _LONGEST_FLASH:
        raise RefusedError(ILLEGAL_VALUE)
    return value / 10
