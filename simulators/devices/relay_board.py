"""Waveshare Modbus RTU Relay (D), 8 channels: relays that pulse by themselves and opto inputs that doors are wired to.

Source: Waveshare wiki, Modbus RTU Relay (D), "Modbus Command Control" (V2 protocol).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from runtime.clock import Clock
from simulators.modbus.unit import (
    DISCRETE_INPUTS,
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    Read,
    RefusedError,
    Unit,
)

CHANNELS = 8
_ALL = 0x00FF
_TOGGLE_ALL = 0x01FF
_FLASH_ON = 0x0200
_FLASH_OFF = 0x0400
_UNIT_ADDRESS = 0x4000
_VERSION = 0x8000
_VERSION_VALUE = 200
_ON, _OFF, _TOGGLE = 0xFF00, 0x0000, 0x5500
_LONGEST_FLASH = 0x7FFF

What = Literal["on", "off", "toggle", "pulse", "pulse_off"]


@dataclass(frozen=True, slots=True)
class Act:
    """What a client asked of relay ``relay`` (1..8), at wall time ``at`` (µs); ``seconds`` for the two pulses."""

    at: int
    relay: int
    what: What
    seconds: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the act as the truth writes it."""
        found: dict[str, object] = {"at": self.at, "what": self.what}
        return found if self.seconds is None else {**found, "seconds": self.seconds}


class _Relay:
    """A relay: ``resting`` is its state for good, ``flash_until`` (monotonic) how long it is the other one."""

    def __init__(self) -> None:
        self.resting = False
        self.flash_until = 0.0

    def on(self, now: float) -> bool:
        return self.resting != (now < self.flash_until)

    def settle(self, state: bool) -> None:
        self.resting = state
        self.flash_until = 0.0


class RelayBoard(Unit):
    """Eight relays and eight inputs. Doors and barriers wire themselves to channels, which are counted from 1."""

    def __init__(self, address: int, clock: Clock) -> None:
        super().__init__(address)
        self.acts: list[Act] = []
        self.input_reads = [0] * CHANNELS
        self._clock = clock
        self._relays = tuple(_Relay() for _ in range(CHANNELS))
        self._inputs: list[Callable[[], bool]] = [_open_circuit] * CHANNELS
        self._listeners: dict[int, list[Callable[[Act, bool], None]]] = {}

    def wire(self, channel: int, source: Callable[[], bool]) -> None:
        """Let ``source`` drive input ``channel``; ``ValueError`` if there is no such input or it is wired already."""
        if not 1 <= channel <= CHANNELS:
            raise ValueError(f"a relay board has inputs 1..{CHANNELS}, not {channel}")
        if self._inputs[channel - 1] is not _open_circuit:
            raise ValueError(f"input {channel} is wired already")
        self._inputs[channel - 1] = source

    def listen(self, channel: int, heard: Callable[[Act, bool], None]) -> None:
        """Call ``heard(act, rose)`` on each act on relay ``channel``; ``rose``: it went from off to on at once."""
        if not 1 <= channel <= CHANNELS:
            raise ValueError(f"a relay board has relays 1..{CHANNELS}, not {channel}")
        self._listeners.setdefault(channel, []).append(heard)

    def relay_on(self, channel: int) -> bool:
        """Tell whether relay ``channel`` is on now."""
        return self._relays[channel - 1].on(self._clock.monotonic())

    def read_bits(self, read: Read) -> list[bool]:
        """Return relays (function 1) or inputs (function 2)."""
        if read.address + read.count > CHANNELS:
            raise RefusedError(ILLEGAL_ADDRESS)
        span = range(read.address, read.address + read.count)
        if read.function == DISCRETE_INPUTS:
            return [self._inputs[index]() for index in span]
        now = self._clock.monotonic()
        return [self._relays[index].on(now) for index in span]

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
            self._act(address, _switch(value))
        elif address == _ALL:
            what = _switch(value)
            for index in range(CHANNELS):
                self._act(index, what)
        elif address == _TOGGLE_ALL:
            for index in range(CHANNELS):
                self._act(index, "toggle")
        elif 0 <= address - _FLASH_ON < CHANNELS:
            self._act(address - _FLASH_ON, "pulse", _flash_seconds(value))
        elif 0 <= address - _FLASH_OFF < CHANNELS:
            self._act(address - _FLASH_OFF, "pulse_off", _flash_seconds(value))
        else:
            raise RefusedError(ILLEGAL_ADDRESS)

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Switch neighbouring relays at once."""
        if address + len(values) > CHANNELS:
            raise RefusedError(ILLEGAL_ADDRESS)
        for index, value in enumerate(values, address):
            self._act(index, "on" if value else "off")

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Take a new unit address (function 6 at 0x4000)."""
        if address != _UNIT_ADDRESS or len(values) != 1:
            raise RefusedError(ILLEGAL_ADDRESS)
        if not 1 <= values[0] <= 255:
            raise RefusedError(ILLEGAL_VALUE)
        self.address = values[0]

    def answered(self, read: Read) -> None:
        """Count the answer for each input it showed."""
        super().answered(read)
        if read.function == DISCRETE_INPUTS:
            for index in range(read.address, read.address + read.count):
                self.input_reads[index] += 1

    def _act(self, index: int, what: What, seconds: float | None = None) -> None:
        relay, now = self._relays[index], self._clock.monotonic()
        was = relay.on(now)
        if what in ("pulse", "pulse_off"):
            relay.settle(what == "pulse_off")
            relay.flash_until = now + (seconds or 0.0)
        else:
            relay.settle(not was if what == "toggle" else what == "on")
        act = Act(self._clock.now(), index + 1, what, seconds)
        self.acts.append(act)
        rose = relay.on(now) and not was
        for heard in self._listeners.get(index + 1, ()):
            heard(act, rose)


def _open_circuit() -> bool:
    return False


def _switch(value: int) -> What:
    known: dict[int, What] = {_ON: "on", _OFF: "off", _TOGGLE: "toggle"}
    if value not in known:
        raise RefusedError(ILLEGAL_VALUE)
    return known[value]


def _flash_seconds(value: int) -> float:
    if not 1 <= value <= _LONGEST_FLASH:
        raise RefusedError(ILLEGAL_VALUE)
    return value / 10
