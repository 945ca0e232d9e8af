"""What the agent asks of any uplink, whatever protocol it speaks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from wire.command import SignedCommand
from wire.status import Status

MakeStatus: TypeAlias = Callable[[], Status]
"""Asked for the newest status each time one is due."""

OnCommand: TypeAlias = Callable[[SignedCommand], Awaitable[None]]
"""Given every command as it arrives, unverified and possibly seen before; it does not raise, and takes its time only
when a great many are under way, because nothing else is heard meanwhile."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """``contact_s_ago`` is monotonic seconds since the collector last answered, ``None`` for never; ``problem`` is a
    stable word and empty when all is well; ``listening`` tells whether commands can arrive now.
    """

    connected: bool
    listening: bool
    contact_s_ago: float | None
    problem: str
    sent_chunks: int
    sent_bytes: int


class Uplink(Protocol):
    """One collector. Makes no connection before its tasks run; reads the buffer and never writes but by ``settle``."""

    def tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Return the endless loops by name, for the supervisor; each may be cancelled and run again."""
        ...

    async def drain(self, deadline_s: float) -> bool:
        """Send until the buffer is empty, a try fails or the deadline passes; call it after the loops have ended.

        Returns whether the buffer is empty.
        """
        ...

    async def close(self) -> None:
        """Give the connections back; never raises."""
        ...

    def collector_time(self) -> int | None:
        """Return the collector's time now (µs), measured on the monotonic clock and never behind the truth by more
        than the collector's and this box's drift since the last exchange; ``None`` before the first.
        """
        ...

    @property
    def state(self) -> LinkState:
        """How the link is now."""
        ...
