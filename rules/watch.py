"""One rule on one device: the small machine from idle over pending and raised back to idle."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from config.settings import RuleSettings
from rules.condition import Condition, Verdict
from wire.alert import AlertState, Level
from wire.reading import Value

NEVER: Final = 1 << 62
"""A due time that does not come."""


class Phase(IntEnum):
    """``pending``: the condition holds and its ``for`` runs. ``clearing``: raised, and ``clear_for`` runs."""

    IDLE = 0
    PENDING = 1
    RAISED = 2
    CLEARING = 3


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule made ready for devices of one shape.

    ``points`` decide raising, ``clear_points`` clearing; ``print`` is the fingerprint of what an alert depends on.
    """

    settings: RuleSettings
    when: Condition
    clear: Condition | None
    points: tuple[str, ...]
    clear_points: tuple[str, ...]
    print: int
    level: Level
    latch: bool
    for_us: int
    clear_for_us: int


class Watch:
    """The state of one rule on one device. All times are event time in µs.

    ``since`` is when the condition began to hold, ``at`` when the alert was raised, ``clear_since`` when its end
    began; ``last`` is the newest onset that an alert's id was made of; ``due`` is when the running period ends,
    ``NEVER`` while none runs or the verdict is unknown.
    """

    __slots__ = ("alert", "at", "bit", "clear_since", "device", "due", "last", "phase", "rule", "since")

    def __init__(self, rule: CompiledRule, device: str, bit: int) -> None:
        self.rule = rule
        self.device = device
        self.bit = bit
        self.phase = Phase.IDLE
        self.since = 0
        self.at = 0
        self.clear_since = 0
        self.last = -1
        self.alert = ""
        self.due = NEVER

    def judge(self, values: list[Value], missing: list[Verdict], at: int) -> AlertState | None:
        """Take the device's readings as of ``at`` into account; return the change that follows at once, if any."""
        when = self.rule.when(values, missing)
        if self.phase <= Phase.PENDING:
            return self._towards_raised(when, at)
        if when:
            return self._towards_cleared(False, at)
        clear = self.rule.clear
        if clear is not None:
            return self._towards_cleared(clear(values, missing), at)
        return self._towards_cleared(None if when is None else True, at)

    def run_out(self) -> AlertState:
        """Let the running period end: the change that was due."""
        at = self.due
        return self._raise(at) if self.phase == Phase.PENDING else self._clear(at)

    def shift(self, delta: int) -> None:
        """Move what durations are measured from along with a clock that was set. What was told keeps its times."""
        if self.phase == Phase.PENDING:
            self.since += delta
        else:
            self.at += delta
        self.clear_since += delta
        if self.due != NEVER:
            self.due += delta

    def _towards_raised(self, when: Verdict, at: int) -> AlertState | None:
        if when is None:
            self.due = NEVER
        elif not when:
            self.phase, self.due = Phase.IDLE, NEVER
        else:
            if self.phase == Phase.IDLE or self.since > at:
                self.phase, self.since = Phase.PENDING, at
            self.due = self.since + self.rule.for_us
            if self.due <= at:
                return self._raise(at)
        return None

    def _towards_cleared(self, done: Verdict, at: int) -> AlertState | None:
        if done is None:
            self.due = NEVER
        elif not done:
            self.phase, self.due = Phase.RAISED, NEVER
        else:
            if self.phase == Phase.RAISED or self.clear_since > at:
                self.phase, self.clear_since = Phase.CLEARING, at
            self.due = self.clear_since + self.rule.clear_for_us
            if self.due <= at:
                return self._clear(at)
        return None

    def _raise(self, at: int) -> AlertState:
        self.phase, self.at, self.due = Phase.RAISED, at, NEVER
        self.last = max(self.since, self.last + 1)
        return AlertState.RAISED

    def _clear(self, at: int) -> AlertState:
        self.phase, self.at, self.due = Phase.IDLE, max(at, self.at), NEVER
        return AlertState.CLEARED
