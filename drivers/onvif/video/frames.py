"""Which packets of a video are decoded: keyframes alone, or every one while somebody looks closely."""

from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar

P = TypeVar("P", bound="Packet")
F = TypeVar("F")
P_in = TypeVar("P_in", contravariant=True)
F_out = TypeVar("F_out", covariant=True)
HELD_BYTES: Final = 4_000_000
HELD: Final = 600
"""So much since the last keyframe is held; where a camera sends more, looking closely begins with the next one."""


class Packet(Protocol):
    """One encoded picture; ``pts`` is its time in the stream, ``None`` for what is none."""

    @property
    def is_keyframe(self) -> bool: ...
    @property
    def size(self) -> int: ...
    @property
    def pts(self) -> int | None: ...


class Decodes(Protocol[P_in, F_out]):
    """A decoder."""

    def decode(self, packet: P_in | None) -> Sequence[F_out]:
        """Return the pictures that are ready after ``packet``; ``None``: those it still has."""
        ...

    def restart(self) -> None:
        """Forget every picture; the next packet is a keyframe."""
        ...


class Decoding(Generic[P, F]):
    """Decodes of one stream what is wanted, and gives only the newest picture.

    The packets since the last keyframe are held, encoded: whoever begins to look closely sees what is there now, and
    need not wait for the next keyframe.
    """

    def __init__(self, decoder: Decodes[P, F]) -> None:
        self._decoder = decoder
        self._held: list[P] = []
        self._bytes = 0
        self._whole = self._flowing = False

    def take(self, packet: P, every: bool) -> F | None:
        """Return the picture to look at after ``packet``, if any; ``every``: not only keyframes."""
        self._hold(packet)
        if not every:
            self._flowing = False
            return self._alone() if packet.is_keyframe else None
        if self._flowing:
            return _newest(self._decoder.decode(packet))
        if not self._whole:
            return None
        self._flowing = True
        self._decoder.restart()
        return _newest([frame for held in self._held for frame in self._decoder.decode(held)])

    def _hold(self, packet: P) -> None:
        if packet.is_keyframe and not self._goes_on(packet):
            self._held, self._bytes, self._whole = [], 0, True
        self._held.append(packet)
        self._bytes += packet.size
        if self._bytes > HELD_BYTES or len(self._held) > HELD or not self._whole:
            self._held, self._whole = [], False

    def _goes_on(self, packet: P) -> bool:
        """Tell whether a keyframe is another part of the one before: some streams send its slices one by one."""
        return bool(self._held) and packet.pts is not None and packet.pts == self._held[0].pts

    def _alone(self) -> F | None:
        self._decoder.restart()
        frames = [frame for held in self._held for frame in self._decoder.decode(held)]
        newest = _newest([*frames, *self._decoder.decode(None)])
        self._decoder.restart()
        return newest


def _newest(frames: Sequence[F]) -> F | None:
    return frames[-1] if frames else None


class Meter:
    """How many pictures and bits come in a second, over ``window_s``."""

    def __init__(self, now: float, window_s: float) -> None:
        """``now`` and the times below are of one monotonic clock, in seconds."""
        self._window_s, self._since = window_s, now
        self._pictures = self._bytes = 0
        self._last: int | None = None

    def take(self, now: float, packet: Packet) -> tuple[float, int] | None:
        """Count ``packet``; return pictures a second and kbit/s when a window is over."""
        self._bytes += packet.size
        if packet.pts is not None and packet.pts != self._last:
            self._last = packet.pts
            self._pictures += 1
        passed = now - self._since
        if passed < self._window_s:
            return None
        told = round(self._pictures / passed, 1), round(self._bytes * 8 / 1000 / passed)
        self._pictures, self._bytes, self._since = 0, 0, now
        return told
