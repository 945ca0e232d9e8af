"""The rules about one gateway's devices, people and vehicles, and what of its past they have to see; purely."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from collector.rules.book import GATEWAY_CLASS, RuleBook, Subject
from config.catalog import CatalogError, DeviceClass, load_class
from config.expression import parse
from config.places import building_of
from config.settings import DeviceFacts, RuleSettings, SiteFacts
from config.terms import Expression, Point, Reported, walk, walk_events, walk_signals
from wire.event import Event
from wire.inventory import DeviceInfo

PERSON: Final = "person_ref"
VEHICLE: Final = "plate"
_MARKS: Final = {PERSON: "@", VEHICLE: "#"}


def subject_id(gateway: str, about: str, name: str) -> str:
    """Return what the engine calls a person or a vehicle (``about``), or a device (empty) of a gateway."""
    return f"{gateway}/{_MARKS.get(about, '')}{name}"


def device_of(subject: str) -> str:
    """Return whom an alert is about: the device's own id, the person's code, the plate."""
    name = subject.partition("/")[2]
    return name[1:] if name[:1] in _MARKS.values() else name


@dataclass(frozen=True)
class Plan:
    """The rules of one part with what the engine has to know. What they have to see of the gateway itself: ``points``
    (keys by device) and ``tellers`` (names of events by device). ``about``: for devices whose events name people or
    vehicles, the field that does.
    """

    rules: tuple[RuleSettings, ...]
    names: Mapping[str, str]
    facts: SiteFacts
    points: Mapping[str, frozenset[str]]
    tellers: Mapping[str, frozenset[str]]
    about: Mapping[str, tuple[str, ...]]

    @property
    def idle(self) -> bool:
        """Whether nothing of this gateway needs to be looked at."""
        return not self.rules and not self.tellers

    def tells(self, event: Event) -> bool:
        """Return whether some rule has to see this event (of a device of the gateway)."""
        return event.name in self.tellers.get(event.device, ())


NOTHING: Final = Plan((), {}, SiteFacts(), {}, {}, {})


def plan_gateways(book: RuleBook, names: Mapping[str, str]) -> Plan:
    """Return the rules about gateways as such; ``names`` are for people, by gateway."""
    subjects = [Subject(subject_id(each, "", each), each, GATEWAY_CLASS) for each in names]
    shown = {each.id: names[each.gateway] for each in subjects}
    facts = SiteFacts(timezone=book.timezone, devices={each.id: DeviceFacts() for each in subjects})
    return Plan(tuple(book.for_(subjects)), shown, facts, {}, {}, {})


def plan_gateway(book: RuleBook, gateway: str, infos: Sequence[DeviceInfo], vehicles: Iterable[str] = ()) -> Plan:
    """Return the rules about what is at one gateway: its devices, the people who live there, the ``vehicles`` seen."""
    kinds = {info.kind: kind for info in infos if (kind := _class(info.kind)) is not None}
    devices = [_device(gateway, info) for info in infos if info.kind in kinds]
    people = [
        Subject(subject_id(gateway, PERSON, code), gateway, kind, person=code, keys=None)
        for code, person in book.people.items()
        if person.gateway == gateway
        for kind in book.kinds(PERSON)
    ]
    cars = [
        Subject(subject_id(gateway, VEHICLE, plate), gateway, kind, keys=None)
        for plate in vehicles
        for kind in book.kinds(VEHICLE)
    ]
    own = tuple(book.for_(devices))
    rules = (*own, *book.for_(people, PERSON), *book.for_(cars, VEHICLE))
    names = {subject_id(gateway, "", info.id): info.name for info in infos} | {
        each.id: device_of(each.id) for each in (*people, *cars)
    }
    facts = {each.id: DeviceFacts(place=each.place, person=each.person) for each in (*devices, *people, *cars)}
    for info in infos:
        name = subject_id(gateway, "", info.id)
        if name in facts:
            facts[name] = replace(facts[name], building=info.building or building_of(info.place))
    about = {info.id: _about(book, kinds[info.kind]) for info in infos if info.kind in kinds}
    return Plan(
        rules,
        names,
        SiteFacts(timezone=book.timezone, devices=facts),
        _points(gateway, infos, own),
        _tellers(infos, kinds, own, about),
        about,
    )


def _device(gateway: str, info: DeviceInfo) -> Subject:
    keys = frozenset(point.key for point in info.points)
    return Subject(subject_id(gateway, "", info.id), gateway, info.kind, info.place, info.person, keys)


def _class(name: str) -> DeviceClass | None:
    try:
        return load_class(name)
    except CatalogError:  # of a gateway that is newer than this collector
        return None


def _about(book: RuleBook, kind: DeviceClass) -> tuple[str, ...]:
    fields = {field for event in kind.events for field in event.fields}
    wanted = (VEHICLE, *((PERSON,) if book.people else ()))
    return tuple(each for each in wanted if each in fields and kind.id in book.kinds(each))


def _points(gateway: str, infos: Sequence[DeviceInfo], rules: Sequence[RuleSettings]) -> dict[str, frozenset[str]]:
    wanted: dict[str, frozenset[str]] = {}
    for info in infos:
        has = frozenset(point.key for point in info.points)
        keys: set[str] = set()
        for rule in rules:
            mine = subject_id(gateway, "", info.id) in rule.devices
            for tree in _trees(rule):
                reports = any(isinstance(each, Reported) for each in walk(tree))
                if mine or any(signal.scope != "device" for signal in walk_signals(tree)):
                    keys |= has if reports else has & {each.name for each in walk(tree) if isinstance(each, Point)}
        if keys:
            wanted[info.id] = frozenset(keys)
    return wanted


def _tellers(
    infos: Sequence[DeviceInfo],
    kinds: Mapping[str, DeviceClass],
    rules: Sequence[RuleSettings],
    about: Mapping[str, tuple[str, ...]],
) -> dict[str, frozenset[str]]:
    named = {event.event for rule in rules for tree in _trees(rule) for event in walk_events(tree)}
    found: dict[str, frozenset[str]] = {}
    for info in infos:
        events = kinds[info.kind].events if info.kind in kinds else ()
        fields = about.get(info.id, ())
        told = {each.name for each in events if each.name in named or any(name in each.fields for name in fields)}
        if told:
            found[info.id] = frozenset(told)
    return found


def _trees(rule: RuleSettings) -> tuple[Expression, ...]:
    worse = (each.when for each in rule.escalate if each.when is not None)
    return tuple(_parsed(text) for text in (rule.when, *((rule.clear,) if rule.clear else ()), *worse))


@cache
def _parsed(text: str) -> Expression:
    return parse(text)
