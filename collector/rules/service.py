"""Judges the district's rules: every second it looks at what became of each gateway's past, and stores what follows."""

from collections.abc import Callable
from functools import partial
from typing import Final

from collector.fleet.presence import Link, Presence
from collector.rules.fleet_plan import Fleet
from collector.rules.heartbeats import Heartbeats
from collector.rules.looking import Stretch, as_it_stood, stretch
from collector.rules.part import Item, Part, Told, named, of_device, of_subject
from collector.rules.plan import PERSON, VEHICLE
from collector.rules.progress import complete_until
from collector.rules.rules_file import RulesFile
from collector.store import alerts, rules
from collector.store.api import Store
from collector.store.records import AlertRow, Ingested
from collector.store.rules import NotOurs, PartRow
from collector.store.scope import Scope
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.event import Event
from wire.status import Status

LATE_S: Final = 15.0
"""What a device told its gateway is durable there, and counted as waiting, within this time."""

LEASE_S: Final = 30.0
"""A collector that has not renewed its hold on the rules for so long is taken for dead."""

_RENEW_S: Final = 10.0
_LOOK_S: Final = 1.0
_REFRESH_S: Final = 30.0
_AT_ONCE: Final = 50


class DistrictRules:
    """The collector's own rules. ``owner`` names this collector among several on one database, of which only one
    judges; ``told`` is called with each alert that was changed, after the commit.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        presence: Presence,
        told: Callable[[AlertRow], None],
        *,
        owner: str,
        file: RulesFile,
        late_s: float = LATE_S,
    ) -> None:
        self._store, self._clock, self._presence, self._told = store, clock, presence, told
        self._owner, self._file, self._late_us = owner, file, round(late_s * 1_000_000)
        self._log = get_logger("rules")
        self._fleet: Fleet | None = None
        self._heartbeats = Heartbeats(clock, presence)
        self._statuses: dict[str, Status] = {}
        self._reading: dict[str, int] = {}
        self._pulled: dict[str, frozenset[str]] = {}
        self._waiting: list[Told] = []
        self._rows: dict[str, PartRow] = {}
        self._renew_at, self._refresh_at = 0.0, 0.0

    @property
    def ours(self) -> bool:
        """Whether this collector is the one that judges."""
        return self._fleet is not None

    def ingested(self, gateway: str, done: Ingested) -> None:
        """Note what a committed upload brought: another inventory, or what happened before what was judged already."""
        if self._fleet is None:
            return
        if done.inventory:
            self._fleet.stale.add(gateway)
        part = self._fleet.parts.get(gateway)
        until = self._reading.get(gateway, 0)
        pulled = self._pulled.get(gateway, frozenset())
        if part is not None:
            for event in done.events:
                if event.at <= until and part.plan.tells(event) and event.id not in pulled:
                    self._route(gateway, part, event)

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await self._clock.sleep(_LOOK_S)
            await self.step()

    async def step(self) -> None:
        """Look once. What could not be stored (``StoreUnavailable``) is stored with the next look."""
        if not await self._held():
            return
        if self._fleet is None:
            self._fleet = await self._taken_up()
        fleet = self._fleet
        if reread := self._file.look() is not None:
            fleet.replan(self._file.book)
            await self._store.write(self._file.audit, self._clock.now())
        if fleet.stale or reread or self._clock.monotonic() >= self._refresh_at:
            self._refresh_at = self._clock.monotonic() + _REFRESH_S
            self._waiting += await fleet.refresh()
        self._waiting += self._heartbeats.judge(fleet.gateways)
        for gateway, part in list(fleet.parts.items()):
            status = self._presence.status(gateway)
            if status is None or self._presence.link(gateway) is not Link.ONLINE:
                continue
            if self._statuses.get(gateway) is not status and await self._look_at(gateway, part, status):
                self._statuses[gateway] = status
        await self._keep([fleet.gateways, *fleet.parts.values(), *fleet.gone])
        fleet.gone.clear()

    async def _held(self) -> bool:
        if self._clock.monotonic() < self._renew_at:
            return self._fleet is not None
        now = self._clock.now()
        self._renew_at = self._clock.monotonic() + _RENEW_S
        try:
            await self._store.write(rules.hold, self._owner, now, now + round(LEASE_S * 1_000_000))
        except NotOurs:
            self._forget()
            return False
        return True

    async def _taken_up(self) -> Fleet:
        self._file.look()
        await self._store.write(self._file.audit, self._clock.now())
        fleet = Fleet(self._store, self._file.book)
        self._waiting += await fleet.take_up(self._clock.now())
        self._log.debug("rules_taken_up", gateways=len(fleet.parts), rules=len(self._file.book.rules))
        return fleet

    def _forget(self) -> None:
        if self._fleet is not None:
            self._log.warning("rules_lost", owner=self._owner)
        self._fleet = None
        self._waiting, self._rows = [], {}
        self._statuses, self._reading, self._pulled = {}, {}, {}

    async def _look_at(self, gateway: str, part: Part, status: Status) -> bool:
        """Judge what of the gateway's past is whole by now; tell whether nothing more is by this ``status``."""
        mark = complete_until(status, self._clock.now(), self._late_us)
        if part.plan.idle:
            part.reached = max(part.reached, mark)
            return True
        if part.fresh:
            self._reading[gateway] = mark
            standing = await self._store.read(as_it_stood, gateway, part.plan, mark)
            self._waiting += part.begin(mark)
            self._waiting += part.seed(of_device(gateway, each) for each in standing)
            return True
        for _ in range(_AT_ONCE):
            if mark <= part.reached:
                return True
            self._reading[gateway] = mark
            await self._judge(gateway, part, mark, status)
        return mark <= part.reached

    async def _judge(self, gateway: str, part: Part, mark: int, status: Status) -> None:
        found: Stretch = await self._store.read(stretch, gateway, part.plan, part.reached, mark, status)
        self._pulled[gateway] = frozenset(event.id for event in found.events)
        for event in found.events:
            self._route(gateway, part, event)
        if self._fleet is not None:
            self._waiting += self._fleet.with_vehicles(part)
        items = [of_device(gateway, each) for each in found.batches]
        self._waiting += part.judge([*items, *part.taken(found.until)], found.until, found.pause)

    def _route(self, gateway: str, part: Part, event: Event) -> None:
        """Put an event into the inbox of everyone whom it is about: its device, a person, a vehicle."""
        fleet = self._fleet
        if fleet is None:
            return
        items: list[Item] = [of_device(gateway, event)]
        for about in part.plan.about.get(event.device, ()):
            whom = named(event, about)
            if about == VEHICLE and whom and fleet.follows(part, whom, event):
                items += of_subject(event, gateway, VEHICLE)
            home = fleet.home(whom) if about == PERSON and whom else None
            if home is part:
                items += of_subject(event, gateway, PERSON)
            elif home is not None:
                home.post(f"{gateway}/{event.id}", of_subject(event, home.name, PERSON))
        part.post(event.id, items)

    async def _keep(self, parts: list[Part]) -> None:
        for part in parts:
            if not part.fresh and part.dirty:
                self._rows[part.name] = part.row()
        if not self._waiting and not self._rows:
            return
        told, kept = self._waiting, self._rows
        now = self._clock.now()
        try:
            changed = await self._store.write(partial(_store, self._owner, now), told, list(kept.values()))
        except NotOurs:
            self._forget()
            return
        self._waiting, self._rows = self._waiting[len(told) :], {}
        for row in changed:
            self._told(row)


def _store(owner: str, now: int, scope: Scope, told: list[Told], kept: list[PartRow]) -> list[AlertRow]:
    rules.hold(scope, owner, now, now + round(LEASE_S * 1_000_000))
    changed: dict[str, AlertRow] = {}
    for gateway, change in told:
        changed |= {row.id: row for row in alerts.apply_change(scope, gateway, change, now)}
    rules.keep(scope, kept)
    return list(changed.values())
