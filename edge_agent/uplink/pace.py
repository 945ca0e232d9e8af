"""How much goes into one upload: one chunk to find out, then more, as much as the link carries in about a second."""

from edge_agent.uplink.waiting import LONGEST_S, SLOWEST_BYTES_PER_S

MAX_BYTES = 1024 * 1024
"""Most bytes of chunk bodies in one upload."""

MAX_CHUNKS = 200
"""Most chunks in one upload."""

AIM_S = 1.0
"""An upload should take no longer on the wire, so that what is urgent gets its turn."""

GROWTH = 4
"""The next upload is at most so many times the last that went well."""

STORING_S = 0.2
"""So much of an answer's time is not the link's: the collector commits before it answers."""

_LEAST_BYTES_PER_S = 1024.0
_SOONEST_S = 0.01


class Pace:
    """The pace of one sender's uploads, as measured. ``max_bytes`` and ``max_chunks`` bound the next one."""

    def __init__(self) -> None:
        self.max_chunks = 1
        self.max_bytes = MAX_BYTES
        self._bytes_per_s: float | None = None

    def patience_s(self, timeout_s: float, size: int) -> float:
        """Return how many seconds an upload of ``size`` bytes is waited for: ``timeout_s`` for a silent peer, and twice
        what the bytes should take. An upload that was too slow is given longer the next time.
        """
        pace = self._bytes_per_s or SLOWEST_BYTES_PER_S
        return max(timeout_s, min(timeout_s + 2 * size / pace, LONGEST_S))

    def went(self, chunks: int, size: int, took_s: float, round_trip_s: float) -> None:
        """Learn from an upload that was answered; ``round_trip_s`` of the time is not the bytes' fault."""
        pace = size / max(took_s - round_trip_s - STORING_S, _SOONEST_S)
        known = self._bytes_per_s
        self._bytes_per_s = pace if known is None or pace < known else (known + pace) / 2
        self.max_chunks = min(max(self.max_chunks, chunks) * GROWTH, MAX_CHUNKS)
        self.max_bytes = int(min(max(self._bytes_per_s * AIM_S, 1), size * GROWTH, MAX_BYTES))

    def failed(self) -> None:
        """Begin again with one chunk."""
        self.max_chunks = 1

    def ran_out(self, size: int, after_s: float) -> None:
        """Learn from an upload that got no answer in time: the link is slower than was thought, or dead."""
        pace = min(self._bytes_per_s or SLOWEST_BYTES_PER_S, size / max(after_s, _SOONEST_S)) / 2
        self._bytes_per_s = max(pace, _LEAST_BYTES_PER_S)

    def too_much(self, chunks: int) -> None:
        """Send half as many: an upload of so many was refused for what is in it."""
        self.max_chunks = max(chunks // 2, 1)
