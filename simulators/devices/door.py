"""The mechanics of a door: a strike that a relay releases, a leaf with a contact, and a push button inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from runtime.clock import Clock
from simulators.devices.board import Act, Board

How = Literal["unlocked", "key", "forced"]


@dataclass(frozen=True, slots=True)
class Opening:
    """The leaf was opened at ``at`` (µs): through a released strike, with the mechanical key, or by force."""

    at: int
    how: How
    closed_at: int | None = None


class Door:
    """A door on relay ``relay`` of ``board``: relay on means the strike is released.

    The contact's input is on while the leaf is closed; a board without inputs has none. The exit button releases the
    strike without the board.
    """

    model = "door"
    deeds = frozenset({"open", "close", "press_exit", "release_exit", "set_fire", "set_tamper"})

    def __init__(self, board: Board, clock: Clock, *, relay: int, inputs: dict[str, int]) -> None:
        self.board = board
        self.relay = relay
        self.openings: list[Opening] = []
        self.commands: list[Act] = []
        self.on_unlock: list[Callable[[], None]] = []
        self._clock = clock
        self._open = False
        self._exit = self._fire = self._tamper = False
        self._contact = inputs.get("contact")
        sources: dict[str, Callable[[], bool]] = {
            "contact": lambda: not self._open,
            "exit_button": lambda: self._exit,
            "fire_input": lambda: self._fire,
            "tamper": lambda: self._tamper,
        }
        for key, channel in inputs.items():
            board.wire(channel, sources[key])
        board.listen(relay, self._heard)

    @property
    def is_open(self) -> bool:
        """Tell whether the leaf is open."""
        return self._open

    @property
    def unlocked(self) -> bool:
        """Tell whether the strike is released now."""
        return self._exit or self.board.relay_on(self.relay)

    @property
    def reads(self) -> int:
        """Return how many answers showed this door's contact, or its board where it has none."""
        if self._contact is None:
            return self.board.reads
        return self.board.input_reads[self._contact - 1]

    def open(self, how: How = "unlocked") -> bool:
        """Pull the door; returns whether it is open now. ``unlocked`` works only while the strike is released."""
        if self._open:
            return True
        if how == "unlocked" and not self.unlocked:
            return False
        self._open = True
        self.openings.append(Opening(self._clock.now(), how))
        return True

    def close(self) -> None:
        """Let the leaf fall shut; the strike locks by itself."""
        if self._open:
            self._open = False
            last = self.openings[-1]
            self.openings[-1] = Opening(last.at, last.how, self._clock.now())

    def press_exit(self) -> None:
        """Hold the exit button down."""
        self._exit = True

    def release_exit(self) -> None:
        """Let the exit button go."""
        self._exit = False

    def set_fire(self, on: bool) -> None:
        """Set the contact of the fire panel."""
        self._fire = on

    def set_tamper(self, on: bool) -> None:
        """Set the tamper switch of the lock's box."""
        self._tamper = on

    def truth(self) -> dict[str, object]:
        """Return what was served, asked and done here."""
        return {
            "reads": self.reads,
            "commands": [act.as_json() for act in self.commands],
            "openings": [{"at": o.at, "how": o.how, "closed_at": o.closed_at} for o in self.openings],
            "open": self._open,
            "unlocked": self.unlocked,
        }

    def _heard(self, act: Act, rose: bool) -> None:
        self.commands.append(act)
        if rose:
            for told in self.on_unlock:
                told()
