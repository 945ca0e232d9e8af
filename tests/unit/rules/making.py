"""Short ways to write rules, readings and what came of them in these tests."""

from collections.abc import Sequence
from typing import Any

from config.settings import RuleSettings
from rules.engine import RuleSet
from wire.alert import AlertChange
from wire.reading import Batch, Value

S = 1_000_000
"""One second in µs."""

GOOD, STALE, OFFLINE = 0, 2, 22


def rule(when: str, *, devices: tuple[str, ...] = ("d1",), name: str = "r", **more: Any) -> RuleSettings:
    """Return a rule with everything unsaid left ordinary."""
    return RuleSettings(
        **{"id": name, "kind": "k", "level": "yellow", "say": {}, "when": when, **more}, devices=devices
    )


def engine(*rules: RuleSettings, names: dict[str, str] | None = None) -> RuleSet:
    """Return an engine of the gateway ``g``."""
    return RuleSet(rules, names or {}, "g")


def batch(seconds: float, device: str = "d1", *, quality: int = GOOD, **points: Value) -> Batch:
    """Return readings of ``device``, all of one quality."""
    return Batch(device, round(seconds * S), tuple(points), tuple(points.values()), (quality,) * len(points))


def brief(changes: Sequence[AlertChange]) -> list[tuple[str, float]]:
    """Return each change as its state and event time in seconds."""
    return [(change.state.value, change.at / S) for change in changes]
