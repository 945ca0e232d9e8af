"""What happens to a batch or an event: judged by the catalogue's spans, shown to the rules, thinned, stored. One call
chain.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from edge_agent.account import Account
from edge_agent.heed import Heed, heed_nothing
from edge_agent.occurrences import Occurrences, is_routine
from edge_agent.onchange import OnChange
from edge_agent.plan import DevicePlan
from edge_agent.plate_lists.passages import REPEATED
from edge_agent.spans import Spans
from edge_agent.standstill import Standstill
from edge_agent.withholding import Withholding
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange
from wire.event import Event
from wire.reading import Batch, Quality

CLOCK_STEP_S = 0.5
"""A wall clock that moved by more than this against the monotonic one was set, and the rules' timers move with it."""

_TICK_S = (0.05, 1.0)

WINDOWS = "rule_windows"
"""The note that keeps what the rules' windows are made of."""

WINDOWS_S = 300.0
"""How often it is stored: a power cut costs windows no more than this."""

ALERTS_BEHIND = 20
"""So many alerts may wait for the disk before those who feed wait with them."""

_LATE_S = 60.0
"""So long after the clock was set batches may come that were dated before."""


Dated = TypeVar("Dated", Batch, Event)


class Store(Protocol):
    """What the pipeline needs of the buffer."""

    async def put(self, item: Batch | Event) -> None:
        """Take a batch, or an event that can wait, for the history lane."""
        ...

    async def put_now(
        self,
        *,
        events: Sequence[Event] = (),
        alerts: Sequence[AlertChange] = (),
        rules_state: bytes | None = None,
        notes: Mapping[str, bytes] | None = None,
    ) -> bool:
        """Store events, alert changes, the rules' state and notes in one transaction, which is handed over before
        anything is waited for; tell whether it is durable.
        """
        ...


class Rules(Protocol):
    """What the pipeline needs of the rule engine."""

    @property
    def dirty(self) -> bool:
        """Whether ``state`` is worth storing again."""
        ...

    def feed(self, batch: Batch) -> list[AlertChange]:
        """Judge new readings."""
        ...

    def happen(self, event: Event) -> list[AlertChange]:
        """Judge that something happened."""
        ...

    def advance(self, now_us: int) -> list[AlertChange]:
        """Judge that time has passed."""
        ...

    def next_due(self) -> int | None:
        """Return when ``advance`` next has something to do (µs)."""
        ...

    def clock_stepped(self, delta_us: int) -> list[AlertChange]:
        """Learn that the wall clock was set."""
        ...

    def state(self) -> bytes:
        """Return what must be remembered over a restart."""
        ...

    def windows(self) -> bytes:
        """Return what windows are made of, worth remembering every few minutes; nothing where there are none."""
        ...


class Pipeline:
    """Judges and stores what the devices say. Changes of rules in ``silent`` (rule, device) are acted on, and neither
    stored nor told. ``judged`` is what an event becomes before the rules see it.

    An alert is handed over, together with the state of the rules that raised it, before ``feed`` returns, and stored in
    one transaction: after a crash the rules go on exactly where the last stored alert left them. What is to be done
    about it (``heed``) is begun right after; neither that nor the next reading of the line waits for the disk.
    """

    def __init__(
        self,
        plans: Mapping[str, DevicePlan],
        rules: Rules,
        store: Store,
        clock: Clock,
        account: Account | None = None,
        heed: Heed = heed_nothing,
        occurrences: Occurrences | None = None,
        silent: Container[tuple[str, str]] = (),
        judged: Callable[[Event], Event] = lambda event: event,
    ) -> None:
        self._heed, self._silent, self._plans, self._judged = heed, silent, plans, judged
        self._occurrences = occurrences or Occurrences("", clock)
        self._storing: set[asyncio.Task[bool]] = set()
        self._spans = {device: Spans(plan) for device, plan in plans.items()}
        self._standstill = {device: Standstill(plan) for device, plan in plans.items()}
        self._withholding = Withholding(plans)
        self._changes = {device: OnChange(plan) for device, plan in plans.items()}
        self._rules, self._store, self._clock, self._account = rules, store, clock, account
        self._offset_us = self._offset()
        self._step_us, self._step_until = 0, 0.0
        self._windows_due = clock.monotonic() + WINDOWS_S if rules.windows() else math.inf
        self._log = get_logger("pipeline")
        self.polled = 0

    async def feed(self, batch: Batch, served: Callable[[], None] | None = None) -> None:
        """Take one batch through span, standstill, rules and thinning into the buffer; ``served`` is called, and what
        is not stored because it is unchanged is told to the account, in one breath with the storing.
        """
        self.polled += len(batch.points)
        mono = self._clock.monotonic()
        batch = self._standstill[batch.device].judge(self._spans[batch.device].judge(batch), mono)
        changes = self._heed_the_clock()
        changes += self._rules.feed(self._by_this_clock(batch))
        if changes:
            await self._hand_over(changes)
        batch = self._withholding.batch(batch)
        thinned = self._changes[batch.device]
        worth = thinned.thin(batch, mono)
        if served is not None:
            served()
        if thinned.unchanged and self._account is not None and not _is_outage(batch):
            self._account.read(batch.device, thinned.unchanged, "unchanged", batch.at)
        if worth is not None and worth.points:
            await self._store.put(worth)

    async def happen(self, events: Sequence[Event]) -> None:
        """Take events through the rules into the buffer, repetitions excepted, in one transaction with the alerts that
        they raised. Routine ones that raised nothing go with the history. Of a flood the rules see everything; what is
        not stored of it is counted (``event_flood``).
        """
        changes = self._heed_the_clock()
        urgent: list[Event] = []
        routine: list[Event] = []
        for told in events:
            named = self._occurrences.named(told)
            if named is None:
                continue
            event = self._judged(named)
            raised = self._rules.happen(self._by_this_clock(event))
            changes += raised
            kept = self._withholding.event(event, raised=bool(raised))
            told_before = bool(event.fields.get(REPEATED)) and not raised
            if kept is not None and not told_before and (raised or self._occurrences.may_be_stored(event)):
                (routine if not raised and is_routine(self._plans, event) else urgent).append(kept)
        urgent += self._occurrences.floods()
        if changes or urgent:
            await self._hand_over(changes, urgent)
        for event in routine:
            await self._store.put(event)

    def told(self, device: str, command: str) -> None:
        """Let the rules know that a device is about to be told a command, as an event that is nobody else's."""
        now = self._clock.now()
        changes = self._rules.happen(Event(f"told:{device}:{command}:{now}", device, command, now))
        if changes:
            self._begin_to_store(changes, ())

    def overrun(self, device: str, count: int, since: int) -> None:
        """Learn that so many messages of a device were dropped unheard since ``since`` (µs)."""
        self._occurrences.overrun(device, count, since)

    def stored(self) -> Awaitable[object]:
        """Return what to wait for until everything urgent taken so far is stored, or held where the disk refuses it."""
        return asyncio.shield(asyncio.gather(*self._storing, return_exceptions=True))

    async def tick(self) -> None:
        """Let the rules' timers run out at the wall clock's now, and tell of floods."""
        changes = self._heed_the_clock()
        changes += self._rules.advance(self._clock.now())
        floods = self._occurrences.floods()
        if changes or floods or self._rules.dirty or self._clock.monotonic() >= self._windows_due:
            await self._hand_over(changes, floods)

    async def run_timers(self) -> None:
        """Tick whenever the rules need it, until cancelled."""
        while True:
            due = self._rules.next_due()
            wait_s = _TICK_S[1] if due is None else (due - self._clock.now()) / 1_000_000
            await self._clock.sleep(min(max(wait_s, _TICK_S[0]), _TICK_S[1]))
            await self.tick()

    async def store_alerts(self, changes: Sequence[AlertChange]) -> None:
        """Store changes (maybe none), the rules' state and what is not told yet of floods together, begin what is to be
        done about the changes, and wait for the disk.
        """
        await asyncio.shield(self._begin_to_store(changes, self._occurrences.floods(ending=True), always=True))

    async def _hand_over(self, changes: Sequence[AlertChange], events: Sequence[Event] = ()) -> None:
        """Do the same, with ``events``, without waiting for the disk, unless it is far behind."""
        self._begin_to_store(changes, events)
        await self._clock.sleep(
            0
        )  # what has just been begun has its turn: first the handing over, then what is to be done
        if len(self._storing) > ALERTS_BEHIND:
            await asyncio.wait(self._storing, return_when=asyncio.FIRST_COMPLETED)

    def _begin_to_store(
        self, changes: Sequence[AlertChange], events: Sequence[Event], *, always: bool = False
    ) -> "asyncio.Task[bool]":
        changes = self._withholding.changes(changes)
        for change in changes:
            self._log.info(
                "alert", rule=change.rule, device=change.device, state=change.state.value, alert=change.alert
            )
        heeded = self._heed(changes)
        notes = {**heeded.notes, **self._windows(always), **self._occurrences.note(events)}
        told = [change for change in changes if (change.rule, change.device) not in self._silent]
        state = self._rules.state() if changes or self._rules.dirty or always else None
        task = asyncio.create_task(
            self._store.put_now(events=events, alerts=(*told, *heeded.also), rules_state=state, notes=notes),
            name="alerts",
        )
        self._storing.add(task)
        task.add_done_callback(self._stored)
        heeded.begin()
        return task

    def _windows(self, always: bool) -> dict[str, bytes]:
        """Return the rules' windows as a note, where it is time and there are any."""
        now = self._clock.monotonic()
        if self._windows_due == math.inf or (not always and now < self._windows_due):
            return {}
        self._windows_due = now + WINDOWS_S
        return {WINDOWS: self._rules.windows()}

    def _stored(self, task: "asyncio.Task[bool]") -> None:
        self._storing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("alerts_not_stored", error=repr(task.exception()))

    def _heed_the_clock(self) -> list[AlertChange]:
        """Tell the rules if the wall clock was set, before they judge anything that is dated by it."""
        offset_us = self._offset()
        delta_us, self._offset_us = offset_us - self._offset_us, offset_us
        if self._account is not None:
            self._account.offset_us = offset_us
        if abs(delta_us) <= CLOCK_STEP_S * 1_000_000:
            return []
        self._log.warning("clock_stepped", by_s=round(delta_us / 1_000_000, 3))
        self._step_us, self._step_until = delta_us, self._clock.monotonic() + _LATE_S
        return self._rules.clock_stepped(delta_us)

    def _by_this_clock(self, dated: Dated) -> Dated:
        """Return what was dated just before the clock was set as the clock would date it now: the rules' periods have
        moved already. It is stored as it was dated, beside what was.
        """
        if not self._step_us:
            return dated
        if self._clock.monotonic() > self._step_until:
            self._step_us = 0
            return dated
        now, moved = self._clock.now(), dated.at + self._step_us
        return replace(dated, at=moved) if abs(moved - now) < abs(dated.at - now) else dated

    def _offset(self) -> int:
        return self._clock.now() - round(self._clock.monotonic() * 1_000_000)


def _is_outage(batch: Batch) -> bool:
    """Tell whether the batch is no reading but the mark of a device that went offline."""
    return batch.quality[:1] == (Quality.OFFLINE,)
