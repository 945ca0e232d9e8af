"""The wearer of a band: a heart that beats, feet that walk, and a band that is sometimes taken off."""

import math
import random
from typing import Any

from runtime.clock import Clock

_BREATH_S = 40.0
_STEPS_PER_S = 0.4
_MOST_BPM = 254


class Vitals:
    """Worn at first; a band that lies on a table measures nothing and counts no steps."""

    deeds = frozenset({"take_off", "put_on", "set_heart_rate"})

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self._clock, self._dice = clock, dice
        self._usual = float(dice.randint(62, 84))
        self._phase = dice.uniform(0, math.tau)
        self._walked = float(dice.randint(200, 3000))
        self._since: float | None = clock.monotonic()

    @property
    def worn(self) -> bool:
        """Return whether it is on a wrist."""
        return self._since is not None

    @property
    def heart_rate(self) -> int:
        """Return beats a minute, 0 while it is not worn."""
        if not self.worn:
            return 0
        swing = 5 * math.sin(self._phase + self._clock.monotonic() / _BREATH_S * math.tau)
        return max(1, min(round(self._usual + swing), _MOST_BPM))

    @property
    def steps(self) -> int:
        """Return the steps so far."""
        since = 0.0 if self._since is None else self._clock.monotonic() - self._since
        return int(self._walked + since * _STEPS_PER_S)

    def take_off(self) -> None:
        """Let the band be put on a table."""
        self._walked, self._since = float(self.steps), None

    def put_on(self) -> None:
        """Let it be worn again."""
        if self._since is None:
            self._since = self._clock.monotonic()

    def set_heart_rate(self, bpm: float) -> None:
        """Let the heart beat about so fast."""
        self._usual = bpm

    def truth(self) -> dict[str, Any]:
        """Return how the wearer is."""
        return {"worn": self.worn, "heart_rate": self.heart_rate, "steps": self.steps}
