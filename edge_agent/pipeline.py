"""What happens to a batch: judged by the catalogue's spans, shown to the rules, thinned, stored. One call chain."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from edge_agent.account import Account
from edge_agent.heed import Heed, heed_nothing
from edge_agent.plan import DevicePlan
from edge_agent.standstill import Standstill
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange
from wire.reading import Batch, Quality, Value

HEARTBEAT_S = 60.0
"""How often an unchanged on-change point is stored all the same."""

CLOCK_STEP_S = 0.5
"""A wall clock that moved by more than this against the monotonic one was set, and the rules' timers move with it."""

_TICK_S = (0.05, 1.0)

ALERTS_BEHIND = 20
"""So many alerts may wait for the disk before those who feed wait with them."""

_LATE_S = 60.0
"""So long after the clock was set batches may come that were dated before."""


class Store(Protocol):
    """What the pipeline needs of the buffer."""

    async def put(self, batch: Batch) -> None:
        """Take a batch for the history lane."""
        ...

    async def put_now(
        self,
        *,
        alerts: Sequence[AlertChange] = (),
        rules_state: bytes | None = None,
        notes: Mapping[str, bytes] | None = None,
    ) -> bool:
        """Store alert changes (maybe none), the rules' state and notes in one transaction, which is handed over before
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


class Spans:
    """Marks values outside their catalogue span as ``OUT_OF_RANGE``; the value itself is kept for the technician."""

    def __init__(self, plan: DevicePlan) -> None:
        self._spans = {p.key: (p.low, p.high) for p in plan.points if p.low is not None and p.high is not None}
        self._layouts: dict[tuple[str, ...], tuple[tuple[int, float, float], ...]] = {}

    def judge(self, batch: Batch) -> Batch:
        """Return the batch, with its quality changed where a value is impossible."""
        layout = self._layouts.get(batch.points)
        if layout is None:
            layout = self._layouts[batch.points] = self._layout(batch.points)
        values = batch.values
        wrong: list[int] | None = None
        for index, low, high in layout:
            value = values[index]
            try:
                if value is None or low <= value <= high:  # type: ignore[operator]  # a word has no place in a span
                    continue
            except TypeError:
                pass
            wrong = [*(wrong or ()), index]
        return batch if wrong is None else self._marked(batch, wrong)

    def _layout(self, points: tuple[str, ...]) -> tuple[tuple[int, float, float], ...]:
        return tuple((index, *self._spans[key]) for index, key in enumerate(points) if key in self._spans)

    @staticmethod
    def _marked(batch: Batch, wrong: list[int]) -> Batch:
        quality = list(batch.quality or (0,) * len(batch.points))
        for index in wrong:
            if quality[index] <= Quality.STALE:
                quality[index] = int(Quality.OUT_OF_RANGE)
        return Batch(batch.device, batch.at, batch.points, batch.values, tuple(quality))


class OnChange:
    """Lets a point that is stored on change through when its value or quality changed, or its heartbeat is due."""

    def __init__(self, plan: DevicePlan) -> None:
        self._watched = frozenset(point.key for point in plan.points if point.on_change)
        self._last: dict[str, tuple[Value, int, float]] = {}
        self.unchanged: tuple[str, ...] = ()

    def thin(self, batch: Batch, mono: float) -> Batch | None:
        """Return what of ``batch`` is worth storing at monotonic time ``mono`` (s); ``None`` if nothing is. What is not
        worth it is in ``unchanged`` until the next call.
        """
        self.unchanged = ()
        if not self._watched:
            return batch
        quality = batch.quality or (0,) * len(batch.points)
        kept = [
            index
            for index, key in enumerate(batch.points)
            if key not in self._watched or self._news(key, batch.values[index], quality[index], mono)
        ]
        if len(kept) == len(batch.points):
            return batch
        if not kept:
            self.unchanged = batch.points
            return None
        self.unchanged = tuple(key for index, key in enumerate(batch.points) if index not in kept)
        return Batch(
            batch.device,
            batch.at,
            tuple(batch.points[index] for index in kept),
            tuple(batch.values[index] for index in kept),
            tuple(batch.quality[index] for index in kept) if batch.quality else (),
        )

    def _news(self, key: str, value: Value, quality: int, mono: float) -> bool:
        last = self._last.get(key)
        if last is not None and last[0] == value and last[1] == quality and mono - last[2] < HEARTBEAT_S:
            return False
        self._last[key] = (value, quality, mono)
        return True


class Pipeline:
    """Judges and stores what the devices say.

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
    ) -> None:
        self._heed = heed
        self._storing: set[asyncio.Task[bool]] = set()
        self._spans = {device: Spans(plan) for device, plan in plans.items()}
        self._standstill = {device: Standstill(plan) for device, plan in plans.items()}
        self._changes = {device: OnChange(plan) for device, plan in plans.items()}
        self._rules, self._store, self._clock, self._account = rules, store, clock, account
        self._offset_us = self._offset()
        self._step_us, self._step_until = 0, 0.0
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
        changes += self._rules.feed(self._by_this_clock(batch) if self._step_us else batch)
        if changes:
            await self._hand_over(changes)
        thinned = self._changes[batch.device]
        worth = thinned.thin(batch, mono)
        if served is not None:
            served()
        if thinned.unchanged and self._account is not None and not _is_outage(batch):
            self._account.read(batch.device, thinned.unchanged, "unchanged", batch.at)
        if worth is not None and worth.points:
            await self._store.put(worth)

    async def tick(self) -> None:
        """Let the rules' timers run out at the wall clock's now."""
        changes = self._heed_the_clock()
        changes += self._rules.advance(self._clock.now())
        if changes or self._rules.dirty:
            await self._hand_over(changes)

    async def run_timers(self) -> None:
        """Tick whenever the rules need it, until cancelled."""
        while True:
            due = self._rules.next_due()
            wait_s = _TICK_S[1] if due is None else (due - self._clock.now()) / 1_000_000
            await self._clock.sleep(min(max(wait_s, _TICK_S[0]), _TICK_S[1]))
            await self.tick()

    async def store_alerts(self, changes: Sequence[AlertChange]) -> None:
        """Store changes (maybe none) and the rules' state together, begin what is to be done about them, and wait for
        the disk.
        """
        await asyncio.shield(self._begin_to_store(changes))

    async def _hand_over(self, changes: Sequence[AlertChange]) -> None:
        """Do the same without waiting for the disk, unless it is far behind."""
        self._begin_to_store(changes)
        await self._clock.sleep(
            0
        )  # what has just been begun has its turn: first the handing over, then what is to be done
        if len(self._storing) > ALERTS_BEHIND:
            await asyncio.wait(self._storing, return_when=asyncio.FIRST_COMPLETED)

    def _begin_to_store(self, changes: Sequence[AlertChange]) -> "asyncio.Task[bool]":
        for change in changes:
            self._log.info(
                "alert", rule=change.rule, device=change.device, state=change.state.value, alert=change.alert
            )
        heeded = self._heed(changes)
        task = asyncio.create_task(
            self._store.put_now(alerts=(*changes, *heeded.also), rules_state=self._rules.state(), notes=heeded.notes),
            name="alerts",
        )
        self._storing.add(task)
        task.add_done_callback(self._stored)
        heeded.begin()
        return task

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

    def _by_this_clock(self, batch: Batch) -> Batch:
        """Return a batch that was dated just before the clock was set as the clock would date it now: the rules'
        periods have moved already. It is stored as it was dated, beside what was.
        """
        if self._clock.monotonic() > self._step_until:
            self._step_us = 0
            return batch
        now, moved = self._clock.now(), batch.at + self._step_us
        return replace(batch, at=moved) if abs(moved - now) < abs(batch.at - now) else batch

    def _offset(self) -> int:
        return self._clock.now() - round(self._clock.monotonic() * 1_000_000)


def _is_outage(batch: Batch) -> bool:
    """Tell whether the batch is no reading but the mark of a device that went offline."""
    return batch.quality[:1] == (Quality.OFFLINE,)
