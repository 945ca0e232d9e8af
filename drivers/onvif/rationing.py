"""How much one camera may say: enough for any real one, and bounded for one that floods."""

from typing import Final

from runtime.clock import Clock

_CRUMB: Final = 1e-6


class Ration:
    """A bucket of ``burst`` that fills by ``per_s``. What is taken as long as there is something left may cost more
    than that, and is owed: so a single large answer passes, and is waited off afterwards. ``dropped`` is what all
    that was turned away would have cost. No answer is ever kept here.
    """

    def __init__(self, clock: Clock, burst: float, per_s: float) -> None:
        if burst <= 0 or per_s <= 0:
            raise ValueError("a ration is more than nothing")
        self.dropped = 0.0
        self._clock, self._burst, self._per_s = clock, burst, per_s
        self._left, self._at = burst, clock.monotonic()

    @property
    def owed_s(self) -> float:
        """Return in how many seconds there is something left again; 0 where there is now."""
        self._fill()
        return max(0.0, (_CRUMB - self._left) / self._per_s)

    def take(self, cost: float = 1.0) -> bool:
        """Tell whether what costs so much may pass, and take it; where not, count it as dropped."""
        if self.owed_s > 0:
            self.dropped += cost
            return False
        self.spend(cost)
        return True

    def spend(self, cost: float) -> None:
        """Take so much whether it is there or not; what is not there is owed."""
        self._fill()
        self._left -= cost

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
