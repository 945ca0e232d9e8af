"""What one part has to see of a gateway's past, fetched from the store: a stretch of its time, whole and in order."""

from dataclasses import dataclass

from collector.rules.plan import Plan
from collector.rules.progress import Pause, started_at
from collector.store import rules
from collector.store.scope import Scope
from wire.event import Event
from wire.reading import Batch
from wire.status import Status

SLICE_US = 3_600_000_000
"""So much of a gateway's time is fetched at once: after an outage there may be days of it."""


@dataclass(frozen=True)
class Stretch:
    """What a gateway noted up to ``until``, and when in between it was off."""

    until: int
    batches: list[Batch]
    events: list[Event]
    pause: Pause | None = None


def stretch(scope: Scope, gateway: str, plan: Plan, after: int, mark: int, status: Status) -> Stretch:
    """Return what ``plan`` has to see of ``after < at <= mark``, or of the first part of it."""
    until, pause = min(mark, after + SLICE_US), None
    started = started_at(status)
    if after < started <= mark:
        alive = max(after, rules.alive_until(scope, gateway, started) or after)
        if alive <= until:
            pause, until = Pause(alive, started), min(mark, started + SLICE_US)
    events = [
        each for each in rules.events_between(scope, gateway, list(plan.tellers), after, until) if plan.tells(each)
    ]
    return Stretch(until, rules.batches_between(scope, gateway, plan.points, after, until), events, pause)


def as_it_stood(scope: Scope, gateway: str, plan: Plan, at: int) -> list[Batch]:
    """Return the newest reading of every point that ``plan`` has to see, as of ``at``."""
    return rules.newest_until(scope, gateway, plan.points, at)
