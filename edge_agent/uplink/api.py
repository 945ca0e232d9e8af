"""What the agent asks of any uplink, and what an uplink asks of any way to the collector, whatever its protocol."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from wire.command import SignedCommand
from wire.exchange import Downlink, Hello
from wire.picture import PictureAnswer
from wire.status import Status

T = TypeVar("T")

MakeStatus: TypeAlias = Callable[[], Status]
"""Asked for the newest status each time one is due."""

OnCommand: TypeAlias = Callable[[SignedCommand], Awaitable[None]]
"""Given every command as it arrives, unverified and possibly seen before; it does not raise, and takes its time only
when a great many are under way, because nothing else is heard meanwhile."""

Sign: TypeAlias = Callable[[str, str, bytes], str]
"""``(method, path, body)`` to the token of exactly this request."""

Subject: TypeAlias = Literal["chunks", "status", "lists", "pictures"]
"""What a request with a body is about."""


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


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the collector said, and when its request left (monotonic seconds)."""

    value: T
    sent_at: float


class Downlinks(Protocol):
    """The stream of frames from the collector while it is open."""

    async def next(self) -> Downlink:
        """Return the next frame, waiting for it without limit; ``NoAnswer`` when the stream ends, breaks or is
        garbage.
        """
        ...


class Transport(Protocol):
    """One way to one collector. Every method raises ``NoAnswer`` or ``Refused`` (see ``errors``) and nothing else for
    the way's or the peer's sake, within the time that the transport was made with (``waiting.patience_s`` for a large
    body). Any number of exchanges may be under way at once, and each may be cancelled.
    """

    async def hello(self) -> Answer[Hello]:
        """Ask who is there and what time it is; the one exchange without a token."""
        ...

    async def ask(self, subject: Subject, body: bytes, kind: type[T], sign: Sign) -> Answer[T]:
        """Send ``body`` with a token of its own and return the ``kind`` that the collector answered."""
        ...

    def downlinks(self, sign: Sign) -> AbstractAsyncContextManager[Downlinks]:
        """Listen for as long as the block lasts.

        ``Silent`` that leaves the block means that the line is dead: every exchange in flight ends with ``Silent`` too,
        and no connection made before is used again.
        """
        ...

    async def close(self) -> None:
        """Give the connections back; never raises."""
        ...


class Uplink(Protocol):
    """One collector. Makes no connection before its tasks run; reads the buffer and never writes but by ``settle`` and
    ``put_state``.
    """

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

    async def show(self, answer: PictureAnswer, patience_s: float) -> None:
        """Take the answer to somebody who wants to see a picture to the collector, beside the buffer and only once;
        ``NoAnswer`` (after ``patience_s`` at the latest) or ``Refused`` (413: too large for the way).
        """
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
