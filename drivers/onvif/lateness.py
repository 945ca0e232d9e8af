"""How late a camera tells what happened: one that lost its line, or froze, tells afterwards what it kept meanwhile.

A car that came an hour ago must not open the barrier for the one that stands there now. Nobody has to believe the
camera's clock for that: its messages are held against each other.
"""

from typing import Final

from drivers.onvif.events.moments import Belief, Moment

LATE_S: Final = 5.0
"""What is later than this is late; less is how long a camera takes, in whole seconds of its clock."""

FORGOTTEN_S: Final = 600.0
"""When nothing was punctual for so long, it is the camera's clock that was set back."""


class Lateness:
    """One way of one camera. Of all offsets (the camera's time of a message less ours when it came) the largest is of
    the most punctual message: whatever is behind that is late.
    """

    def __init__(self) -> None:
        self._best: float | None = None
        self._at = 0.0

    def of(self, moment: Moment, now: float) -> float:
        """Return how many seconds late a message is, 0 where it is not or does not say; ``now`` is monotonic."""
        offset_s = moment.offset_s
        if offset_s is None or moment.belief is Belief.IMPOSSIBLE:  # a clock that was never set may stand still
            return 0.0
        best = self._best
        if best is None or offset_s >= best or now - self._at >= FORGOTTEN_S:
            self._best, self._at = offset_s, now
            return 0.0
        if best - offset_s < LATE_S:
            self._at = now
            return 0.0
        return best - offset_s
