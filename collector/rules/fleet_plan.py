"""The parts of the rules: one for each gateway, one for all of them as such, remade as inventories and rules change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from collector.rules.book import RuleBook
from collector.rules.part import Part, Told, named, of_device, of_subject, vehicles_of
from collector.rules.plan import NOTHING, PERSON, VEHICLE, Plan, plan_gateway, plan_gateways, subject_id
from collector.store import fleet, rules
from collector.store.api import Store
from collector.store.records import GatewayRow
from collector.store.rules import PartRow
from collector.store.scope import Scope
from rules.errors import RuleStateError
from runtime.logs import get_logger
from wire.event import Event
from wire.inventory import DeviceInfo

GATEWAYS: Final = "@gateways"
"""The part about gateways as such; no gateway is called so."""

_VEHICLES: Final = 2000
_BACK_US: Final = 7 * 86_400_000_000
"""So far back a restart looks for what other communities' doors told of a person."""


class Fleet:
    """``parts`` by gateway, and ``gateways``. Names in ``stale`` have another inventory than was planned with.

    ``gone`` are the parts of gateways that are revoked: their alerts have ended, and they are to be stored once more.
    """

    def __init__(self, store: Store, book: RuleBook) -> None:
        self._store, self._book = store, book
        self._log = get_logger("rules")
        self._infos: dict[str, list[DeviceInfo]] = {}
        self._told_at: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._replanned = False
        self.stale: set[str] = set()
        self.parts: dict[str, Part] = {}
        self.gone: list[Part] = []
        self.gateways = Part(GATEWAYS, plan_gateways(book, {}))

    async def take_up(self, now: int) -> list[Told]:
        """Make every part and have it be as it was stored."""
        rows, self._infos = await self._store.read(_changed, {})
        kept = await self._store.read(rules.parts)
        self._note(rows)
        told: list[Told] = []
        self.gateways = Part(GATEWAYS, plan_gateways(self._book, self._names))
        told += self._restored(self.gateways, kept.get(GATEWAYS), now)
        if self.gateways.fresh:
            told += self.gateways.begin(now)
        for name in self._infos:
            told += await self._make(name, kept.get(name))
        await self._recall()
        return told

    def replan(self, book: RuleBook) -> None:
        """Go on with other rules, at the next ``refresh``."""
        self._book, self._replanned = book, True

    async def refresh(self) -> list[Told]:
        """Take over what is known of the gateways and their devices by now."""
        stale, self.stale = self.stale, set()
        known = {name: at for name, at in self._told_at.items() if name not in stale}
        rows, infos = await self._store.read(_changed, known)
        names = self._names
        self._note(rows)
        told: list[Told] = []
        for name in self.parts.keys() - self._told_at.keys():
            left = self.parts.pop(name)
            told += [*left.replan(NOTHING), *left.judge([], left.reached)]
            self.gone.append(left)
            del self._infos[name]
        self._infos |= infos
        if names != self._names or self._replanned:
            told += self.gateways.replan(plan_gateways(self._book, self._names))
        for name in self._infos if self._replanned else infos:
            part = self.parts.get(name)
            told += await self._make(name, None) if part is None else part.replan(self._plan(part.name, part.vehicles))
        self._replanned = False
        return told

    def home(self, code: str) -> Part | None:
        """Return the part of the gateway where a person lives."""
        person = self._book.people.get(code)
        return self.parts.get(person.gateway) if person else None

    def follows(self, part: Part, plate: str, event: Event) -> bool:
        """Tell whether a rule watches this vehicle: it may hold for what ``event`` says, or could before."""
        concerned = self._book.concerns(VEHICLE, event.fields)
        known = plate in part.vehicles
        if concerned or known:
            part.vehicles[plate] = concerned
        while len(part.vehicles) > _VEHICLES:
            del part.vehicles[next(iter(part.vehicles))]
        return concerned or known

    def with_vehicles(self, part: Part) -> list[Told]:
        """Have rules watch the vehicles that came since they were planned."""
        new = [plate for plate in part.vehicles if subject_id(part.name, VEHICLE, plate) not in part.plan.names]
        return part.replan(self._plan(part.name, part.vehicles)) if new else []

    def _note(self, rows: Sequence[GatewayRow]) -> None:
        there = [row for row in rows if row.revoked_at is None and row.inventory_at]
        self._told_at = {row.gateway: row.inventory_at for row in there}
        self._names = {row.gateway: row.name for row in there}

    def _plan(self, name: str, vehicles: Iterable[str] = ()) -> Plan:
        return plan_gateway(self._book, name, self._infos[name], vehicles)

    async def _make(self, name: str, row: PartRow | None) -> list[Told]:
        part = self.parts[name] = Part(name, self._plan(name, () if row is None else vehicles_of(row)))
        told = self._restored(part, row)
        if not part.fresh:
            standing = await self._store.read(rules.newest_until, name, part.plan.points, part.reached)
            told += part.seed(of_device(name, each) for each in standing)
        return told

    def _restored(self, part: Part, row: PartRow | None, at: int | None = None) -> list[Told]:
        if row is None:
            return []
        try:
            return part.restore(row, at)
        except RuleStateError as error:
            self._log.error("rule_state_unreadable", part=part.name, error=str(error))
            return []

    async def _recall(self) -> None:
        """Find again what other communities' doors told of people since their homes' parts were stored."""
        homes = {code: home for code in self._book.people if (home := self.home(code)) is not None and not home.fresh}
        since = min((home.reached for home in homes.values()), default=0)
        for name, part in self.parts.items() if homes else ():
            doors = [device for device, fields in part.plan.about.items() if PERSON in fields]
            after = max(since, part.reached - _BACK_US)
            for event in await self._store.read(rules.events_between, name, doors, after, part.reached):
                home = homes.get(named(event, PERSON))
                if home is not None and home is not part and event.at > home.reached and part.plan.tells(event):
                    home.post(f"{name}/{event.id}", of_subject(event, home.name, PERSON))


def _changed(scope: Scope, known: Mapping[str, int]) -> tuple[list[GatewayRow], dict[str, list[DeviceInfo]]]:
    """Return all gateways, and the devices of those whose inventory is another than the ``known`` one."""
    rows = fleet.gateways(scope)
    other = [each.gateway for each in rows if each.revoked_at is None and known.get(each.gateway) != each.inventory_at]
    return rows, fleet.device_infos(scope, other) if other else {}
