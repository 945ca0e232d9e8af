"""What the disk refused, in memory until it takes it, and sent meanwhile: an alarm must not wait for a memory card."""

import secrets
from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import chain

from msgspec import structs

from edge_agent.buffer.remembered import Sealed
from wire.chunk import Chunk, Lane
from wire.receipt import Fate, Receipt

_OVERHEAD = 200


class Held:
    """Sealed chunks and what their transactions change besides, none of it durable.

    A chunk that is shown goes by ``journal``, an id of this memory's own, and keeps that name: it may have arrived, so
    it is never written to disk under another, where it could be doubled. It waits here for its receipt. So do chunks
    that were shown by a journal which had to live in memory, under that journal's name.
    """

    def __init__(self) -> None:
        self.journal = secrets.token_hex(16)
        self.bytes = 0
        self._waiting: dict[int, deque[Chunk]] = {int(lane): deque() for lane in Lane}
        self._shown: dict[tuple[int, int, str], Chunk] = {}
        self._seqs = dict.fromkeys(self._waiting, 0)
        self._besides = Sealed(None)
        self._of_history: dict[str, bytes] = {}  # its notes

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + len(self._shown)

    @property
    def unwritten(self) -> bool:
        """Whether there is something for the disk; what was shown and has no receipt yet is not."""
        return any(self._waiting.values()) or self._besides != Sealed(None) or bool(self._of_history)

    @property
    def has_history(self) -> bool:
        """Whether chunks of history wait to be written."""
        return bool(self._waiting[Lane.HISTORY])

    @property
    def lanes(self) -> list[int]:
        """How many chunks of each lane are held."""
        shown = Counter(lane for lane, _, _ in self._shown)
        return [len(self._waiting[lane]) + shown[lane] for lane in Lane]

    def add(self, sealed: Sealed) -> None:
        """Hold one more; of what its transaction changes besides, the newest word on each thing counts."""
        if sealed.chunk is not None:
            self._waiting[sealed.chunk.lane].append(sealed.chunk)
            self.bytes += _size(sealed.chunk)
        if sealed.history:
            self._of_history.update(sealed.notes)
            sealed = replace(sealed, chunk=None, notes={}, history=False)
        self._besides = _newest(self._besides, sealed)

    def remember(self, earlier: Sealed) -> None:
        """Take over what a damaged file remembered, where nothing newer is held."""
        self._besides = _newest(earlier, self._besides)

    @property
    def urgent(self) -> bool:
        """Whether something waits that is not history."""
        return any(chunks for lane, chunks in self._waiting.items() if lane != Lane.HISTORY)

    def to_write(self, *, history: bool = True) -> list[Sealed]:
        """Return what belongs on disk, for one transaction; without ``history`` where there is no room for that."""
        lanes = [chunks for lane, chunks in self._waiting.items() if history or lane != Lane.HISTORY]
        notes = self._of_history if history or not self.lanes[Lane.HISTORY] else {}
        return [*map(Sealed, chain.from_iterable(lanes)), self._besides, Sealed(None, notes=dict(notes))]

    def written(self, *, history: bool = True) -> None:
        """Forget what ``to_write`` returned."""
        if history or not self.lanes[Lane.HISTORY]:
            self._of_history.clear()
        for lane, chunks in self._waiting.items():
            if history or lane != Lane.HISTORY:
                self.bytes -= sum(map(_size, chunks))
                chunks.clear()
        self._besides = Sealed(None)

    def adopt(self, chunk: Chunk) -> None:
        """Hold a chunk that another journal, now given up, has shown."""
        self._shown[chunk.lane, chunk.seq, chunk.journal] = chunk

    def show(
        self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]], lanes: Collection[int]
    ) -> list[Chunk]:
        """Return chunks to send, urgent lanes first; see ``Buffer.peek``."""
        known = [chunk for key, chunk in sorted(self._shown.items()) if key[:2] not in skip and key[0] in lanes]
        shown = known[:max_chunks]
        size = sum(len(chunk.body) for chunk in shown)
        for lane in sorted(lanes):
            waiting = self._waiting[lane]
            while waiting and len(shown) < max_chunks and (not shown or size + len(waiting[0].body) <= max_bytes):
                chunk = waiting.popleft()
                self.bytes -= _size(chunk)
                self._seqs[lane] += 1
                named = structs.replace(chunk, journal=self.journal, seq=self._seqs[lane])
                self._shown[lane, named.seq, named.journal] = named
                size += len(named.body)
                shown.append(named)
        return shown

    def settle(self, receipts: Iterable[Receipt]) -> tuple[int, list[Chunk]]:
        """Let go of what was receipted; return how many chunks left and which of them were rejected."""
        left, rejected = 0, []
        for receipt in receipts:
            key = (receipt.lane, receipt.seq, receipt.journal)
            if receipt.fate is Fate.KEEP or key not in self._shown:
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
        old.commands + new.commands,
        {**old.notes, **new.notes},
    )


def _size(chunk: Chunk) -> int:
    return _OVERHEAD + len(chunk.body)
