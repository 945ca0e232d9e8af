"""One rule on one device at one moment, brought there by playing the stored history that leads up to it."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import GatewaySettings, RuleSettings
from edge_agent.buffer.history import Coverage, History, Pause
from edge_agent.rules_trial import HEARTBEAT_S
from rules.explain import Explainer, Explanation
from rules.trial import DAY_S, Trial, memory_s
from wire.alert import AlertChange


@dataclass(frozen=True, slots=True)
class Explained:
    """The rule, how it stood, and the history that this rests on, needed from ``needed_from`` (µs) on."""

    rule: RuleSettings
    how: Explanation
    coverage: Coverage
    needed_from: int


def explained(rule: RuleSettings, settings: GatewaySettings, buffer: Path, at: int) -> Explained:
    """Return how ``rule``, which watches one device, stood ``at`` (µs); ``sqlite3.Error`` where nothing can be read."""
    (device,) = rule.devices
    names = {one.id: one.name for one in settings.devices}
    trial = Trial([rule], names, settings.facts)
    explainer = Explainer(rule, lambda: trial.engine.inside(rule.id, device), settings.facts.lists)
    trial.seen = explainer.look
    needed_from = at - round(max(DAY_S, memory_s(rule) + HEARTBEAT_S) * 1_000_000)
    history = History(buffer, needed_from, at)
    for one in history.items():
        if isinstance(one, Pause):
            trial.reach(one.at)
            trial.pause(one.end)
        elif not isinstance(one, AlertChange):
            explainer.heed(one)
            trial.take(one)
    trial.reach(at)
    explainer.look(at)
    return Explained(rule, explainer.explain(at), history.coverage, needed_from)
