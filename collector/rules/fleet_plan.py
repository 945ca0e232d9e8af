"""The parts of the rules, one for each gateway and one for all of them as such, kept as inventories and people change."""

from collections.abc import Mapping
from typing import Final

from collector.rules.book import RuleBook
from collector.rules.part import Item, Part, Told, of_subject, remembered
from collector.rules.plan import PERSON, plan_gateway, plan_gateways
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
    """``parts`` by gateway, and ``gateways``. Names in ``stale`` have another inventory than was planned with."""

    def __init__(self, store: Store, book: RuleBook) -> None:
        self._store, self._book = store, book
        self._log = get_logger("rules")
        self._infos: dict[str, list[DeviceInfo]] = {}
        self._names: dict[str, str] = {}
        self._replanned = False
        self.stale: set[str] = set()
        self.parts: dict[str, Part] = {}
        self.gateways = Part(GATEWAYS, plan_gateways(book, {}))

    async def take_up(self, now: int) -> list[Told]:
        """Make every part and have it be as it was stored."""
        rows, infos, kept = await self._store.read(_everything)
        self._infos, self._names = infos, _names(rows)
        told: list[Told] = []
        self.gateways = Part(GATEWAYS, plan_gateways(self._book, self._names))
        told += self._restored(self.gateways, kept.get(GATEWAYS), now)
        if self.gateways.fresh:
            told += self.gateways.begin(now)
        for name in infos:
            self.parts[name], more = self._made(name, kept.get(name))
            told += more
        await self._recall()
        return told

    def replan(self, book: RuleBook) -> None:
        """Go on with other rules, at the next ``refresh``."""
        self._book, self._replanned = book, True

    async def refresh(self) -> list[Told]:
        """Take over what is known of the gateways and their devices by now."""
        told: list[Told] = []
        stale, self.stale = self.stale, set()
        if stale or self._replanned:
            rows, infos = await self._store.read(_some, stale)
            self._infos |= infos
            names = _names(rows)
            if names != self._names or self._replanned:
                self._names = names
                told += self.gateways.replan(plan_gateways(self._book, names))
        for name in self._infos.keys() if self._replanned else stale:
            part = self.parts.get(name)
            if part is None:
                self.parts[name], more = self._made(name, None)
                told += more
            else:
                told += part.replan(self._plan(part))
        self._replanned = False
        return told

    def home(self, code: str) -> Part | None:
        """Return the part of the gateway where a person lives."""
        person = self._book.people.get(code)
        return self.parts.get(person.gateway) if person else None

    def follows(self, part: Part, plate: str, event: Event) -> bool:
        """Tell whether some rule watches this vehicle: it may hold for what ``event`` says, or did for the one before."""
        concerned = self._book.concerns("plate", event.fields)
        known = part.vehicles.get(plate) is not None
        if concerned:
            part.vehicles.pop(plate, None)
            part.vehicles[plate] = True
            while len(part.vehicles) > _VEHICLES:
                del part.vehicles[next(iter(part.vehicles))]
        elif known:
            part.vehicles[plate] = False
        return concerned or known

    def with_vehicles(self, part: Part) -> list[Told]:
        """Have rules watch the vehicles that are new; those whose last news ended it are watched no more."""
        watched = {plate for rule in part.plan.rules for plate in rule.devices}
        new = [plate for plate in part.vehicles if f"{part.name}/#{plate}" not in watched]
        if not new:
            return []
        return part.replan(self._plan(part))

    def _made(self, name: str, row: PartRow | None) -> tuple[Part, list[Told]]:
        part = Part(name, plan_gateway(self._book, name, self._infos[name]))
        return part, self._restored(part, row)
