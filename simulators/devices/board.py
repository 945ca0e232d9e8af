"""What every relay board is, whoever made it: relays that can be pulsed, and inputs to wire doors and barriers to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from runtime.clock import Clock
from simulators.modbus.unit import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Read, RefusedError, Unit

ON, OFF = 0xFF00, 0x0000

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


class Board(Unit):
    """Relays and inputs, counted from 1. A model says how many there are and how the maker lets them be reached."""

    RELAYS: ClassVar[int] = 8
    INPUTS: ClassVar[int] = 8

    def __init__(self, address: int, clock: Clock) -> None:
        super().__init__(address)
        self.acts: list[Act] = []
        self.input_reads = [0] * self.INPUTS
        self._clock = clock
        self._relays = tuple(_Relay() for _ in range(self.RELAYS))
        self._inputs: list[Callable[[], bool]] = [_open_circuit] * self.INPUTS
        self._listeners: dict[int, list[Callable[[Act, bool], None]]] = {}

    def wire(self, channel: int, source: Callable[[], bool]) -> None:
        """Let ``source`` drive input ``channel``; ``ValueError`` if there is no such input or it is wired already."""
        if not 1 <= channel <= self.INPUTS:
            raise ValueError(f"this relay board has inputs 1..{self.INPUTS}, not {channel}")
        if self._inputs[channel - 1] is not _open_circuit:
            raise ValueError(f"input {channel} is wired already")
        self._inputs[channel - 1] = source

    def listen(self, channel: int, heard: Callable[[Act, bool], None]) -> None:
        """Call ``heard(act, rose)`` on each act on relay ``channel``; ``rose``: it went from off to on at once."""
        if not 1 <= channel <= self.RELAYS:
            raise ValueError(f"this relay board has relays 1..{self.RELAYS}, not {channel}")
        self._listeners.setdefault(channel, []).append(heard)

    def relay_on(self, channel: int) -> bool:
        """Tell whether relay ``channel`` is on now."""
        return self._relays[channel - 1].on(self._clock.monotonic())

    def relays_on(self, first: int, count: int) -> list[bool]:
        """Return ``count`` relays from index ``first`` (0..), or refuse."""
        if first < 0 or first + count > self.RELAYS:
            raise RefusedError(ILLEGAL_ADDRESS)
        return [self.relay_on(index + 1) for index in range(first, first + count)]

    def inputs_on(self, first: int, count: int) -> list[bool]:
        """Return ``count`` inputs from index ``first`` (0..), or refuse."""
        if first < 0 or first + count > self.INPUTS:
            raise RefusedError(ILLEGAL_ADDRESS)
        return [source() for source in self._inputs[first : first + count]]

    def act(self, index: int, what: What, seconds: float | None = None) -> None:
        """Do ``what`` with relay ``index`` (0..): the board itself ends a pulse after ``seconds``."""
        if not 0 <= index < self.RELAYS:
            raise RefusedError(ILLEGAL_ADDRESS)
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

    def act_all(self, what: What) -> None:
        """Do ``what`` with every relay."""
        for index in range(self.RELAYS):
            self.act(index, what)

    def shown_inputs(self, read: Read) -> range:
        """Return the indexes of the inputs that ``read`` showed; those of a model."""
        return range(0)

    def answered(self, read: Read) -> None:
        """Count the answer for each input it showed."""
        super().answered(read)
        for index in self.shown_inputs(read):
            self.input_reads[index] += 1


def plain_switch(value: int) -> What:
    """Return what function 5's value asks for where only the standard's two are known, or refuse."""
    if value not in (ON, OFF):
        raise RefusedError(ILLEGAL_VALUE)
    return "on" if value == ON else "off"


def _open_circuit() -> bool:
    return False
