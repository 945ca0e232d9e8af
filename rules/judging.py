"""Judges what comes to devices that are tied together: terms are told, rules looked at, what is due is let happen."""

from collections.abc import Mapping
from typing import Final

from rules.changes import change
from rules.device import Device
from rules.timers import Timers
from rules.watch import Watch
from wire.alert import AlertChange, AlertState
from wire.event import Event
from wire.reading import Batch

_HELD: Final = 256


class Judging:
    """Devices by id with their rules, in order of what is next due. ``changed`` tells whether an alert changed,
    ``unsaved_since`` since when something else is worth remembering (µs); both are the caller's to reset.

    ``late`` are the batches that held readings older than what was known, since they were last cleared.
    """

    def __init__(self, devices: Mapping[str, Device], gateway: str) -> None:
        self.devices, self._gateway = devices, gateway
        self.watches = {(w.rule.settings.id, w.device): w for d in devices.values() for w in d.watches}
        self.timers = Timers()
        self.late: list[Batch] = []
        self.changed = False
        self.unsaved_since: int | None = None

    def resume(self, at: int | None = None) -> None:
        """Let terms that were recalled say what they said when they were saved, or at ``at``; nothing is judged.

        What was due since then happens as soon as it is known how late it is.
        """
        for device in self.devices.values():
            device.seen = device.seen if at is None else at
            for index in range(len(device.terms)):
                device.refresh(index, device.seen - 1)
            device.schedule()
        self.timers.rebuild(self.devices.values())

    def begin(self, at: int) -> list[AlertChange]:
        """Let everything happen that is due by ``at``, and what counts time without anything coming count from then."""
        changes = self.run_out(at)
        for device in self.devices.values():
            if device.terms:
                touched = device.begin(at)
                self._queue(device)
                if touched:
                    self.judge(device, touched, at, changes)
        return changes

    def run_out(self, now: int) -> list[AlertChange]:
        """Let everything happen that is due by ``now``; changes by their times."""
        changes: list[AlertChange] = []
        for device in self.timers.run_out(now):
            self._catch_up(device, now, changes)
        return sorted(changes, key=lambda one: one.at)

    def shift(self, now: int, delta: int) -> None:
        """Follow a clock that was set by ``delta`` µs and says ``now``."""
        for device in self.devices.values():
            device.shift(delta)
            for index in range(len(device.terms)):
                device.refresh(index, now)
            device.schedule()
        if self.unsaved_since is not None:
            self.unsaved_since += delta
        self.timers.rebuild(self.devices.values())

    def feed(self, batch: Batch) -> list[AlertChange]:
        """Judge one device's readings."""
        device = self.devices.get(batch.device)
        if device is None:
            return []
        at = batch.at
        changes: list[AlertChange] = []
        if at >= device.due:
            self._catch_up(device, at, changes)
        device.seen = max(device.seen, at)
        touched = device.take(batch)
        if device.heard:
            touched |= self._deliver(device, at, changes)
        if touched:
            self.judge(device, touched, at, changes, reading=True)
        elif device.terms:
            self._reschedule(device)
        if device.late and len(self.late) < _HELD:
            self.late.append(batch)
        return changes

    def happen(self, event: Event) -> list[AlertChange]:
        """Judge an event."""
        device = self.devices.get(event.device)
        if device is None or event.name not in device.events:
            return []
        changes: list[AlertChange] = []
        if event.at >= device.due:
            self._catch_up(device, event.at, changes)
        device.hear(event)
        touched = self._deliver(device, event.at, changes)
        if touched:
            self.judge(device, touched, event.at, changes)
        self._reschedule(device)
        return changes

    def judge(
        self, device: Device, touched: int, at: int, changes: list[AlertChange], *, reading: bool = False
    ) -> None:
        """Judge the rules with the bits ``touched`` by what is known of ``device`` as of ``at``; ``reading`` where a
        reading of its own has come.
        """
        moved = bool(device.terms)
        device.values[0] = at
        for watch in device.watches:
            if not touched & watch.bit:
                continue
            phase, due = watch.phase, watch.next
            state = watch.judge(device.values, device.missing, at, reading)
            if state is not None:
                changes.append(self._told(device, watch, state))
            elif watch.phase != phase and self.unsaved_since is None:
                self.unsaved_since = at
            if watch.next != due:
                moved = True
        if moved:
            self._reschedule(device)

    def _deliver(self, source: Device, at: int, changes: list[AlertChange]) -> int:
        """Tell terms of the signals that have come; judge other devices' rules, return the bits of ``source``'s own."""
        heard, source.heard = source.heard, ()
        own, others = 0, dict[str, int]()
        for each in heard:
            for listener in each.listeners:
                device = listener.device
                if device is not source and at >= device.due:
                    self._catch_up(device, at, changes)
                touched = device.tell(listener, each, at)
                if device is source:
                    own |= touched
                else:
                    others[device.id] = others.get(device.id, 0) | touched
        for name, touched in others.items():
            if touched:
                self.judge(self.devices[name], touched, at, changes)
            self._reschedule(self.devices[name])
        if self.unsaved_since is None:
            self.unsaved_since = at
        return own

    def _catch_up(self, device: Device, until: int, changes: list[AlertChange]) -> None:
        """Let what is due on ``device`` by ``until`` happen, in its order; periods end before windows move on."""
        while (now := device.due) <= until:
            watch = min(device.watches, key=lambda each: each.next, default=None)
            if watch is not None and watch.next <= now:
                device.values[0] = now
                changes.append(self._told(device, watch, watch.run_out(device.values, device.missing)))
            else:
                touched = device.ticks(now)
                if touched:
                    self.judge(device, touched, now, changes)
            device.schedule()
        device.seen = max(device.seen, until)
        self._queue(device)

    def _reschedule(self, device: Device) -> None:
        due = device.due
        device.schedule()
        if device.due != due:
            self._queue(device)

    def _queue(self, device: Device) -> None:
        self.timers.add(device)
        if len(self.timers) > 2 * len(self.devices) + 64:
            self.timers.rebuild(self.devices.values())

    def _told(self, device: Device, watch: Watch, state: AlertState) -> AlertChange:
        self.changed = True
        if state is AlertState.RAISED:
            watch.alert = f"{self._gateway}:{watch.rule.settings.id}:{device.id}:{watch.last:x}"
        return change(device, watch, state)
