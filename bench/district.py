"""What the collector's own rules cost: beside ingest of the same uploads, and for a district that only lives."""

import asyncio
import secrets
import tempfile
import time
from pathlib import Path

from collector.fleet.presence import Presence
from collector.ingest.service import Ingest
from collector.rules.rules_file import RulesFile
from collector.rules.service import DistrictRules
from collector.store import fleet
from collector.store.records import GatewayRow, Ingested
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from runtime.testing import FakeClock
from wire.chunk import Chunk, ClockMark, ClockState, Content, Lane
from wire.codec import encode_chunks, seal
from wire.event import Event
from wire.inventory import DeviceInfo, Inventory, PointInfo
from wire.reading import Batch
from wire.status import Status

GATEWAYS, DOORS, METERS, BEATS = 20, 12, 40, 40
BEAT_S = 15
DISTRICT = 300
"""Gateways of a whole district."""

_POINTS = ("voltage_v", "current_a", "power_w", "energy_kwh", "frequency_hz")
_FILE = """
version: 1
people: {{{people}}}
rules:
  add:
    held: {{class: access_door, when: door_state == open, for: 2h, level: blue, say: x}}
"""


class _Bench:
    def __init__(self, store: SqlStore, folder: Path, gateways: int, *, judging: bool) -> None:
        self.clock, self.store = FakeClock(), store
        self.names = [f"g-{number}" for number in range(gateways)]
        file = folder / "district.yaml"
        people = ", ".join(f"P-{name}: {{groups: 独居老人, gateway: {name}}}" for name in self.names)
        file.write_text(_FILE.format(people=people), encoding="utf-8")
        self.presence = Presence(store, self.clock, lambda name: None)
        self.rules = DistrictRules(
            store, self.clock, self.presence, lambda row: None, owner="bench", file=RulesFile(file)
        )
        self.judging, self.handed = judging, 0.0
        self.ingest = Ingest(store, self.clock, self._told)
        self.journal = secrets.token_hex(16)
        self.seq = dict.fromkeys(Lane, 0)

    def _told(self, gateway: str, done: Ingested) -> None:
        if self.judging:
            began = time.perf_counter()
            self.rules.ingested(gateway, done)
            self.handed += time.perf_counter() - began

    async def begin(self) -> None:
        doors = [
            DeviceInfo(f"door-{n}", "门", "access_door", "p", "", (PointInfo("door_state", "enum"),))
            for n in range(DOORS)
        ]
        for name in self.names:
            await self.store.write(fleet.enrol, GatewayRow(name, name, "", "", 1))
            inventory = Inventory(self.clock.now(), name, name, "1", tuple(doors))
            await self.ingest.take(name, encode_chunks([self._chunk(Lane.ALARM, inventory=inventory)]))

    def bodies(self) -> list[tuple[str, bytes]]:
        """Return what every gateway sends in one beat: its meters each second third, a door, a pass."""
        now, found = self.clock.now(), []
        for name in self.names:
            batches = [
                Batch(f"meter-{n}", now - third * 5_000_000, _POINTS, (230.0, 1.0, 2.0, 3.0, 50.0))
                for third in range(3)
                for n in range(METERS)
            ]
            batches.append(Batch("door-1", now, ("door_state",), ("closed",)))
            event = Event(f"{name}-{now}", "door-1", "access_granted", now, {"person_ref": f"P-{name}"})
            found.append((name, encode_chunks([self._chunk(Lane.HISTORY, batches=tuple(batches), events=(event,))])))
        return found

    def beat(self) -> None:
        """Have every gateway be heard."""
        for name in self.names:
            status = Status(self.clock.now(), "b", "1", 1e6, self.journal, "durable", 1, 0)
            self.presence.heard(name, status)

    def _chunk(self, lane: Lane, **parts: object) -> Chunk:
        self.seq[lane] += 1
        mark = ClockMark("b", ClockState.SYNCED, self.clock.now(), 0)
        return seal(Content(mark, **parts), journal=self.journal, lane=lane, seq=self.seq[lane])  # type: ignore[arg-type]


async def _ingest(judging: bool) -> tuple[float, float, float, int]:
    """Return the seconds that ingest, its word to the rules and these took, and how many readings there were."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(SqliteDialect(Path(folder) / "c.db"))
        await store.open()
        bench = _Bench(store, Path(folder), GATEWAYS, judging=judging)
        await bench.begin()
        taking = judged = 0.0
        for _ in range(BEATS):
            await bench.clock.advance(BEAT_S)
            bodies = bench.bodies()
            began = time.process_time()
            for name, body in bodies:
                await bench.ingest.take(name, body)
            taking += time.process_time() - began
            bench.beat()
            began = time.process_time()
            for _ in range(BEAT_S if judging else 0):
                await bench.rules.step()
            judged += time.process_time() - began
        await store.close()
        return taking, bench.handed, judged, BEATS * GATEWAYS * (METERS * 3 * len(_POINTS) + 1)


async def _living() -> float:
    """Return percent of a core that the rules of a whole district take while it only lives."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(SqliteDialect(Path(folder) / "c.db"))
        await store.open()
        bench = _Bench(store, Path(folder), DISTRICT, judging=True)
        await bench.begin()
        bench.beat()
        await bench.rules.step()
        began, seconds = time.process_time(), 60
        for second in range(seconds):
            await bench.clock.advance(1)
            if second % BEAT_S == 0:
                bench.beat()
            await bench.rules.step()
        spent = time.process_time() - began
        await store.close()
        return 100 * spent / seconds


def main() -> None:
    """Print the table."""
    alone, _, _, count = asyncio.run(_ingest(judging=False))
    beside, handed, judged, _ = asyncio.run(_ingest(judging=True))
    print("| | CPU s | µs a reading | of ingest |\n|---|---|---|---|")
    cases = {"ingest alone": alone, "ingest beside the rules": beside, "of this handed to the rules": handed}
    for name, spent in (cases | {"the rules, in their own task": judged}).items():
        print(f"| {name} | {spent:.2f} | {1e6 * spent / count:.1f} | {spent / alone:.1%} |")
    print(f"\n{DISTRICT} gateways that only live: {asyncio.run(_living()):.1f} % of a core for the rules")


if __name__ == "__main__":
    main()
