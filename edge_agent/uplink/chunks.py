"""Chunks leave oldest first, one upload in flight for each sender; only a receipt that names a chunk lets it go."""

import asyncio
from math import isfinite

from edge_agent.buffer import Buffer
from edge_agent.uplink.errors import LinkError, NoAnswer, Refused
from edge_agent.uplink.link import Link
from edge_agent.uplink.pace import Pace
from edge_agent.uplink.waiting import pause
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk, Lane
from wire.codec import encode_chunks
from wire.receipt import Fate, Receipts

URGENT = (Lane.ALARM, Lane.STATE)
"""Lanes that never wait for the backlog's turn."""

HISTORY = (Lane.HISTORY,)
"""What comes when the collector says that it may."""

LONGEST_WAIT_S = 3600.0
"""The collector may make history wait no longer."""

ASIDE_S = 10.0
"""How long a chunk that was refused alone is passed over before it is tried again; twice as long each further time."""

LONGEST_ASIDE_S = 600.0
"""No chunk is passed over longer than this."""

MAX_ASIDE = 8
"""When so many are set aside it is the collector that is wrong, not the chunks: wait instead."""

_log = get_logger("uplink")


#   what came back                        what becomes of the chunks
#   200 with receipts of what was sent    each as its receipt says: gone, quarantined or kept
#   200 with anything else                kept, backoff
#   400, 413                              kept; fewer at a time, at last one alone, which is set aside for a while
#   429, 503 with Retry-After             kept, wait as told
#   401, 403, other 4xx, 5xx              kept, backoff (a 401 also corrects the collector's time)
#   nothing, half, garbage, a timeout     kept, backoff; next comes one chunk alone


class Sender:
    """The upload loop of some ``lanes`` of one buffer, which tells of new chunks by ``stored``, to one collector.

    ``path`` names it to the link. Only ``paced`` it keeps to the turns that the collector gives to the backlog.
    """

    def __init__(
        self,
        path: str,
        lanes: tuple[Lane, ...],
        link: Link,
        buffer: Buffer,
        stored: asyncio.Event,
        clock: Clock,
        *,
        timeout_s: float,
        paced: bool,
    ) -> None:
        self.sent_chunks = 0
        self.sent_bytes = 0
        self._path, self._lanes, self._paced = path, lanes, paced
        self._link, self._buffer, self._stored, self._clock = link, buffer, stored, clock
        self._timeout_s = timeout_s
        self._backoff = Backoff(initial_s=1.0, ceiling_s=60.0)
        self._kept = Backoff(initial_s=1.0, ceiling_s=8.0)
        self._pace = Pace()
        self._credit = 0
        self._tries = 0
        self._aside: dict[
            tuple[int, int], tuple[float, float]
        ] = {}  # (lane, seq) -> monotonic time of the next try, wait
        self._told_to_wait = False
        self._level_at: float | None = clock.monotonic()

    @property
    def behind_s(self) -> float:
        """For how long it has had something to send, 0 while it has not."""
        return 0.0 if self._level_at is None else self._clock.monotonic() - self._level_at

    async def run(self) -> None:
        """Send whatever the buffer has, whenever it has something; endless."""
        while True:
            await self._link.back()
            self._stored.clear()
            wait_s = await self.step()
            if wait_s is None:
                await pause(self._clock, self._next_aside_s(), self._stored)
            elif self._told_to_wait:
                await self._clock.sleep(wait_s)
            elif wait_s > 0:
                await self._link.rest(wait_s, self._tries)

    async def drain(self) -> bool:
        """Send until nothing is left (``True``) or a try fails (``False``); for what the collector paces, it waits."""
        while (wait_s := await self.step()) is not None:
            if wait_s > 0 and not self._told_to_wait:
                return False
            await self._clock.sleep(wait_s)
        return not self._aside

    async def step(self) -> float | None:
        """Make one upload; return the seconds to wait before the next, ``None`` when there was nothing to send."""
        self._told_to_wait = False
        now = self._clock.monotonic()
        skipped = {key for key, (until, _) in self._aside.items() if until > now}
        max_bytes = min(self._pace.max_bytes, self._credit) if self._credit else self._pace.max_bytes
        owed = any(self._buffer.stats.lanes[lane] for lane in self._lanes)  # else the writer's thread need not be asked
        chunks = await self._buffer.peek(max_bytes, self._pace.max_chunks, skipped, self._lanes) if owed else []
        if not chunks:
            self._level_at = None
            return None
        if self._level_at is None:
            self._level_at = now
        body = encode_chunks(chunks)
        patience_s = self._pace.patience_s(self._timeout_s, len(body))
        asked_at = self._clock.monotonic()
        try:
            receipts, took_s = await self._link.ask("chunks", body, Receipts, patience_s)
        except Refused as error:
            return self._refused(error, chunks)
        except NoAnswer as error:
            if error.word == "timeout":
                self._pace.ran_out(len(body), self._clock.monotonic() - asked_at)
            return self._failed(error)
        return await self._settle(receipts, chunks, len(body), took_s)

    async def _settle(self, receipts: Receipts, chunks: list[Chunk], size: int, took_s: float) -> float:
        sent = {(chunk.journal, chunk.lane, chunk.seq) for chunk in chunks}
        ours = [receipt for receipt in receipts.receipts if (receipt.journal, receipt.lane, receipt.seq) in sent]
        if not ours:
            return self._failed(NoAnswer("no_receipts"))
        self._link.well(self._path)
        self._tries = 0
        for receipt in ours:
            if receipt.fate is Fate.REJECTED:
                _log.error("chunk_rejected", lane=receipt.lane, seq=receipt.seq, reason=receipt.reason)
            if receipt.fate is not Fate.KEEP:
                self._aside.pop((receipt.lane, receipt.seq), None)
        left = await self._buffer.settle(ours)
        self.sent_chunks += left
        self.sent_bytes += size
        wait_s = self._turn(receipts)
        self._backoff.reset()
        # also where all are kept: more at a time, or one that it never takes would stand before the others for ever
        self._pace.went(len(chunks), size, took_s, self._link.round_trip_s)
        if left == 0:
            return wait_s or self._kept.next()
        self._kept.reset()
        return wait_s

    def _turn(self, receipts: Receipts) -> float:
        """Take over when the next upload may come and how large it may be; return the seconds until then."""
        if not self._paced:
            return 0.0
        wait_s = min(max(receipts.wait_s, 0.0), LONGEST_WAIT_S) if isfinite(receipts.wait_s) else 0.0
        self._credit = max(receipts.credit, 0)
        self._told_to_wait = wait_s > 0
        return wait_s

    def _refused(self, error: Refused, chunks: list[Chunk]) -> float:
        if error.status in (400, 413):
            if len(chunks) > 1:
                self._pace.too_much(len(chunks))
                return 0.0
            if self._set_aside(chunks[0], error):
                return 0.0
        self._told_to_wait = error.retry_after_s is not None
        if error.status in (429, 503) and self._told_to_wait:
            self._pace.failed()
            return self._backoff.next(error.retry_after_s)
        return self._failed(error)

    def _set_aside(self, chunk: Chunk, error: Refused) -> bool:
        """Pass a chunk over that was refused alone; ``False`` when so many are that it cannot be the chunks."""
        key = (chunk.lane, chunk.seq)
        known = self._aside.get(key)
        if known is None and len(self._aside) >= MAX_ASIDE:
            return False
        wait_s = ASIDE_S if known is None else min(known[1] * 2, LONGEST_ASIDE_S)
        self._aside[key] = (self._clock.monotonic() + wait_s, wait_s)
        if known is None:
            _log.error("chunk_set_aside", lane=chunk.lane, seq=chunk.seq, status=error.status, reason=error.word)
        return True

    def _next_aside_s(self) -> float:
        """Return the seconds until the next chunk that was set aside is due."""
        due = min((until for until, _ in self._aside.values()), default=None)
        return LONGEST_ASIDE_S if due is None else max(due - self._clock.monotonic(), 0.1)

    def _failed(self, error: LinkError) -> float:
        self._pace.failed()
        self._tries += 1
        self._link.failed(self._path, error)
        return self._backoff.next(error.retry_after_s if isinstance(error, Refused) else None)
