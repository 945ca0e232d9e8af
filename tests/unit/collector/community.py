"""A district for tests of the collector's own rules: gateways that live or fall silent, and what that brings."""

from collector.app import Collector
from collector.store import alerts
from collector.store.alarm_records import AlertRow
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from wire.chunk import Chunk, Lane
from wire.event import Event
from wire.inventory import DeviceInfo, Inventory
from wire.reading import Batch, Value

SECOND = 1_000_000
HOUR = 3600 * SECOND
DISTRICT = """
version: 1
people:
  P-0001: {groups: [独居老人], gateway: g-1}
  P-0002: {gateway: g-1}
rules:
  change:
    gateway_offline: {gateways: g-2, level: red}
  add:
    door_left: {class: access_door, when: door_state == open, for: 2h, level: blue, say: "{name} 一直开着"}
"""


class Community(Gateway):
    """A box whose only device is a door, unless told otherwise; it knows how much it owes."""

    owed: int = 0
    started: float = 0.0

    async def describe(self, *infos: DeviceInfo) -> None:
        """Send an inventory and a first heartbeat."""
        now = self.clock.now()
        await self.send(self.chunk(Lane.ALARM, inventory=Inventory(now, self.name, f"小区 {self.name}", "1", infos)))
        await self.beat()

    async def beat(self) -> None:
        """Send a heartbeat; ``owed`` is the time of the oldest that waits."""
        up = self.clock.monotonic() - self.started
        await self.tell(uptime_s=up, pending=int(bool(self.owed)), pending_oldest_at=self.owed)

    def event(self, name: str, at: int | None = None, device: str = "door-1", **fields: Value) -> Chunk:
        """Seal one event."""
        when = self.clock.now() if at is None else at
        event = Event(f"{self.name}-{name}-{when}-{fields}", device, name, when, fields)
        return self.chunk(Lane.ALARM, events=(event,))

    def passes(self, person: str, at: int | None = None) -> Chunk:
        """Seal that a person was let in."""
        return self.event("access_granted", at, credential="card", person_ref=person, direction="out")


async def live(district: Collector, clock: FakeClock, seconds: float, *boxes: Community) -> None:
    """Let time pass while ``boxes`` tell that they are there, the others silent."""
    end = clock.monotonic() + seconds  # hours go in larger steps, in which gateways seem to be off for a while
    while clock.monotonic() < end:
        await clock.advance(min(max(15.0, seconds / 12), end - clock.monotonic()))
        for box in boxes:
            await box.beat()
        await district.rules.step()


async def found(store: SqlStore, rule: str = "") -> list[AlertRow]:
    return [row for row in await store.read(alerts.listed, alerts.Wanted(), limit=10_000) if rule in ("", row.rule)]


def door(clock: FakeClock, state: str) -> Batch:
    """Return a reading of the door."""
    return Batch("door-1", clock.now(), ("door_state",), (state,))
