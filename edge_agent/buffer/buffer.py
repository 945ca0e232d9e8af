"""The buffer as the rest of the agent sees it: put, peek, settle; everything that touches the disk is on one thread."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from config.settings import BufferSettings
from edge_agent.buffer.draft import Accounted, Draft, OpenHistory
from edge_agent.buffer.newest import Newest
from edge_agent.buffer.stats import AcceptedCommand, Stats
from edge_agent.buffer.turns import Turns
from edge_agent.buffer.writer import Writer
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from wire.alert import AlertChange
from wire.chunk import Chunk, ClockFix, ClockMark, Lane
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch
from wire.receipt import Receipt

DRAFTS_BEHIND = 20
"""So many drafts may wait for the disk before ``put`` makes its caller wait."""

TEND_S = 10.0
"""How often a buffer that has no file tries for one, and looks whether there is space to give back."""

ACCOUNT_S = 60.0
"""So long an account of what was missed waits for readings to travel with; then it is stored by itself."""

WIDEST_FLUSH_S = 60.0
"""However worn the card is, readings wait no longer than this for their commit."""

_DEFAULTS = BufferSettings()


class Buffer:
    """One open buffer file. Made by ``open``; ``run`` belongs to the supervisor; after ``close`` nothing works.

    Handing over never raises for a disk's sake: what the disk refuses is held in memory, ``stats`` says so.
    """

    def __init__(
        self, turns: Turns, clock: Clock, settings: BufferSettings, clock_mark: Callable[[], ClockMark]
    ) -> None:
        self._turns, self._clock, self._settings, self._take_mark = turns, clock, settings, clock_mark
        self._flush_s, self._flush_readings = settings.flush_s, settings.flush_readings
        self._history = OpenHistory(clock, clock_mark)
        self._accounted_at = clock.monotonic()
        self._newest = Newest()
        self._pending = asyncio.Event()
        self._state_asked = False
        self.stored = asyncio.Event()
        """Set whenever history is there to be peeked; its one reader, the uplink, clears it before it peeks."""
        self.urgent = asyncio.Event()
        """The same for the alarm and state lanes."""
        self.account: Callable[[ClockMark], Accounted] = lambda _: ((), {})
        """Asked, with the mark of its chunk, for the account of what was missed whenever history is handed over: the
        lines travel with it, the notes are remembered in the same transaction."""
        turns.after_drain = self._drained

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock,
        settings: BufferSettings = _DEFAULTS,
        *,
        clock_mark: Callable[[], ClockMark] | None = None,
    ) -> Self:
        """Open the buffer at ``path``, making it (mode 0600) where there is none; ``settings`` are its limits.

        ``clock_mark`` says how good ``clock`` is; the kernel is asked where none is given. A file that is not a sound
        database is moved aside and a new journal begins, now or when it turns out. Where no file can be made the
        buffer is in memory and says ``volatile``. ``BufferInUse`` when another process has it.
        """
        turns = await Turns.begin(lambda: Writer(path, clock, settings))
        return cls(turns, clock, settings, clock_mark or Timekeeper(clock).mark)

    @property
    def journal(self) -> str:
        """The id born with the file: 32 hex digits."""
        return self.stats.journal

    @property
    def stats(self) -> Stats:
        """The newest counts; costs nothing."""
        return self._turns.writer.stats

    async def run(self) -> None:
        """Endlessly commit what ``put`` left open, ``flush_s`` after the first of it; retry what the disk refused; and
        ``tend`` every ``TEND_S``.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_committing())
            tasks.create_task(self._keep_tending())

    async def put(self, item: Batch | Event) -> None:
        """Take one batch, or an event that can wait, for the history lane; on disk within ``flush_s`` or
        ``flush_readings``.

        Returns at once unless the disk is more than ``DRAFTS_BEHIND`` drafts behind.
        """
        turned = self._history.turned()
        if turned is not None:
            self._heed_clock(turned)
        if isinstance(item, Batch):
            self._newest.note(item)
        late = self._history.dated_before_the_step(item)
        if late is not None:
            self._turns.hand_in(late)
        else:
            self._history.add(item)
        self._pending.set()
        if self._history.readings < self._flush_readings:
            return
        behind = self._hand_over()
        self._turns.drain_soon()
        if behind > DRAFTS_BEHIND:
            await self._turns.drain()

    async def put_state(self) -> bool:
        """While history is owed, store the newest value of every point that moved since the last call in one chunk of
        the state lane, so that it overtakes that history; tell whether one was made.

        None is made while the last one still awaits its receipt. What is in it is in the history as well.
        """
        lanes = self.stats.lanes
        if not lanes[Lane.HISTORY] or lanes[Lane.STATE] or self._state_asked or not self._newest:
            return False
        self._state_asked = True
        try:
            self._turns.hand_in(Draft(Lane.STATE, self._take_mark(), batches=self._newest.take()))
            await self._turns.drain()
        finally:
            self._state_asked = False
        return True

    def put_now(
        self,
        *,
        events: Sequence[Event] = (),
        alerts: Sequence[AlertChange] = (),
        outcomes: Sequence[Outcome] = (),
        inventory: Inventory | None = None,
        rules_state: bytes | None = None,
        fixes: Sequence[ClockFix] = (),
        notes: Mapping[str, bytes] | None = None,
    ) -> Coroutine[Any, Any, bool]:
        """Store what cannot wait as one chunk of the alarm lane, together with the rules' state, in one transaction.

        It is handed over by the call itself, in the order of the calls; awaiting it waits for the disk and says whether
        it is durable (else it is held in memory and follows). The commands that ``outcomes`` tell of are done by it.
        With nothing but ``rules_state`` and ``notes`` (remembered by name) no chunk is made.
        """
        draft = Draft(
            Lane.ALARM,
            self._take_mark(),
            events=tuple(events),
            alerts=tuple(alerts),
            outcomes=tuple(outcomes),
            inventory=inventory,
            rules_state=rules_state,
            fixes=tuple(fixes),
            notes=notes or {},
        )
        self._turns.hand_in(draft)
        return self._turns.drain(urgent=True)

    async def flush(self, *, account: bool = False) -> bool:
        """Commit all that came so far (an ``account`` of what was missed even alone); return whether it is durable."""
        self._hand_over(account_alone=account)
        return await self._turns.drain()

    async def peek(
        self,
        max_bytes: int,
        max_chunks: int,
        skip: Collection[tuple[int, int]] = (),
        lanes: Collection[int] = tuple(Lane),
    ) -> list[Chunk]:
        """Return the oldest unsettled chunks of ``lanes``, urgent lanes first, whose bodies sum to at most
        ``max_bytes``.

        The first one comes whatever its size; chunks in ``skip`` (lane, seq) are passed over. Empty when there are
        none or the disk cannot be read.
        """
        return await self._turns.call(lambda: self._turns.writer.peek(max_bytes, max_chunks, skip, lanes))

    async def settle(self, receipts: Iterable[Receipt]) -> int:
        """Let the chunks that ``receipts`` name leave: accepted ones are owed no longer, whether they are kept for a
        while or not, rejected ones go into quarantine.

        Receipts of another journal or of unknown chunks mean nothing. Returns how many chunks left.
        """
        settled = tuple(receipts)
        return await self._turns.call(lambda: self._turns.writer.settle(settled))

    async def accept_command(self, command: str, device: str) -> bool:
        """Remember, durably, that the command of this id is being acted on; ``False`` when it was seen before.

        Raises ``NotDurable`` when it cannot be remembered: then the command must not be carried out.
        """
        return await self._turns.call(lambda: self._turns.writer.accept_command(command, device))

    async def unfinished_commands(self) -> list[AcceptedCommand]:
        """Return the commands accepted whose outcome was never put; after a start their outcome is ``unknown``."""
        return await self._turns.call(self._turns.writer.unfinished_commands)

    async def rules_state(self) -> bytes | None:
        """Return the newest ``rules_state`` that was put, ``None`` where there never was one."""
        return await self._turns.call(self._turns.writer.rules_state)

    async def inventory_hash(self) -> str:
        """Return ``config_hash`` of the newest inventory put in this journal, empty where there was none."""
        return await self._turns.call(self._turns.writer.inventory_hash)

    async def note(self, name: str) -> bytes | None:
        """Return the newest note of this name that ``account`` gave, ``None`` where there never was one."""
        return await self._turns.call(lambda: self._turns.writer.note(name))

    def widen(self, flush_s: float) -> None:
        """From now on let readings wait ``flush_s`` for their commit, and as many more of them gather: less is written.

        Never less than the settings say, never more than ``WIDEST_FLUSH_S``. What cannot wait is stored at once still.
        """
        self._flush_s = max(self._settings.flush_s, min(flush_s, WIDEST_FLUSH_S))
        self._flush_readings = round(self._settings.flush_readings * self._flush_s / self._settings.flush_s)

    async def tend(self) -> None:
        """What a quiet moment is for: try again for a file if there is none, store an account that no reading took
        along, get on with what a damaged file still has, let go of what was kept long enough, give much free space back
        to the disk.
        """
        if not self._history and self._clock.monotonic() - self._accounted_at >= ACCOUNT_S:
            self._hand_over(account_alone=True)
        if self._turns.writer.inbox or not self._turns.writer.has_file:
            await self._turns.drain()
        while self._salvaging and await self._turns.call(self._turns.writer.salvage):
            self._drained()
        if self.stats.damage is not None:  # what was salvaged may have come without anybody being told
            self._drained()
        while await self._turns.call(self._turns.writer.reclaim):
            pass

    async def alive(self) -> None:
        """Return once the writer thread has had a turn: the proof that a watchdog wants."""
        await self._turns.call(lambda: None)

    async def close(self) -> None:
        """Flush, the account with it, and give the file back."""
        self._hand_over(account_alone=True)
        await self._turns.drain(last=True)
        await self._turns.end()

    @property
    def _salvaging(self) -> bool:
        return self.stats.damage is not None and not self.stats.damage.done

    async def _keep_committing(self) -> None:
        while True:
            await self._pending.wait()
            await self._clock.sleep(self._flush_s)
            await self.flush()

    async def _keep_tending(self) -> None:
        if self._salvaging:
            await self.tend()
        while True:
            await self._clock.sleep(TEND_S)
            await self.tend()

    def _heed_clock(self, moved_us: int) -> None:
        """Close what is open under the old mark; one mark is true for all of a chunk."""
        self._hand_over()
        self._history.begin(stepped=moved_us != 0)
        if moved_us:
            self._newest.shift(moved_us)

    def _hand_over(self, *, account_alone: bool = False) -> int:
        """Hand in what is open, its account with it; return how many drafts await the writer."""
        self._pending.clear()
        if self._history or account_alone:
            self._accounted_at = self._clock.monotonic()
            draft = self._history.close(self.account)
            if draft.batches or draft.events or draft.missed or draft.notes:
                return self._turns.hand_in(draft)
        return len(self._turns.writer.inbox)

    def _drained(self) -> None:
        stats = self.stats
        self.widen(stats.card.flush_s)
        if stats.held:
            self._pending.set()
        if stats.lanes[Lane.ALARM] or stats.lanes[Lane.STATE]:
            self.urgent.set()
        if stats.lanes[Lane.HISTORY]:
            self.stored.set()
