"""What the disk refused, in memory until it takes it, and sent meanwhile: an alarm must not wait for a memory card."""

import secrets
from collections import deque
from collections.abc import Collection, Iterable
from itertools import chain

from msgspec.structs import replace

from edge_agent.buffer.journal import Sealed
from wire.chunk import Chunk, Lane
from wire.receipt import Fate, Receipt

_OVERHEAD = 200


class Held:
    """Sealed chunks and what their transactions change besides, none of it durable.

    A chunk that is shown goes by ``journal``, an id of this memory's own, and keeps that name: it may have arrived, so
    it is never written to disk under another, where it could be doubled. It waits here for its receipt.
    """

    def __init__(self) -> None:
        self.journal = secrets.token_hex(16)
        self.bytes = 0
        self._waiting: dict[int, deque[Chunk]] = {int(lane): deque() for lane in Lane}
        self._shown: dict[tuple[int, int], Chunk] = {}
        self._seqs = dict.fromkeys(self._waiting, 0)
        self._besides = Sealed(None)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + len(self._shown)

    @property
    def unwritten(self) -> bool:
        """Whether there is something for the disk; what was shown and has no receipt yet is not."""
        return any(self._waiting.values()) or self._besides != Sealed(None)

    def add(self, sealed: Sealed) -> None:
        """Hold one more; of what its transaction changes besides, the newest word on each thing counts."""
        if sealed.chunk is not None:
            self._waiting[sealed.chunk.lane].append(sealed.chunk)
            self.bytes += _size(sealed.chunk)
        self._besides = _newest(self._besides, sealed)

    def remember(self, earlier: Sealed) -> None:
        """Take over what a damaged file remembered, where nothing newer is held."""
        self._besides = _newest(earlier, self._besides)

    def to_write(self) -> list[Sealed]:
        """Return what belongs on disk, for one transaction."""
        return [*map(Sealed, chain.from_iterable(self._waiting.values())), self._besides]

    def written(self) -> None:
        """Forget what ``to_write`` returned."""
        for chunks in self._waiting.values():
            chunks.clear()
        self.bytes, self._besides = 0, Sealed(None)

    def show(self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]]) -> list[Chunk]:
        """Return chunks to send, urgent lanes first; see ``Buffer.peek``."""
        shown = [chunk for key, chunk in sorted(self._shown.items()) if key not in skip][:max_chunks]
        size = sum(len(chunk.body) for chunk in shown)
        for lane, waiting in sorted(self._waiting.items()):
            while waiting and len(shown) < max_chunks and (not shown or size + len(waiting[0].body) <= max_bytes):
                chunk = waiting.popleft()
                self.bytes -= _size(chunk)
                self._seqs[lane] += 1
                named = replace(chunk, journal=self.journal, seq=self._seqs[lane])
                self._shown[lane, named.seq] = named
                size += len(named.body)
                shown.append(named)
        return shown

    def settle(self, receipts: Iterable[Receipt]) -> tuple[int, list[Chunk]]:
        """Let go of what was receipted; return how many chunks left and which of them were rejected."""
        left, rejected = 0, []
        for receipt in receipts:
            key = (receipt.lane, receipt.seq)
            if receipt.journal != self.journal or receipt.fate is Fate.KEEP or key not in self._shown:
                continue
            chunk = self._shown.pop(key)
            left += 1
            if receipt.fate is Fate.REJECTED:
                rejected.append(chunk)
        return left, rejected

    def trim(self, limit: int) -> list[Chunk]:
        """Drop the oldest history, and alarms only when there is none left, down to ``limit`` bytes; return it."""
        dropped = []
        for _, waiting in sorted(self._waiting.items(), reverse=True):
            while waiting and self.bytes > limit:
                dropped.append(waiting.popleft())
                self.bytes -= _size(dropped[-1])
        return dropped


def _newest(old: Sealed, new: Sealed) -> Sealed:
    return Sealed(
        None,
        old.rules_state if new.rules_state is None else new.rules_state,
        old.inventory_hash if new.inventory_hash is None else new.inventory_hash,
        old.finished + new.finished,
    )


def _size(chunk: Chunk) -> int:
    return _OVERHEAD + len(chunk.body)
