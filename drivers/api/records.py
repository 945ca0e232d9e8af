"""The flight recorder of a line as a capability: what went over the wire lately, byte for byte, and what it meant."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from config.address import Scalar

Lang = Literal["zh", "en"]


class Frame(NamedTuple):
    """What went over a line in one piece.

    ``at`` is when it went or came (µs since the epoch, UTC); ``sent`` tells whether it was ours; ``data`` is as it was
    on the wire, for a line of bytes with its checksum. ``note`` says what it means, in the language that was asked for.
    """

    at: int
    sent: bool
    data: bytes
    note: str = ""


@runtime_checkable
class Records(Protocol):
    """A driver that keeps the last five minutes of its line's frames in memory, bounded in bytes as well."""

    def frames(self, since_us: int = 0, lang: Lang = "zh") -> Sequence[Frame]:
        """Return the frames from ``since_us`` on (µs since the epoch), oldest first, each with its ``note``.

        Passwords of a protocol are masked. May be called from another thread, on an open line and on a closed one.
        """
        ...


@runtime_checkable
class Redacts(Protocol):
    """A driver whose frames name devices by numbers that lead to somebody's home."""

    def redact(self, device: str, frames: Sequence[Frame]) -> tuple[dict[str, Scalar], tuple[Frame, ...]]:
        """Return the options of ``device`` that would tell its number, made up, and ``frames`` with the made-up number
        in place of its own, checksums right again, and other numbers in place of its neighbours'.
        """
        ...
