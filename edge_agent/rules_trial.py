"""A rule as it is and as it was changed, over the history that the gateway has kept: what each would have told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from config.settings import GatewaySettings, RuleSettings
from edge_agent.buffer.history import Coverage, History, Pause
from rules.trial import Firing, Trial, memory_s
from wire.alert import AlertChange, AlertState

HEARTBEAT_S = 3600.0
"""A point that is stored on change alone was last told so long ago at most; so much earlier a replay begins."""


@dataclass
class Tried:
    """What came of it, from ``since`` to ``until`` (µs). ``before`` is the rule as it is, ``after`` as it was changed
    (``None``: nothing was). ``really`` is how often an alert of the rule was raised in truth. To be warm the rule would
    have needed the history from ``warm_from`` on.
    """

    since: int
    until: int
    rules: tuple[Sequence[RuleSettings], Sequence[RuleSettings] | None]
    before: list[Firing]
    after: list[Firing] | None
    really: int
    coverage: Coverage
    warm_from: int
    devices: frozenset[str]
    fresh: frozenset[str] = field(default_factory=frozenset)
    """Alerts of ``after`` that no alert of ``before`` overlaps."""


def try_out(
    before: Sequence[RuleSettings],
    after: Sequence[RuleSettings] | None,
    settings: GatewaySettings,
    changed: GatewaySettings,
    history: Callable[[int], History],
    since: int,
    until: int,
) -> Tried:
    """Play what ``history`` has from a time on (µs) through both; in memory is a chunk of it at a time.

    ``sqlite3.Error`` where it cannot be read.
    """
    names = {device.id: device.name for device in settings.devices}
    both = [*before, *(after or ())]
    warm_from = since - round((max(map(memory_s, both), default=0.0) + HEARTBEAT_S) * 1_000_000)
    trials = [Trial(before, names, settings.facts)]
    if after is not None:
        trials.append(Trial(after, names, changed.facts))
    devices = frozenset(device for one in both for device in one.devices)
    ids = {one.id for one in both}
    told = history(warm_from)
    really = 0
    for one in told.items():
        if isinstance(one, AlertChange):
            mine = one.rule in ids and one.device in devices and one.at >= since
            really += mine and one.state is AlertState.RAISED
            continue
        for trial in trials:
            if isinstance(one, Pause):
                trial.reach(one.at)
                trial.pause(one.end)
            else:
                trial.take(one)
    for trial in trials:
        trial.reach(until)
    fired = [trial.fired(since) for trial in trials]
    found = Tried(
        since, until, (before, after), fired[0], fired[1] if after is not None else None, really, told.coverage,
        warm_from, devices,
    )  # fmt: skip
    found.fresh = frozenset(
        one.alert for one in found.after or () if not any(_overlap(one, o, until) for o in fired[0])
    )
    return found


def _overlap(one: Firing, other: Firing, until: int) -> bool:
    if one.device != other.device:
        return False
    return one.since <= (other.cleared or until) and other.since <= (one.cleared or until)
