"""The few pictures that were looked at lately: in memory alone, within a size, and for minutes."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from runtime.clock import Clock

KEPT_S = 300.0
"""How long a picture that was fetched stays here; whoever looks again within this time costs the gateway nothing."""

ROOM = 32 * 1024 * 1024
"""Most bytes of all pictures here."""


class Wanted(NamedTuple):
    """What is asked for: a picture of a gateway, whole or masked."""

    gateway: str
    reference: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture as it came: JPEG, when it was taken (µs), and whether neither plate nor face can be read in it."""

    data: bytes
    at: int
    masked: bool


class Shelf:
    """Keeps what came last within ``room`` bytes."""

    def __init__(self, clock: Clock, room: int = ROOM) -> None:
        self.size = 0
        self._clock, self._room = clock, room
        self._held: OrderedDict[Wanted, tuple[float, Looked]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, wanted: Wanted, looked: Looked) -> None:
        """Take a picture; the oldest make room for it."""
        self.forget()
        self._drop(wanted)
        self._held[wanted] = self._clock.monotonic() + KEPT_S, looked
        self.size += len(looked.data)
        while self.size > self._room:
            self._drop(next(iter(self._held)))

    def get(self, wanted: Wanted) -> Looked | None:
        """Return a picture that is here still."""
        self.forget()
        held = self._held.get(wanted)
        return None if held is None else held[1]

    def forget(self) -> None:
        """Let go of what was here for its time."""
        now = self._clock.monotonic()
        for wanted in [wanted for wanted, (until, _) in self._held.items() if until <= now]:
            self._drop(wanted)

    def _drop(self, wanted: Wanted) -> None:
        held = self._held.pop(wanted, None)
        if held is not None:
            self.size -= len(held[1].data)
