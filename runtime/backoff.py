"""How long to wait before the next try: doubling, jittered, bounded, and never sooner than the peer asked."""

from random import Random, getrandbits


class Backoff:
    """Waits of ``initial_s``, twice that, and so on up to ``ceiling_s``, each spread by ± ``jitter`` of itself.

    ``seed`` makes the jitter repeatable for tests; without one it is drawn from the program's own dice.
    """

    def __init__(
        self, initial_s: float = 1.0, ceiling_s: float = 60.0, jitter: float = 0.3, seed: int | None = None
    ) -> None:
        if not 0 < initial_s <= ceiling_s or not 0 <= jitter < 1:
            raise ValueError("a backoff needs 0 < initial <= ceiling and 0 <= jitter < 1")
        self._initial_s, self._ceiling_s, self._jitter = initial_s, ceiling_s, jitter
        self._random = Random(getrandbits(64) if seed is None else seed)
        self._base_s = initial_s

    def next(self, retry_after_s: float | None = None) -> float:
        """Return the seconds to wait now; at least ``retry_after_s`` where the peer named one."""
        spread = 1 + self._jitter * (2 * self._random.random() - 1)
        wait_s = min(self._base_s * spread, self._ceiling_s)
        self._base_s = min(self._base_s * 2, self._ceiling_s)
        return max(wait_s, retry_after_s or 0.0)

    def reset(self) -> None:
        """Start again from ``initial_s``: the last try worked."""
        self._base_s = self._initial_s
