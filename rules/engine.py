"""The rule engine: batches of readings in, changes of alerts out, the same on every run over the same readings."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from config.settings import RuleSettings, SiteFacts
from rules.changes import OpenAlert, ended, standing
from rules.errors import RuleStateError
from rules.judging import Judging
from rules.lateness import Order
from rules.memory import FOREIGN, SavedTerms, SavedWatch, pack, recall, recall_terms, save, save_terms, unpack
from rules.watch import Phase
from rules.wiring import Wiring
from wire.alert import AlertChange
from wire.event import Event
from wire.reading import Batch

__all__ = ["OpenAlert", "RuleSet"]

_SAVE_AFTER_US: Final = 300_000_000
_EVERY: Final = -1
_AWAY_US: Final = 60_000_000
_NO_FACTS: Final = SiteFacts()


class RuleSet:
    """Every rule on every device it watches. Not thread-safe; no call blocks.

    ``names`` gives devices the names that sentences use (their ids otherwise); ``gateway`` opens every alert's id;
    ``facts`` are what rules may know of the site. What comes up to ``late_s`` late is put in its order before it is
    judged, so everything is judged that much later. Raises ``ExpressionError`` for a rule whose text is not in the
    language, ``ValueError`` when two rules of one id watch one device.
    """

    def __init__(
        self,
        rules: Sequence[RuleSettings],
        names: Mapping[str, str],
        gateway: str,
        facts: SiteFacts = _NO_FACTS,
        *,
        late_s: float = 0.0,
    ) -> None:
        self._gateway = gateway
        self._names = dict(names)
        self._wiring = Wiring(rules, facts)
        self._order = Order(round(late_s * 1_000_000)) if late_s else None
        self._judging = Judging({}, gateway)
        self._orphans: list[SavedWatch] = []
        self._terms: list[SavedTerms] = []
        self._now: int | None = None
        self._seen: int | None = None
        self._saved_at, self._stale = 0, False
        self._reset()

    @property
    def dirty(self) -> bool:
        """Whether ``state`` is worth storing again since it was last taken.

        Always true after a call that returned changes (store both in one transaction); for a pending period or a
        signal that came only five minutes later, so that a door that opens and shuts costs no write.
        """
        return self._stale or self._judging.changed

    def feed(self, batch: Batch) -> list[AlertChange]:
        """Judge one device's readings, and what they mean to rules of other devices that listen to them."""
        if self._order is None:
            if self._seen is None:
                return self._judge(batch)
            if batch.at > self._seen:
                self._seen = batch.at
            return self._judging.feed(batch)
        self._order.put(batch)
        return self._ripe(None)

    def happen(self, event: Event) -> list[AlertChange]:
        """Judge an event. One that is older than what is known counts where it belongs."""
        if self._order is None:
            return self._judge(event)
        self._order.put(event)
        return self._ripe(None)

    def advance(self, now_us: int) -> list[AlertChange]:
        """Tell that it is ``now_us`` by the wall clock: periods that have run out take effect, dated when they did.

        Call about once a second. A time before the last one means that the clock was set back: nothing fires or is
        lost, running periods are delayed by at most the time since the last call.
        """
        changes = self.clock_stepped(now_us - self._now) if self._now is not None and now_us < self._now else []
        self._now = now_us
        self._judging.late.clear()
        changes += self._end_orphans(now_us)
        if self._order is not None:
            changes += self._ripe(now_us)
            now_us -= self._order.late_us
        changes += self._notice(now_us)
        changes += self._judging.run_out(now_us)
        since = self._judging.unsaved_since
        if since is not None and now_us - since >= _SAVE_AFTER_US:
            self._stale = True
        return changes

    def next_due(self) -> int | None:
        """Return when the next running period ends (µs), or ``None`` while none runs; it may lie in the past."""
        if self._orphans:
            return self._orphans[0].at
        due = self._judging.timers.next_due()
        if self._order is None:
            return due
        waits = [] if due is None else [due + self._order.late_us]
        ripe = self._order.next_ripe()
        return min([*waits, ripe] if ripe is not None else waits, default=None)

    def clock_stepped(self, delta_us: int) -> list[AlertChange]:
        """Tell that the wall clock was set: ``delta_us`` is how far it moved less the time that really passed.

        Call it before feeding what the new clock dated. Running periods keep what remains of them; alerts keep the
        times they were told with. Returns the changes that held readings bring.
        """
        changes = self._judged(self._order.all()) if self._order is not None else []
        if self._seen is not None:
            self._seen += delta_us
        if self._now is not None:
            self._now += delta_us
        self._judging.shift(self._seen or self._now or 0, delta_us)
        late, self._judging.late = self._judging.late, []
        changes += self._judged(late)
        self._judging.late.clear()
        return changes

    def open_alerts(self) -> tuple[OpenAlert, ...]:
        """Return the alerts that stand now, oldest first."""
        saved = (*map(save, self._judging.watches.values()), *self._orphans)
        found = (standing(each) for each in saved if each.is_open)
        return tuple(sorted(found, key=lambda alert: (alert.raised_at, alert.alert)))

    def state(self) -> bytes:
        """Return what must be remembered over a restart, without readings and ``windows``; ``dirty`` is false
        afterwards.
        """
        self._stale = self._judging.changed = False
        self._judging.unsaved_since = None
        kept = (save(each) for each in self._judging.watches.values() if each.phase != Phase.IDLE or each.last >= 0)
        found = (save_terms(each, windows=False) for each in self._judging.devices.values() if each.shape.listens)
        terms = tuple(each for each in found if each.terms or any(truth is not None for truth in each.truths))
        return pack((*kept, *self._orphans), terms, self._seen or 0)

    def windows(self) -> bytes:
        """Return the figures that windows are made of, worth remembering every few minutes: a window that is lost is
        unknown until it is full again.
        """
        found = (save_terms(each, windows=True) for each in self._judging.devices.values() if each.terms)
        return pack((), tuple(each for each in found if each.terms), self._seen or 0)

    def restore(self, data: bytes, windows: bytes = b"") -> None:
        """Forget everything, then remember ``data``; ``RuleStateError`` leaves the engine empty.

        Periods stand still, and nothing is raised or cleared, until the readings concerned are fed again. A pending
        period of a rule that is gone or has another condition is dropped; its alert is cleared by the next
        ``advance``. Time in which nobody watched (more than a minute) does not count as absence of anything.
        """
        self._reset()
        state = unpack(data)
        for saved in state.watches:
            watch = self._judging.watches.get((saved.rule, saved.device))
            if watch is not None and watch.rule.print == saved.print:
                recall(watch, saved)
                continue
            if watch is not None:
                watch.last = max(watch.last, saved.last)
            if saved.is_open:
                self._orphans.append(replace(saved, print=FOREIGN))
                self._stale = True
        self._saved_at = state.at
        try:
            self._terms = [*state.terms, *(unpack(windows).terms if windows else ())]
            self._recall_terms(0)
        except RuleStateError:
            self._reset()
            raise
        self._judging.resume()

    def inherit(self, previous: "RuleSet") -> list[AlertChange]:
        """Take over the state and the newest readings of the engine that this one replaces while the agent runs."""
        self.restore(previous.state(), previous.windows())
        self._now = previous._now
        self._stale = True
        changes: list[AlertChange] = []
        if previous._seen is not None:
            changes += self._notice(previous._seen)
        for device in self._judging.devices.values():
            other = previous._judging.devices.get(device.id)
            newest = device.adopt(other) if other is not None else None
            if newest is not None:
                self._judging.judge(device, _EVERY, newest, changes, reading=False)
        return changes

    def _reset(self) -> None:
        self._judging = Judging(self._wiring.devices(self._names), self._gateway)
        self._orphans, self._terms = [], []
        self._now = self._seen = None
        self._saved_at, self._stale = 0, False

    def _recall_terms(self, away: int) -> None:
        for saved in self._terms:
            device = self._judging.devices.get(saved.device)
            if device is not None:
                recall_terms(device, saved, away)

    def _notice(self, at: int) -> list[AlertChange]:
        """Notice how late it is; for the first time, begin to count what does not come."""
        if self._seen is not None:
            self._seen = max(self._seen, at)
            return []
        away = at - self._saved_at
        if self._saved_at and away > _AWAY_US:
            self._recall_terms(away)
            self._judging.resume(at)
        self._terms, self._seen = [], at
        return self._judging.begin(at)

    def _ripe(self, now: int | None) -> list[AlertChange]:
        return self._judged(self._order.ripe(now)) if self._order is not None else []

    def _judged(self, found: Sequence[Batch | Event]) -> list[AlertChange]:
        return [each for one in found for each in self._judge(one)]

    def _judge(self, one: Batch | Event) -> list[AlertChange]:
        changes = self._notice(one.at)
        return changes + (self._judging.feed(one) if isinstance(one, Batch) else self._judging.happen(one))

    def _end_orphans(self, now: int) -> list[AlertChange]:
        orphans, self._orphans = self._orphans, []
        if orphans:
            self._stale = True
        return [ended(each, self._names.get(each.device, each.device), now) for each in orphans]
