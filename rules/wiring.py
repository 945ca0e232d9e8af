"""Who listens to whom: every signal that a term waits for is tied to the devices of its scope that can give it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from config.settings import DeviceFacts, RuleSettings, SiteFacts
from config.terms import (
    Becomes,
    Compare,
    Happened,
    Holds,
    Literal,
    Point,
    Reported,
    Scope,
    Signal,
    walk_points,
    walk_signals,
)
from rules.condition import Lists, compile_condition, strip
from rules.device import Device, Ear, Listener
from rules.layout import Shape, read
from rules.wallclock import WallClock

_NO_FACTS: Final = DeviceFacts()
_SCOPES: Final[dict[Scope, Callable[[DeviceFacts], str]]] = {
    "place": lambda facts: facts.place,
    "building": lambda facts: facts.building,
    "gateway": lambda facts: facts.gateway or "*",
}


class Wiring:
    """The devices of a site made from its rules. Raises ``ExpressionError`` for a rule whose text is not in the
    language, ``ValueError`` when two rules of one id watch one device.
    """

    def __init__(self, rules: Sequence[RuleSettings], facts: SiteFacts) -> None:
        self._rules = tuple(read(rule) for rule in rules)
        self._facts = facts
        self._clock = WallClock(facts)
        self._by_device = _by_device(rules)
        ids = dict.fromkeys((*facts.devices, *self._by_device))
        self._all = {device: facts.devices.get(device, _NO_FACTS) for device in ids}
        self._given = self._signals_given()
        self._shapes: dict[tuple[object, ...], Shape] = {}

    def devices(self, names: Mapping[str, str]) -> dict[str, Device]:
        """Return fresh devices by id, tied to each other; ``names`` are for sentences."""
        made: dict[str, Device] = {}
        for device, facts in self._all.items():
            mine, given = tuple(self._by_device.get(device, ())), tuple(self._given.get(device, ()))
            if mine or given:
                lacking = self._lacking(mine, facts)
                shape = self._shape(mine, tuple(each for each in given if isinstance(each, Becomes | Holds)), lacking)
                made[device] = Device(device, names.get(device, device), shape, self._clock, facts.settings)
        for listening in made.values():
            for want in listening.shape.wants:
                for source in self._sources(listening.id, want.signal.scope):
                    _tie(made[source], want.signal, Listener(listening, want.term, want.excuse), self._facts.lists)
        return made

    def _shape(self, rules: tuple[int, ...], signals: tuple[Becomes | Holds, ...], lacking: frozenset[str]) -> Shape:
        key = (rules, signals, lacking)
        if key not in self._shapes:
            mine = [self._rules[index].lacking(lacking) for index in rules]
            self._shapes[key] = Shape(mine, signals, self._facts.lists)
        return self._shapes[key]

    def _lacking(self, rules: tuple[int, ...], facts: DeviceFacts) -> frozenset[str]:
        if facts.points is None:
            return frozenset()
        return frozenset().union(*(self._rules[index].points() for index in rules)) - set(facts.points)

    def _signals_given(self) -> dict[str, dict[object, None]]:
        """Return by device what signals somebody waits for."""
        given: dict[str, dict[object, None]] = {}
        for rule in self._rules:
            for tree in rule.trees():
                for signal in walk_signals(tree):
                    for device in rule.settings.devices:
                        for source in self._sources(device, signal.scope):
                            given.setdefault(source, {}).update(dict.fromkeys(_whats(strip(signal))))
        return given

    def _sources(self, device: str, scope: Scope) -> list[str]:
        if scope == "device":
            return [device]
        of = _SCOPES[scope]
        there = of(self._all[device])
        return [each for each, facts in self._all.items() if each == device or (there and of(facts) == there)]


def _whats(signal: Signal) -> list[Reported | Happened | Becomes | Holds]:
    """Return what the signal may be: a bare name is an event or a yes/no point that becomes true."""
    what = signal.what
    if isinstance(what, Happened) and what.where is None:
        return [what, Holds(Compare("==", Point(what.event), Literal(True)))]
    return [what]


def _tie(source: Device, signal: Signal, listener: Listener, lists: Lists) -> None:
    match signal.what:
        case Reported(word):
            source.reports = {**source.reports, word: [*source.reports.get(word, ()), listener]}
        case Happened(event, where):
            names = tuple(dict.fromkeys(point.name for point in walk_points(where))) if where is not None else ()
            slots = {name: index for index, name in enumerate(names, 1)}
            condition = compile_condition(where, slots, lists) if where is not None else None
            ear = Ear(condition, names, [listener])
            source.events = {**source.events, event: [*source.events.get(event, ()), ear]}
            for point in _whats(signal)[1:]:
                source.listeners[source.shape.given.index(point)].append(listener)
        case Becomes() | Holds():
            position = source.shape.given.index(signal.what)
            source.listeners[position].append(listener)


def _by_device(rules: Sequence[RuleSettings]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, rule in enumerate(rules):
        for device in rule.devices:
            mine = found.setdefault(device, [])
            if any(rules[other].id == rule.id for other in mine):
                raise ValueError(f"two rules {rule.id!r} watch device {device!r}")
            mine.append(index)
    return found
