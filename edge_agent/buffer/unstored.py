"""What never reached the disk and is lost: told by gap records as soon as the disk takes those."""

from dataclasses import dataclass, field

from edge_agent.buffer.losses import ENTRIES, tell
from edge_agent.buffer.remembered import Sealed
from edge_agent.buffer.thinning import HOUR_US, add_up, same_clock
from wire.chunk import Chunk, ClockFix, ClockMark, Content, Gap, Lane, Loss, Missed
from wire.codec import seal, unseal
from wire.errors import CodecError


@dataclass(slots=True)
class _Hole:
    """What becomes one gap record; ``lines`` are by device, point and hour."""

    count: int
    start: int
    end: int
    lines: dict[tuple[str, str, int], Loss] = field(default_factory=dict)


@dataclass(slots=True)
class _Page:
    """What was lost under one clock."""

    mark: ClockMark
    holes: dict[tuple[str, str], _Hole] = field(default_factory=dict)
    missed: tuple[Missed, ...] = ()
    fixes: tuple[ClockFix, ...] = ()


class Unstored:
    """Adds up losses until ``written`` says that they were told. ``lost`` counts the entries."""

    def __init__(self) -> None:
        self.lost = 0
        self._pages: list[_Page] = []

    def __bool__(self) -> bool:
        return bool(self._pages)

    def lose(self, mark: ClockMark, count: int, reason: str, start: int, end: int) -> None:
        """Lose ``count`` entries of which nothing more is known."""
        self._add(Content(mark, gaps=(Gap(ENTRIES, count, reason, start, end),)), count)

    def drop(self, chunk: Chunk, reason: str) -> None:
        """Lose a chunk whose number nobody knows yet; its account of what was missed is not lost.

        Of the state lane nothing is lost: what is in there is in the history as well.
        """
        if chunk.lane == Lane.STATE:
            return
        try:
            told = tell([unseal(chunk)], reason)
        except CodecError:  # memory that was overwritten: it cannot be told better
            return
        self._add(told.content, told.lost)

    def to_write(self, journal: str) -> list[Sealed]:
        """Return what belongs into the next transaction."""
        return [Sealed(seal(_content(page), journal=journal, lane=Lane.ALARM, seq=0)) for page in self._pages]

    def written(self) -> None:
        """Forget what ``to_write`` returned."""
        self._pages.clear()
        self.lost = 0

    def _add(self, content: Content, lost: int) -> None:
        self.lost += lost
        if not self._pages or not same_clock(self._pages[-1].mark, content.clock):
            self._pages.append(_Page(content.clock))
        page = self._pages[-1]
        page.missed = add_up((*page.missed, *content.missed))
        page.fixes += content.fixes
        for gap in content.gaps:
            hole = page.holes.setdefault((gap.what, gap.reason), _Hole(0, gap.start, gap.end))
            hole.count += gap.count
            hole.start, hole.end = min(hole.start, gap.start), max(hole.end, gap.end)
            for loss in gap.losses:
                key = (loss.device, loss.point, loss.hour // HOUR_US)
                before = hole.lines.get(key)
                hole.lines[key] = Loss(*key[:2], before.hour, before.count + loss.count) if before else loss


def _content(page: _Page) -> Content:
    gaps = (
        Gap(what, hole.count, reason, hole.start, hole.end, losses=tuple(hole.lines.values()))
        for (what, reason), hole in page.holes.items()
    )
    return Content(page.mark, gaps=tuple(gaps), missed=page.missed, fixes=page.fixes)
