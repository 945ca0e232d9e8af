"""One rule on one device: the small machine from idle over pending and raised back to idle."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

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


class Step(NamedTuple):
    """A standing alert becomes ``to``: ``after_us`` since it was raised, or once ``when`` holds."""

    to: Level
    after_us: int | None
    when: Condition | None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule made ready for devices of one shape.

    ``points`` decide raising, ``clear_points`` clearing; ``print`` is the fingerprint of what an alert depends on;
    ``terms`` are the places of those terms whose events tell what an alert is about; ``event`` is the one event that
    raises it, where it is latched and asks for no more.
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
    for_readings: int
    clear_for_us: int
    repeat_us: int = 0
    steps: tuple[Step, ...] = ()
    terms: tuple[int, ...] = ()
    event: str = ""


class Watch:
    """The state of one rule on one device. All times are event time in µs.

    ``since`` is when the condition began to hold, ``raised`` when the alert was raised, ``at`` when it last changed,
    ``clear_since`` when its end began; ``last`` is the newest onset that an alert's id was made of; ``count`` readings
    held the condition so far; ``due`` is when the running period ends, ``NEVER`` while none runs or the verdict is
    unknown; ``tell_due`` when a standing alert is next told again or grows worse by time.
    """

    __slots__ = (
        "alert", "at", "bit", "clear_since", "count", "device", "due", "last", "level", "phase", "raised", "rule",
        "since", "tell_due", "told",
    )  # fmt: skip

    def __init__(self, rule: CompiledRule, device: str, bit: int) -> None:
        self.rule = rule
        self.device = device
        self.bit = bit
        self.phase = Phase.IDLE
        self.level = rule.level
        self.since = self.at = self.raised = self.told = self.clear_since = self.count = 0
        self.last = -1
        self.alert = ""
        self.due = self.tell_due = NEVER

    @property
    def next(self) -> int:
        """When something happens by itself."""
        return min(self.due, self.tell_due)

    def judge(self, values: list[Value], missing: list[Verdict], at: int, reading: bool = True) -> AlertState | None:
        """Take what is known of the device as of ``at`` into account; return the change that follows at once, if any.

        ``reading``: a reading has come, and counts.
        """
        when = self.rule.when(values, missing)
        if self.phase <= Phase.PENDING:
            if self.rule.for_readings and not reading:
                return None
            return self._towards_raised(when, at, values, missing)
        if when:
            self._towards_cleared(False, at)
            return self._worse(values, missing, at)
        clear = self.rule.clear
        if clear is not None:
            return self._towards_cleared(clear(values, missing), at) or self._worse(values, missing, at)
        return self._towards_cleared(None if when is None else True, at)

    def run_out(self, values: list[Value], missing: list[Verdict]) -> AlertState:
        """Let the running period end, or what is due to be told be told: the change that was due."""
        if self.due <= self.tell_due:
            at = self.due
            return self._raise(at, values, missing) if self.phase == Phase.PENDING else self._clear(at)
        self.at = self.told = self.tell_due
        for step in self.rule.steps:
            if step.after_us is not None and self.raised + step.after_us <= self.at:
                self._grow(step.to)
        self._schedule_telling()
        return AlertState.CHANGED

    def shift(self, delta: int) -> None:
        """Move what durations are measured from along with a clock that was set. What was told keeps its times."""
        if self.phase == Phase.PENDING:
            self.since += delta
        else:
            self.at += delta
        self.clear_since += delta
        self.raised += delta
        self.told += delta
        if self.due != NEVER:
            self.due += delta
        if self.tell_due != NEVER:
            self.tell_due += delta

    def resume(self) -> None:
        """Go on after a restart: no period runs before the readings are back; telling goes on by time."""
        self.due = NEVER
        if self.phase >= Phase.RAISED:
            self._schedule_telling()

    def _towards_raised(self, when: Verdict, at: int, values: list[Value], missing: list[Verdict]) -> AlertState | None:
        if when is None:
            self.due = NEVER
        elif not when:
            self.phase, self.due, self.count = Phase.IDLE, NEVER, 0
        else:
            if self.phase == Phase.IDLE or self.since > at:
                self.phase, self.since = Phase.PENDING, at
            if self.rule.for_readings:
                self.count += 1
                self.due = at if self.count >= self.rule.for_readings else NEVER
            else:
                self.due = self.since + self.rule.for_us
            if self.due <= at:
                return self._raise(at, values, missing)
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

    def _raise(self, at: int, values: list[Value], missing: list[Verdict]) -> AlertState:
        self.phase, self.at, self.due, self.count = Phase.RAISED, at, NEVER, 0
        self.raised = self.told = at
        self.level = self.rule.level
        self.last = max(self.since, self.last + 1)
        self._grow_by(values, missing)
        self._schedule_telling()
        return AlertState.RAISED

    def _clear(self, at: int) -> AlertState:
        self.phase, self.at, self.due, self.tell_due = Phase.IDLE, max(at, self.at), NEVER, NEVER
        return AlertState.CLEARED

    def _worse(self, values: list[Value], missing: list[Verdict], at: int) -> AlertState | None:
        if not self.rule.steps or not self._grow_by(values, missing):
            return None
        self.at = self.told = max(at, self.at)
        self._schedule_telling()
        return AlertState.CHANGED

    def _grow_by(self, values: list[Value], missing: list[Verdict]) -> bool:
        grown = [step.to for step in self.rule.steps if step.when is not None and step.when(values, missing)]
        return sum(self._grow(to) for to in grown) > 0

    def _grow(self, to: Level) -> bool:
        if to.rank >= self.level.rank:
            return False
        self.level = to
        return True

    def _schedule_telling(self) -> None:
        """Work out ``tell_due``: the next step by time that makes it worse, or the next telling."""
        waits = [
            self.raised + step.after_us
            for step in self.rule.steps
            if step.after_us is not None and step.to.rank < self.level.rank
        ]
        if self.rule.repeat_us:
            waits.append(self.told + self.rule.repeat_us)
        self.tell_due = min(waits, default=NEVER)
