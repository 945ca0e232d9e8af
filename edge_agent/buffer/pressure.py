"""Relief for a full buffer: old history becomes coarser, and only when it cannot any more the oldest goes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from edge_agent.buffer.chunks import Chunks
from edge_agent.buffer.losses import ANALOGUE, ENTRIES, join, tell
from edge_agent.buffer.portions import Portion, Portions, seqs
from edge_agent.buffer.schema import chunk_id
from edge_agent.buffer.thinning import WIDTHS_S, thin
from wire.chunk import Chunk, ClockMark, Content, Gap, Lane
from wire.codec import seal

PORTIONS = 4
"""At most so many portions go by in one transaction, so that nobody waits long for it."""

_WORTH = 0.1
"""What becomes smaller by less than this share stays as it is."""


@dataclass(slots=True)
class Relieved:
    """What a step came to: entries ``thinned`` and ``dropped``, bytes of bodies ``freed``; ``spent`` when there was
    nothing left to thin.
    """

    thinned: int = 0
    dropped: int = 0
    freed: int = 0
    spent: bool = False


class Relief:
    """Makes room in one file, within its caller's transaction; ``settled`` chunks only wait to be deleted.

    ``carried`` tells up to which number the history is on a stick; it is asked inside the transaction, each time.
    """

    def __init__(
        self, journal: str, chunks: Chunks, settled: Collection[int], carried: Callable[[], int] = lambda: 0
    ) -> None:
        self._journal, self._chunks, self._carried = journal, chunks, carried
        self._portions = Portions(journal, chunks, settled)

    def give(self, mark: ClockMark, shown: int, *, thin_bytes: int, drop_bytes: int, most_bytes: int) -> Relieved:
        """Make history smaller by ``thin_bytes``, and by ``drop_bytes`` even where the oldest has to go for it.

        Chunks up to id ``shown`` may be on their way and stay. One minute is tried everywhere before five minutes
        anywhere. What is on a stick is not thinned, for it would be told twice, and is the first to be dropped, for
        then it is not the only copy. A chunk that is made has about ``most_bytes`` at most, because it can only go as a
        whole. ``mark`` dates what is said of chunks that cannot be read. What ``PORTIONS`` portions do not reach is
        left for the next time.
        """
        done = Relieved()
        head = self._chunks.head(Lane.HISTORY)
        if head is None:
            return Relieved(spent=True)
        self._portions.prepare(shown, chunk_id(Lane.HISTORY, self._carried()), head[0])
        left = PORTIONS
        for width_s in WIDTHS_S:
            while (
                left and done.freed < thin_bytes and (found := self._portions.to_thin(width_s, most_bytes)) is not None
            ):
                left -= 1
                self._give_up_broken(found, mark, done)
                self._thin(found, width_s, done)
        done.spent = left > 0 and done.freed < thin_bytes
        while left and done.spent and done.freed < drop_bytes:
            oldest = self._portions.to_drop(drop_bytes - done.freed)
            if oldest is None:
                break
            left -= 1
            self._give_up_broken(oldest, mark, done)
            self._drop(oldest, done)
        return done

    def _thin(self, portion: Portion, width_s: int, done: Relieved) -> None:
        if not portion.chunks:
            return
        coarser = thin(portion.contents, width_s)
        told = replace(
            self._gap("thinned", portion.chunks), what=ANALOGUE, count=coarser.readings, losses=coarser.losses
        )
        content = replace(coarser.content, gaps=join((told, *coarser.content.gaps)))
        body = self._seal(content, Lane.HISTORY)
        smaller = portion.bytes - len(body.body)
        if not coarser.made or smaller < portion.bytes * _WORTH:
            self._portions.leave(portion, width_s)
            return
        self._take(portion.chunks)
        key = chunk_id(Lane.HISTORY, self._chunks.insert(body))
        self._portions.mark(key, coarser.content, width_s, portion.age)
        made, gone = coarser.made + len(content.gaps), coarser.readings + coarser.merged + len(coarser.content.gaps)
        self._chunks.counters.produced -= body.n - made  # the rest of it was produced before
        self._chunks.counters.thinned += gone
        done.thinned += gone
        done.freed += smaller

    def _drop(self, portion: Portion, done: Relieved) -> None:
        if not portion.chunks:
            return
        told = tell(portion.contents, "buffer_full", self._gap("buffer_full", portion.chunks))
        chunk = self._seal(told.content, Lane.ALARM)
        self._take(portion.chunks)
        self._chunks.insert(chunk)
        self._chunks.counters.produced -= chunk.n - len(told.content.gaps)  # the rest of it was produced before
        self._chunks.counters.dropped += told.lost
        done.dropped += told.lost
        done.freed += portion.bytes - len(chunk.body)

    def _give_up_broken(self, portion: Portion, mark: ClockMark, done: Relieved) -> None:
        """Let go of what cannot be read any more, so that it does not stand in the way."""
        if not portion.broken:
            return
        gap = self._gap("buffer_damaged", portion.broken)
        self._take(portion.broken)
        self._chunks.insert(self._seal(Content(mark, gaps=(gap,)), Lane.ALARM))
        self._chunks.counters.dropped += gap.count
        done.dropped += gap.count
        done.freed += sum(len(chunk.body) for chunk in portion.broken.values())

    def _gap(self, reason: str, chunks: Mapping[int, Chunk]) -> Gap:
        count, start = sum(chunk.n for chunk in chunks.values()), min(chunk.t_min for chunk in chunks.values())
        end = max(chunk.t_max for chunk in chunks.values())
        return Gap(ENTRIES, count, reason, start, end, self._journal, int(Lane.HISTORY), seqs(chunks))

    def _take(self, chunks: Mapping[int, Chunk]) -> None:
        self._chunks.delete({key: chunk.n for key, chunk in chunks.items()})
        self._portions.taken(chunks)

    def _seal(self, content: Content, lane: Lane) -> Chunk:
        return seal(content, journal=self._journal, lane=lane, seq=0)
