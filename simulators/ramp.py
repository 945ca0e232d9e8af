"""A quantity that goes evenly from one value to another: a level, a temperature, the strength of a signal."""

from runtime.clock import Clock


class Ramp:
    """Begins at ``value`` and stays there until told otherwise."""

    def __init__(self, clock: Clock, value: float) -> None:
        self._clock = clock
        self._start = self._end = value
        self._began, self._over_s = clock.monotonic(), 0.0

    @property
    def value(self) -> float:
        """Return what it is now."""
        elapsed = self._clock.monotonic() - self._began
        if elapsed >= self._over_s:
            return self._end
        return self._start + (self._end - self._start) * elapsed / self._over_s

    def to(self, value: float, over_s: float) -> None:
        """Let it move evenly to ``value`` within ``over_s`` seconds."""
        self._start, self._end = self.value, value
        self._began, self._over_s = self._clock.monotonic(), over_s
