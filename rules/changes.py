"""What people and the collector are told: alert changes and standing alerts, made from a watch or from its memory."""

from dataclasses import dataclass
from typing import Final

from rules.device import Device
from rules.memory import SavedWatch
from rules.say import fill
from rules.watch import Watch
from wire.alert import AlertChange, AlertState, Level

_GONE: Final = {
    "zh": "{name}: 规则已删除或修改, 告警结束",
    "en": "{name}: the rule was removed or changed; the alert ends",
}


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that was raised and has not cleared. Times are event time, µs since the epoch, UTC."""

    alert: str
    rule: str
    device: str
    level: Level
    since: int
    raised_at: int
    latched: bool


def standing(saved: SavedWatch) -> OpenAlert:
    """Return the alert that ``saved`` keeps open."""
    return OpenAlert(saved.alert, saved.rule, saved.device, saved.level, saved.since, saved.at, saved.latch)


def change(device: Device, watch: Watch, state: AlertState) -> AlertChange:
    """Return the change that ``watch`` has just made, with the points that decided it."""
    rule = watch.rule
    raised = state is not AlertState.CLEARED
    name = rule.settings.id
    say = rule.settings.say or dict.fromkeys(("zh", "en"), f"{{name}}: {name}")
    told = device.told(watch) if rule.terms else {}
    known = device.shown(device.shape.names) | told
    return AlertChange(
        alert=watch.alert,
        rule=name,
        device=device.id,
        state=state,
        level=watch.level,
        at=watch.at,
        since=watch.since,
        latched=rule.latch,
        values=device.shown(rule.points if raised else rule.clear_points) | told,
        text={language: fill(template, language, device.name, known) for language, template in say.items()},
        event=rule.event,
    )


def ended(saved: SavedWatch, name: str, now: int) -> AlertChange:
    """Return the end of an alert whose rule is no more; ``name`` is the device's, ``now`` in µs."""
    return AlertChange(
        alert=saved.alert,
        rule=saved.rule,
        device=saved.device,
        state=AlertState.CLEARED,
        level=saved.level,
        at=max(now, saved.at),
        since=saved.since,
        latched=saved.latch,
        text={language: fill(template, language, name, {}) for language, template in _GONE.items()},
    )
