"""An upload from bytes to receipts: judged entry by entry, stored in one commit, and only then told its fate."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from collector.ingest.judge import judge, nameable
from collector.ingest.pace import Pace
from collector.ingest.turns import Turns
from collector.store.api import Store
from collector.store.errors import StoreRefused, StoreUnavailable
from collector.store.records import Ingested, Judged, Quarantined
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk, Lane
from wire.codec import decode_chunks, unsealed_size
from wire.errors import CodecError
from wire.receipt import Fate, Receipt, Receipts

RETRY_S = 5.0
"""How long a gateway waits after the store could not take an upload."""

HELD_LIMIT = 64 * 1024 * 1024
"""So many bytes of uploads are held at once, from the first byte read to the receipts; who brings more is asked to come
back. Half of it is for small uploads alone, which is what a gateway sends that has no backlog."""

SMALL_BYTES = 64 * 1024

BACKLOG_WAITING = 8
"""So many uploads of backlog wait for the store at once; others are told when to come, at no cost."""

LATE_S = 60.0
"""History whose newest reading is older belongs to a backlog, which is paced; what is newer is live and never waits."""

SLICE_BYTES = 64 * 1024
"""So many bytes of bodies are stored in one transaction, at least one chunk: a live upload waits for no more."""

UNSEALED_LIMIT = 32 * 1024 * 1024
"""So many bytes of one upload are decompressed, at least one chunk; the others are for the next one. Decoded they
take about ten times as much memory, however small they were on the wire."""

AT_ONCE = 2
"""So many uploads are in memory decoded: one that is stored, and the next."""

Entry = Judged | Quarantined


class Busy(Exception):
    """Too many uploads wait already."""


class Ingest:
    """Takes uploads. ``told`` is called after each commit with the gateway and what it did.

    ``healthy`` is false from a failed commit until the next good one.
    """

    def __init__(self, store: Store, clock: Clock, told: Callable[[str, Ingested], None]) -> None:
        self._store, self._clock, self._told = store, clock, told
        self.pace, self.turns = Pace(clock), Turns(AT_ONCE)
        self._recent: deque[tuple[float, int]] = deque()
        self._log = get_logger("ingest")
        self._done_at = clock.monotonic()
        self.healthy = True
        self.held = 0

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Hold room for an upload of ``size`` bytes as long as the block lasts; ``Busy`` where there is none."""
        if self.held + size > (HELD_LIMIT if size <= SMALL_BYTES else HELD_LIMIT // 2):
            raise Busy
        self.held += size
        try:
            yield
        finally:
            self.held -= size

    async def take(self, gateway: str, body: bytes, *, paced: bool = True) -> Receipts:
        """Return a receipt for every chunk that can be named; backlog whose turn has not come is kept unless told
        otherwise (``paced``). ``CodecError`` when the body is no array of chunks.
        """
        chunks, unnamed = _named(body)
        if unnamed:
            self._log.warning("chunks_without_name", gateway=gateway, count=unnamed)
        late = [chunk for chunk in chunks if self._is_late(chunk)] if paced else []
        return await self._take(gateway, chunks, late)

    async def _take(self, gateway: str, chunks: list[Chunk], late: list[Chunk]) -> Receipts:
        receipts: list[Receipt] = []
        if late and not self._turn_has_come(gateway, late):
            receipts += [_receipt(chunk, Fate.KEEP, "paced") for chunk in late]
            names = {id(chunk) for chunk in late}
            chunks = [chunk for chunk in chunks if id(chunk) not in names]
        fit, later = _fitting(chunks)
        wait_s = 0.0
        slices = list(_slices(fit))
        while slices:
            try:
                async with self.turns.turn(live=not late):
                    receipts += await self._store_slice(gateway, slices[0], live=not late)
            except StoreUnavailable as error:
                self._unavailable(gateway, error)
                receipts += [_receipt(chunk, Fate.KEEP, "store_unavailable") for part in slices for chunk in part]
                wait_s = RETRY_S
                break
            slices.pop(0)
        receipts += [_receipt(chunk, Fate.KEEP, "too_much_at_once") for chunk in later]
        if not late:
            return Receipts(tuple(receipts), self._clock.now(), wait_s)
        grant = self.pace.grant(gateway)
        return Receipts(tuple(receipts), self._clock.now(), max(wait_s, grant.wait_s), grant.credit)

    def _is_late(self, chunk: Chunk) -> bool:
        return chunk.lane == Lane.HISTORY and chunk.t_max < self._clock.now() - LATE_S * 1_000_000

    def _turn_has_come(self, gateway: str, late: list[Chunk]) -> bool:
        if self.turns.others_waiting >= BACKLOG_WAITING:
            return False
        return self.pace.admits(gateway, sum(len(chunk.body) for chunk in late))

    async def _store_slice(self, gateway: str, chunks: list[Chunk], *, live: bool) -> list[Receipt]:
        entries = await asyncio.to_thread(lambda: [judge(chunk) for chunk in chunks])
        began = self._clock.monotonic()
        receipts = await self._store_all(gateway, entries, self._clock.now())
        now = self._clock.monotonic()
        # one thread stores: what came before this was done took none of its own time
        size, busy_s = sum(len(chunk.body) for chunk in chunks), now - max(began, self._done_at)
        self._done_at = now
        self.pace.measured(size, busy_s, live=live)
        if not self.healthy:
            self._log.info("store_is_back")
            self.healthy = True
        return receipts

    def _unavailable(self, gateway: str, error: StoreUnavailable) -> None:
        if self.healthy:
            self._log.error("store_unavailable", gateway=gateway, error=str(error))
        self.healthy = False

    def last_minute(self) -> int:
        """Count the readings stored in the last 60 seconds."""
        self._forget()
        return sum(count for _, count in self._recent)

    async def _store_all(self, gateway: str, entries: Sequence[Entry], received_at: int) -> list[Receipt]:
        if not entries:
            return []
        try:
            done = await self._store.ingest(gateway, entries, received_at)
        except StoreRefused as error:
            return await self._one_by_one(gateway, entries, received_at, error)
        self._committed(gateway, done)
        for entry in entries:
            if isinstance(entry, Quarantined):
                self._log_rejected(gateway, entry)
        return [_fate(entry) for entry in entries]

    async def _one_by_one(
        self, gateway: str, entries: Sequence[Entry], received_at: int, error: StoreRefused
    ) -> list[Receipt]:
        if len(entries) == 1:
            if isinstance(entries[0], Quarantined):
                raise StoreUnavailable(str(error)) from error
            locked = Quarantined(entries[0].chunk, "unstorable", str(error))
            return await self._store_all(gateway, [locked], received_at)
        receipts: list[Receipt] = []
        for entry in entries:
            receipts += await self._store_all(gateway, [entry], received_at)
        return receipts

    def _committed(self, gateway: str, done: Ingested) -> None:
        if done.readings:
            self._recent.append((self._clock.monotonic(), done.readings))
            self._forget()
        if done.duplicates:
            self._log.warning("readings_already_there", gateway=gateway, count=done.duplicates)
        if done.beside:
            self._log.warning("readings_of_one_instant", gateway=gateway, count=done.beside)
        if done.forgotten:
            self._log.warning("quarantine_full", forgotten=done.forgotten)
        for command in done.strangers:
            self._log.warning("outcome_ignored", gateway=gateway, command=command)
        self._told(gateway, done)

    def _forget(self) -> None:
        edge = self._clock.monotonic() - 60.0
        while self._recent and self._recent[0][0] < edge:
            self._recent.popleft()

    def _log_rejected(self, gateway: str, entry: Quarantined) -> None:
        chunk = entry.chunk
        self._log.warning(
            "chunk_rejected",
            gateway=gateway,
            journal=chunk.journal,
            lane=chunk.lane,
            seq=chunk.seq,
            reason=entry.reason,
            detail=entry.detail,
        )


def _named(body: bytes) -> tuple[list[Chunk], int]:
    """Return the chunks that a receipt can name, the most urgent lane first, and how many others there were.

    So what a gateway says of its clock is stored before the history that it puts right.
    """
    found = decode_chunks(body)
    chunks = [one for one in found if not isinstance(one, CodecError) and nameable(one)]
    return sorted(chunks, key=lambda chunk: chunk.lane), len(found) - len(chunks)


def _fitting(chunks: list[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """Return the chunks that one upload may have decompressed, and those left for the next."""
    fit: list[Chunk] = []
    later: list[Chunk] = []
    room = UNSEALED_LIMIT
    for chunk in chunks:
        room -= unsealed_size(chunk)
        (later if room < 0 and fit else fit).append(chunk)
    return fit, later


def _slices(chunks: list[Chunk]) -> Iterator[list[Chunk]]:
    """Yield the chunks in order, in parts that are stored by one transaction each."""
    part: list[Chunk] = []
    size = 0
    for chunk in chunks:
        if part and size + len(chunk.body) > SLICE_BYTES:
            yield part
            part, size = [], 0
        part.append(chunk)
        size += len(chunk.body)
    if part:
        yield part


def _fate(entry: Entry) -> Receipt:
    if isinstance(entry, Quarantined):
        return _receipt(entry.chunk, Fate.REJECTED, entry.reason)
    return _receipt(entry.chunk, Fate.ACCEPTED)


def _receipt(chunk: Chunk, fate: Fate, reason: str = "") -> Receipt:
    return Receipt(chunk.journal, chunk.lane, chunk.seq, fate, reason)
