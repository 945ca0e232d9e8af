"""An upload from bytes to receipts: judged entry by entry, stored in one commit, and only then told its fate."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from collector.ingest.judge import judge, nameable
from collector.store.api import Store
from collector.store.errors import StoreRefused, StoreUnavailable
from collector.store.records import Ingested, Judged, Quarantined
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk
from wire.codec import decode_chunks, unsealed_size
from wire.errors import CodecError
from wire.receipt import Fate, Receipt, Receipts

RETRY_S = 5.0
"""How long a gateway waits after the store could not take an upload."""

QUEUE_LIMIT = 64
"""So many uploads may wait for the store at once; further gateways are asked to come back."""

UNSEALED_LIMIT = 32 * 1024 * 1024
"""So many bytes of one upload are decompressed, at least one chunk; the others are for the next one. Decoded they
take about ten times as much memory, however small they were on the wire."""

AT_ONCE = 2
"""So many uploads are in memory decoded: one that is stored, and the next."""

Entry = Judged | Quarantined


class Busy(Exception):
    """Too many uploads wait already."""


class Ingest:
    """Takes uploads. ``told`` is called after each commit with the gateway and what the upload did.

    ``healthy`` is false from a failed commit until the next good one.
    """

    def __init__(self, store: Store, clock: Clock, told: Callable[[str, Ingested], None]) -> None:
        self._store, self._clock, self._told = store, clock, told
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._recent: deque[tuple[float, int]] = deque()
        self._log = get_logger("ingest")
        self.healthy = True
        self.waiting = 0

    async def take(self, gateway: str, body: bytes) -> Receipts:
        """Return a receipt for every chunk that can be named.

        ``CodecError`` when the body is no array of chunks; ``Busy`` when ``QUEUE_LIMIT`` uploads wait.
        """
        if self.waiting >= QUEUE_LIMIT:
            raise Busy
        self.waiting += 1
        try:
            async with self._turns:
                return await self._take(gateway, body)
        finally:
            self.waiting -= 1

    async def _take(self, gateway: str, body: bytes) -> Receipts:
        entries, later, unnamed = await asyncio.to_thread(_judged, body)
        if unnamed:
            self._log.warning("chunks_without_name", gateway=gateway, count=unnamed)
        received_at = self._clock.now()
        try:
            receipts = await self._store_all(gateway, entries, received_at)
        except StoreUnavailable as error:
            if self.healthy:
                self._log.error("store_unavailable", gateway=gateway, error=str(error))
            self.healthy = False
            kept = [*(entry.chunk for entry in entries), *later]
            receipts = [_receipt(chunk, Fate.KEEP, "store_unavailable") for chunk in kept]
            return Receipts(tuple(receipts), self._clock.now(), RETRY_S)
        if not self.healthy:
            self._log.info("store_is_back")
            self.healthy = True
        receipts += [_receipt(chunk, Fate.KEEP, "too_much_at_once") for chunk in later]
        return Receipts(tuple(receipts), self._clock.now())

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


def _judged(body: bytes) -> tuple[list[Entry], list[Chunk], int]:
    """Return the chunks judged, those left for the next upload, and how many cannot be named."""
    entries: list[Entry] = []
    later: list[Chunk] = []
    unnamed, room = 0, UNSEALED_LIMIT
    for chunk in decode_chunks(body):
        if isinstance(chunk, CodecError) or not nameable(chunk):
            unnamed += 1
            continue
        room -= unsealed_size(chunk)
        if room < 0 and entries:
            later.append(chunk)
        else:
            entries.append(judge(chunk))
    return entries, later, unnamed


def _fate(entry: Entry) -> Receipt:
    if isinstance(entry, Quarantined):
        return _receipt(entry.chunk, Fate.REJECTED, entry.reason)
    return _receipt(entry.chunk, Fate.ACCEPTED)


def _receipt(chunk: Chunk, fate: Fate, reason: str = "") -> Receipt:
    return Receipt(chunk.journal, chunk.lane, chunk.seq, fate, reason)
