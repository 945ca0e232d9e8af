"""The rule engine: batches of readings in, changes of alerts out, the same on every run over the same readings."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from config.settings import RuleSettings, SiteFacts
from rules.changes import OpenAlert, change, ended, standing
from rules.device import Device, Shape
from rules.memory import FOREIGN, SavedWatch, pack, recall, save, unpack
from rules.timers import Timers
from rules.watch import Phase, Watch
from wire.alert import AlertChange, AlertState
from wire.event import Event
from wire.reading import Batch

__all__ = ["OpenAlert", "RuleSet"]

_SAVE_AFTER_US: Final = 300_000_000
_HELD: Final = 256
_EVERY: Final = -1


class RuleSet:
    """Every rule on every device it watches. Not thread-safe; no call blocks.

    ``names`` gives devices the names that sentences use (their ids otherwise); ``gateway`` opens every alert's id.
    Raises ``ExpressionError`` for a rule whose text is not in the language, ``ValueError`` when two rules of one id
    watch one device.
    """

    def __init__(
        self,
        rules: Sequence[RuleSettings],
        names: Mapping[str, str],
        gateway: str,
        facts: SiteFacts = SiteFacts(),  # noqa: B008 - frozen
    ) -> None:
        self._gateway = gateway
        self._names = dict(names)
        self._shapes = _shapes(rules)
        self._devices: dict[str, Device] = {}
        self._watches: dict[tuple[str, str], Watch] = {}
        self._timers = Timers()
        self._orphans: list[SavedWatch] = []
        self._held: list[Batch] = []
        self._now: int | None = None
        self._dirty = False
        self._unsaved_since: int | None = None
        self._reset()

    @property
    def dirty(self) -> bool:
        """Whether ``state`` is worth storing again since it was last taken.

        Always true after a call that returned changes (store both in one transaction); for a pending period that
        came or went only five minutes later, so that a door that opens and shuts costs no write.
        """
        return self._dirty

    def feed(self, batch: Batch) -> list[AlertChange]:
        """Judge one device's readings. Only this device's periods can end here; no other device is looked at."""
        changes: list[AlertChange] = []
        device = self._devices.get(batch.device)
        if device is None:
            return changes
        if batch.at >= device.due:
            changes += [self._told(device, watch, watch.run_out()) for watch in device.run_out(batch.at)]
            device.schedule()
        touched = device.take(batch)
        if touched:
            self._judge(device, touched, batch.at, changes)
        if device.late and len(self._held) < _HELD:
            self._held.append(batch)
        return changes

    def happen(self, event: Event) -> list[AlertChange]:
        """Judge that something happened."""
        return []

    def advance(self, now_us: int) -> list[AlertChange]:
        """Tell that it is ``now_us`` by the wall clock: periods that have run out take effect, dated when they did.

        Call about once a second. A time before the last one means that the clock was set back: nothing fires or is
        lost, running periods are delayed by at most the time since the last call.
        """
        changes = self.clock_stepped(now_us - self._now) if self._now is not None and now_us < self._now else []
        self._now = now_us
        self._held.clear()
        changes += self._end_orphans(now_us)
        for watch in self._timers.run_out(now_us):
            device = self._devices[watch.device]
            changes.append(self._told(device, watch, watch.run_out()))
            device.schedule()
        if self._unsaved_since is not None and now_us - self._unsaved_since >= _SAVE_AFTER_US:
            self._dirty = True
        return changes

    def next_due(self) -> int | None:
        """Return when the next running period ends (µs), or ``None`` while none runs; it may lie in the past."""
        return self._orphans[0].at if self._orphans else self._timers.next_due()

    def clock_stepped(self, delta_us: int) -> list[AlertChange]:
        """Tell that the wall clock was set: ``delta_us`` is how far it moved less the time that really passed.

        Call it before feeding what the new clock dated. Running periods keep what remains of them; alerts keep the
        times they were told with. Readings that looked late only because the clock went back are judged now.
        """
        for device in self._devices.values():
            device.shift(delta_us)
        if self._now is not None:
            self._now += delta_us
        if self._unsaved_since is not None:
            self._unsaved_since += delta_us
        self._timers.rebuild(self._watches.values())
        held, self._held = self._held, []
        changes = [each for batch in held for each in self.feed(batch)]
        self._held.clear()
        return changes

    def open_alerts(self) -> tuple[OpenAlert, ...]:
        """Return the alerts that stand now, oldest first."""
        saved = (*map(save, self._watches.values()), *self._orphans)
        found = (standing(each) for each in saved if each.is_open)
        return tuple(sorted(found, key=lambda alert: (alert.raised_at, alert.alert)))

    def state(self) -> bytes:
        """Return what must be remembered over a restart (no readings); ``dirty`` is false afterwards."""
        self._dirty, self._unsaved_since = False, None
        kept = (save(each) for each in self._watches.values() if each.phase != Phase.IDLE or each.last >= 0)
        return pack((*kept, *self._orphans))

    def restore(self, data: bytes) -> None:
        """Forget everything, then remember ``data``; ``RuleStateError`` leaves the engine empty.

        Periods stand still, and nothing is raised or cleared, until the readings concerned are fed again. A pending
        period of a rule that is gone or has another condition is dropped; its alert is cleared by the next
        ``advance``.
        """
        self._reset()
        for saved in unpack(data):
            watch = self._watches.get((saved.rule, saved.device))
            if watch is not None and watch.rule.print == saved.print:
                recall(watch, saved)
                continue
            if watch is not None:
                watch.last = max(watch.last, saved.last)
            if saved.is_open:
                self._orphans.append(replace(saved, print=FOREIGN))
                self._dirty = True

    def inherit(self, previous: "RuleSet") -> list[AlertChange]:
        """Take over the state and the newest readings of the engine that this one replaces while the agent runs."""
        self.restore(previous.state())
        self._now = previous._now
        self._dirty = True
        changes: list[AlertChange] = []
        for device in self._devices.values():
            other = previous._devices.get(device.id)
            newest = device.adopt(other) if other is not None else None
            if newest is not None:
                self._judge(device, _EVERY, newest, changes)
        return changes

    def _reset(self) -> None:
        self._devices = {key: Device(key, self._names.get(key, key), shape) for key, shape in self._shapes.items()}
        self._watches = {(w.rule.settings.id, w.device): w for d in self._devices.values() for w in d.watches}
        self._timers = Timers()
        self._orphans, self._held = [], []
        self._now, self._dirty, self._unsaved_since = None, False, None

    def _judge(self, device: Device, touched: int, at: int, changes: list[AlertChange]) -> None:
        moved = False
        for watch in device.watches:
            if not touched & watch.bit:
                continue
            phase, due = watch.phase, watch.due
            state = watch.judge(device.values, device.missing, at)
            if state is not None:
                changes.append(self._told(device, watch, state))
            elif watch.phase != phase and self._unsaved_since is None:
                self._unsaved_since = at
            if watch.due != due:
                moved = True
                self._timers.add(watch)
        if moved:
            device.schedule()
            if len(self._timers) > 2 * len(self._watches) + 64:
                self._timers.rebuild(self._watches.values())

    def _told(self, device: Device, watch: Watch, state: AlertState) -> AlertChange:
        self._dirty = True
        if state is AlertState.RAISED:
            watch.alert = f"{self._gateway}:{watch.rule.settings.id}:{device.id}:{watch.last:x}"
        return change(device, watch, state)

    def _end_orphans(self, now: int) -> list[AlertChange]:
        orphans, self._orphans = self._orphans, []
        if orphans:
            self._dirty = True
        return [ended(each, self._names.get(each.device, each.device), now) for each in orphans]


def _shapes(rules: Sequence[RuleSettings]) -> dict[str, Shape]:
    by_device: dict[str, list[int]] = {}
    for index, rule in enumerate(rules):
        for device in rule.devices:
            mine = by_device.setdefault(device, [])
            if any(rules[other].id == rule.id for other in mine):
                raise ValueError(f"two rules {rule.id!r} watch device {device!r}")
            mine.append(index)
    shapes: dict[tuple[int, ...], Shape] = {}
    for indexes in by_device.values():
        key = tuple(indexes)
        if key not in shapes:
            shapes[key] = Shape([rules[index] for index in indexes])
    return {device: shapes[tuple(indexes)] for device, indexes in by_device.items()}
