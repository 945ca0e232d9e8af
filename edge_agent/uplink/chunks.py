"""Chunks leave oldest first, one upload in flight; only a receipt that names a chunk lets it go."""

from math import isfinite

from edge_agent.buffer import Buffer
from edge_agent.uplink.exchange import LinkError, NoAnswer, Refused
from edge_agent.uplink.link import Link
from edge_agent.uplink.waiting import pause
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk
from wire.codec import encode_chunks
from wire.receipt import Fate, Receipts

PATH = "/gateway/v1/chunks"

MAX_BYTES = 1024 * 1024
"""Most bytes of chunk bodies in one upload."""

MAX_CHUNKS = 200
"""Most chunks in one upload."""

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
#   nothing, half, garbage, a timeout     kept, backoff


class Sender:
    """The upload loop of one buffer to one collector."""

    def __init__(self, link: Link, buffer: Buffer, clock: Clock) -> None:
        self.sent_chunks = 0
        self.sent_bytes = 0
        self._link, self._buffer, self._clock = link, buffer, clock
        self._backoff = Backoff(initial_s=1.0, ceiling_s=60.0)
        self._max_chunks = MAX_CHUNKS
        self._aside: dict[
            tuple[int, int], tuple[float, float]
        ] = {}  # (lane, seq) -> monotonic time of the next try, wait
        self._told_to_wait = False

    async def run(self) -> None:
        """Send whatever the buffer has, whenever it has something; endless."""
        while True:
            self._buffer.stored.clear()
            self._link.news.clear()
            wait_s = await self.step()
            if wait_s is None:
                await pause(self._clock, self._next_aside_s(), self._buffer.stored)
            elif self._told_to_wait:
                await self._clock.sleep(wait_s)
            elif wait_s > 0:
                await pause(self._clock, wait_s, self._link.news)

    async def drain(self) -> bool:
        """Send until nothing is left (``True``) or a try fails (``False``)."""
        while (wait_s := await self.step()) == 0:
            pass
        return wait_s is None and not self._aside

    async def step(self) -> float | None:
        """Make one upload; return the seconds to wait before the next, ``None`` when there was nothing to send."""
        self._told_to_wait = False
        now = self._clock.monotonic()
        skipped = {key for key, (until, _) in self._aside.items() if until > now}
        chunks = await self._buffer.peek(MAX_BYTES, self._max_chunks, skipped)
        if not chunks:
            return None
        body = encode_chunks(chunks)
        try:
            receipts = await self._link.post(PATH, body, Receipts)
        except Refused as error:
            return self._refused(error, chunks)
        except NoAnswer as error:
            return self._failed(error)
        return await self._settle(receipts, chunks, len(body))

    async def _settle(self, receipts: Receipts, chunks: list[Chunk], size: int) -> float:
        sent = {(chunk.journal, chunk.lane, chunk.seq) for chunk in chunks}
        ours = [receipt for receipt in receipts.receipts if (receipt.journal, receipt.lane, receipt.seq) in sent]
        if not ours:
            return self._failed(NoAnswer("no_receipts"))
        self._link.well(PATH)
        for receipt in ours:
            if receipt.fate is Fate.REJECTED:
                _log.error("chunk_rejected", lane=receipt.lane, seq=receipt.seq, reason=receipt.reason)
            if receipt.fate is not Fate.KEEP:
                self._aside.pop((receipt.lane, receipt.seq), None)
        left = await self._buffer.settle(ours)
        self.sent_chunks += left
        self.sent_bytes += size
        wait_s = min(max(receipts.wait_s, 0.0), 3600.0) if isfinite(receipts.wait_s) else 0.0
        self._told_to_wait = wait_s > 0
        if left == 0:
            return self._backoff.next(wait_s)
        self._backoff.reset()
        self._max_chunks = min(self._max_chunks * 2, MAX_CHUNKS)
        return wait_s

    def _refused(self, error: Refused, chunks: list[Chunk]) -> float:
        if error.status in (400, 413):
            if len(chunks) > 1:
                self._max_chunks = len(chunks) // 2
                return 0.0
            if self._set_aside(chunks[0], error):
                return 0.0
        self._told_to_wait = error.retry_after_s is not None
        if error.status in (429, 503) and self._told_to_wait:
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
        self._link.failed(PATH, error)
        return self._backoff.next(error.retry_after_s if isinstance(error, Refused) else None)
