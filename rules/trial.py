"""A rule tried out on the past: what it would have told, from readings and events in the order of their times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from config.expression import parse
from config.settings import RuleSettings, SiteFacts
from config.terms import Absent, Count, Measure, Node, Recent, Span, UsualCount, Without, walk
from rules.engine import RuleSet
from wire.alert import AlertChange, AlertState, Level
from wire.event import Event
from wire.reading import Batch, Value

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert that would have been told: from ``at`` until ``cleared`` (µs, 0 while it stands), its condition held
    since ``since``. ``level`` is the worst that it came to.
    """

    alert: str
    device: str
    at: int
    since: int
    level: Level
    values: Mapping[str, Value]
    text: Mapping[str, str]
    cleared: int = 0


@dataclass
class Trial:
    """Rules under trial; nothing is done or told to anybody. What ``take`` is given comes by its time.

    ``seen`` is called after every moment at which something may have changed.
    """

    rules: Sequence[RuleSettings]
    names: Mapping[str, str]
    facts: SiteFacts
    seen: Callable[[int], None] = lambda _: None
    firings: list[Firing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = RuleSet(self.rules, self.names, "trial", self.facts)
        self._places: dict[str, int] = {}
        self._now = 0

    def take(self, one: Batch | Event) -> None:
        """Judge one more."""
        self.reach(one.at)
        self._note(self.engine.feed(one) if isinstance(one, Batch) else self.engine.happen(one))
        self.seen(one.at)

    def reach(self, now: int) -> None:
        """Let time pass until ``now`` (µs): periods end when they would have ended."""
        while (due := self.engine.next_due()) is not None and self._now < due <= now:
            self._advance(due)
        if now > self._now:
            self._advance(now)

    def pause(self, until: int) -> None:
        """Be as an agent that was off until ``until`` and has just started again."""
        self.engine.restore(self.engine.state(), self.engine.windows())
        self._now = max(self._now, until)

    def fired(self, since: int) -> list[Firing]:
        """Return what was told from ``since`` on; earlier ones were only for the rule to know where it stood."""
        return [one for one in self.firings if one.at >= since]

    def _advance(self, now: int) -> None:
        self._now = now
        self._note(self.engine.advance(now))
        self.seen(now)

    def _note(self, changes: Sequence[AlertChange]) -> None:
        for change in changes:
            if change.state is AlertState.RAISED:
                self._places[change.alert] = len(self.firings)
                self.firings.append(
                    Firing(
                        change.alert, change.device, change.at, change.since, change.level, change.values, change.text
                    )
                )
                continue
            place = self._places.get(change.alert)
            if place is None:
                continue
            found = self.firings[place]
            if change.state is AlertState.CLEARED:
                self.firings[place] = replace(found, cleared=change.at)
            elif change.level.rank < found.level.rank:
                self.firings[place] = replace(found, level=change.level)


def memory_s(rule: RuleSettings) -> float:
    """Return how long before a moment (s) a rule looks: what it needs to be warm."""
    texts = [rule.when, rule.clear, *(step.when for step in rule.escalate)]
    nodes = [node for text in texts if text is not None for node in walk(parse(text))]
    return max(map(_reach_s, nodes), default=0.0) + max(rule.for_s, rule.clear_for_s)


def _reach_s(node: Node) -> float:
    match node:
        case Measure(what="usual") | UsualCount():
            return 14 * DAY_S
        case Measure(window=Span()):
            return 2 * DAY_S
        case Measure(window=float() as window) | Count(window=window) | Absent(window=window):
            return window
        case Recent(within=within) | Without(within=within):
            return within
    return 0.0
