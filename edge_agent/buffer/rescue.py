"""Brings what a damaged file still has into the new one, a slice at a turn, and tells exactly what could not be had."""

from pathlib import Path

from edge_agent.buffer.journal import Journal
from edge_agent.buffer.salvage import SLICE_BYTES, Job, Salvage, gaps
from edge_agent.buffer.stats import Damage
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Content, Lane
from wire.codec import seal

_log = get_logger("buffer")


class Rescue:
    """``damage`` is what the last damage came to so far, ``None`` while there was none since the start."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.damage: Damage | None = None
        self._salvage, self._clock = Salvage(folder), clock

    def step(self, journal: Journal) -> bool:
        """Take over one slice, in one transaction; tell whether there is more. ``sqlite3.Error`` as ``Journal``."""
        job = journal.job
        if job is None:
            return False
        self.damage = _damage(job, done=False)
        haul = self._salvage.step(job, SLICE_BYTES)
        told = None
        records = gaps(haul.job, self._clock.now()) if haul.done else []
        if records:
            content = Content(clock=Timekeeper(self._clock).mark(), gaps=tuple(records))
            told = seal(content, journal=journal.id, lane=Lane.ALARM, seq=0)
        journal.stow(haul, told)
        self.damage = _damage(haul.job, done=haul.done)
        if haul.done:
            _log.warning("buffer_salvaged", saved=self.damage.saved, lost=self.damage.lost, exact=self.damage.exact)
        return not haul.done

    def close(self) -> None:
        """Give the damaged file back."""
        self._salvage.close()


def _damage(job: Job, *, done: bool) -> Damage:
    return Damage(job.why, sum(job.saved), job.lost, exact=job.known, done=done)
