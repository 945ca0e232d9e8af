"""A damaged file taken apart by a person's order, with no agent on it: counted, or written into a new buffer file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.buffer.database import prepare_new
from edge_agent.buffer.journal import Journal
from edge_agent.buffer.lock import Lock
from edge_agent.buffer.salvage import Haul, Job, Salvage, examine
from edge_agent.buffer.verification import LaneFound
from wire.chunk import Lane


@dataclass
class Recovered:
    """What was found, by lane; and rejected chunks, and commands. ``journal`` is empty where nothing told it."""

    journal: str = ""
    lanes: list[LaneFound] = field(default_factory=lambda: [LaneFound() for _ in Lane])
    rejected: int = 0
    commands: int = 0


def recover(file: Path, into: Path | None) -> Recovered:
    """Read ``file`` page by page, every intact chunk that may be owed; with ``into`` make that a buffer file.

    ``BufferInUse`` when an agent has either open, ``FileExistsError`` when ``into`` is there already, other ``OSError``
    or ``sqlite3.Error`` where it cannot be read or written.
    """
    if not file.is_file():
        raise FileNotFoundError("没有这个文件 no such file")
    if into is not None and into.exists():
        raise FileExistsError(f"{into} 已存在 exists already")
    lock = Lock(file)
    lock.take_file()
    try:
        evidence = examine(file, None)
        job = evidence.job((file.name,), "")
        found = Recovered(evidence.owed.journal if "journal" in evidence.meta else "")
        if into is None:
            _read(file.parent, job, lambda haul: _count(haul, found))
            return found
        prepare_new(into, evidence, job)
        journal = Journal(into)

        def take(haul: Haul) -> None:
            journal.stow(haul, None)
            _count(haul, found)

        try:
            _read(file.parent, job, take)
        finally:
            journal.close()
    finally:
        lock.release()
    return found


def _read(folder: Path, job: Job, use: Callable[[Haul], object]) -> None:
    salvage, done = Salvage(folder), False
    try:
        while not done:
            haul = salvage.step(job)
            use(haul)
            job, done = haul.job, haul.done
    finally:
        salvage.close()


def _count(haul: Haul, found: Recovered) -> None:
    for chunk in haul.chunks:
        lane = found.lanes[chunk.lane]
        lane.chunks += 1
        lane.entries += chunk.n
        lane.start = min(lane.start or chunk.t_min, chunk.t_min)
        lane.end = max(lane.end, chunk.t_max)
    found.rejected += len(haul.rejected)
    found.commands += len(haul.commands)
