"""What a reading costs in bytes, on the card and written to it: counted, as bytes do not depend on who else is busy."""

import random
from collections.abc import Iterator
from pathlib import Path

from edge_agent.buffer import Buffer
from tests.unit.edge_agent.buffer.making import T0, opened, receipt
from wire.reading import Batch

DEVICES = 8
POINTS = ("voltage", "current", "power", "energy", "frequency")
COMMITS = 200
READINGS = 200
"""In one commit: 40 readings a second, committed every 5 s."""


def five_seconds(second: int, dice: random.Random) -> Iterator[Batch]:
    """Yield what eight energy meters say in five seconds."""
    for at in range(second, second + 5):
        for number in range(DEVICES):
            values = (dice.gauss(230, 2), dice.gauss(4, 1), dice.gauss(900, 50), at * 0.01, dice.gauss(50, 0.02))
            when = T0 + at * 1_000_000 + number * 20_000 + dice.randrange(5000)
            yield Batch(f"meter-{number}", when, POINTS, tuple(round(value, 2) for value in values))


def bytes_written() -> int:
    """Return what this process has written to files so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar")))


async def live(buffer: Buffer, commits: int, *, delivered: bool) -> None:
    dice = random.Random(commits)
    for number in range(commits):
        for batch in five_seconds(5 * number, dice):
            await buffer.put(batch)
        await buffer.flush()
        if delivered:
            await buffer.settle([receipt(chunk) for chunk in await buffer.peek(1 << 20, 100)])


async def test_storing_delivering_and_deleting_writes_less_than_a_hundred_bytes_for_a_reading(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", keep_free_bytes=0) as buffer:
        await live(buffer, 20, delivered=True)
        before = bytes_written()
        await live(buffer, COMMITS, delivered=True)
        assert (bytes_written() - before) / (COMMITS * READINGS) < 100


async def test_a_reading_takes_fourteen_bytes_at_most(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", keep_free_bytes=0) as buffer:
        await live(buffer, COMMITS, delivered=False)
        assert buffer.stats.pending == COMMITS * READINGS
        assert buffer.stats.used_bytes / buffer.stats.pending <= 14
