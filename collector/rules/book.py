"""Which rules are in effect for whom: the catalogue's collector rules, the district's changes and its own; purely."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from config.catalog import collector_rules, load_class
from config.district_form import DistrictAddForm, DistrictChangeForm, DistrictForm, PersonForm
from config.expression import parse
from config.places import Chosen
from config.rule_form import EscalateForm
from config.settings import DeviceFacts, EscalateSettings, RuleSettings
from config.terms import And, Compare, Expression, In, Literal, Or, Point, points
from wire.reading import Value

GATEWAY_CLASS: Final = "gateway"


_EVERYBODY: Final = DistrictChangeForm()

Selection = DistrictChangeForm | DistrictAddForm


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a rule can be about, by the ``id`` that the engine knows: a device, a person, a vehicle, a gateway.

    ``keys`` are the points that it has, ``None`` where nobody can say beforehand.
    """

    id: str
    gateway: str
    kind: str
    place: str = ""
    person: str = ""
    keys: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule before it is known whom it is for. ``about`` is as in ``config.catalog.ClassRule``."""

    base: RuleSettings
    about: str = ""
    selects: Selection = _EVERYBODY
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    changes: tuple[Selection, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class RuleBook:
    """All rules of a district. ``people`` are those of its file, by code."""

    rules: tuple[Rule, ...]
    people: Mapping[str, PersonForm] = field(default_factory=dict)
    timezone: str = "Asia/Shanghai"

    def kinds(self, about: str) -> tuple[str, ...]:
        """Return the classes that have a rule about the people (``person_ref``) or vehicles (``plate``) they name."""
        return tuple(dict.fromkeys(rule.base.kind for rule in self.rules if rule.about == about))

    def concerns(self, about: str, fields: Mapping[str, Value]) -> bool:
        """Tell whether a rule about persons or vehicles may hold for one whose newest event has these ``fields``."""
        mine = [rule for rule in self.rules if rule.about == about]
        texts = {rule.base.when for rule in mine} | {each.when for rule in mine for each in rule.changes if each.when}
        return any(_may_hold(parse(text), fields) for text in texts)

    def for_(self, subjects: Sequence[Subject], about: str = "") -> Iterator[RuleSettings]:
        """Yield the rules in effect for these subjects, all of which are named by the field ``about`` (or devices)."""
        for rule in self.rules:
            if rule.about == about:
                yield from self._of(rule, [each for each in subjects if each.kind == rule.base.kind])

    def _of(self, rule: Rule, subjects: Iterable[Subject]) -> Iterator[RuleSettings]:
        chosen: dict[int, list[str]] = {}
        settings = [rule.base, *(changed(rule.base, each) for each in rule.changes)]
        enabled = [rule.enabled, *(rule.enabled if each.enabled is None else each.enabled for each in rule.changes)]
        for each in subjects:
            if not self._selects(rule.selects, each) or not self._has(
                Chosen(people=rule.people, places=rule.places), each
            ):
                continue
            index = next((n for n, change in enumerate(rule.changes, 1) if self._selects(change, each)), 0)
            if enabled[index] and _able(settings[index], each):
                chosen.setdefault(index, []).append(each.id)
        for index, ids in chosen.items():
            yield replace(settings[index], devices=tuple(ids))

    def _selects(self, form: Selection, each: Subject) -> bool:
        chosen = Chosen(form.devices or (), form.people or (), form.place or ())
        return (form.gateways is None or each.gateway in form.gateways) and self._has(chosen, each)

    def _has(self, chosen: Chosen, each: Subject) -> bool:
        known = self.people.get(each.person)
        facts = DeviceFacts(place=each.place, person=each.person)
        return chosen.has(each.id, facts, known.groups if known is not None else ())


def book_of(form: DistrictForm | None) -> RuleBook:
    """Return the rules of the catalogue as a district's file, if there is one, changes and completes them."""
    form = form or DistrictForm(version=1)
    rules = []
    for kind, default in collector_rules():
        steps = tuple(EscalateSettings(to=each.to, after_s=each.after_s, when=each.when) for each in default.escalate)
        base = RuleSettings(
            id=default.id,
            kind=kind,
            when=default.when,
            level=default.level,
            for_s=default.for_s,
            for_readings=default.for_readings,
            clear=default.clear,
            clear_for_s=default.clear_for_s,
            latch=default.latch,
            repeat_s=default.repeat_s,
            between=default.between,
            escalate=steps,
            devices=(),
            say={"zh": f"{{name}} {default.text.zh}", "en": f"{{name}}: {default.text.en}"},
            origin={"*": f"class {kind}"},
        )
        changes = tuple(form.rules.change.get(default.id, ()))
        rules.append(Rule(base, default.about, _EVERYBODY, default.people, default.place, changes, default.enabled))
    rules += [_own(name, added) for name, added in form.rules.add.items()]
    return RuleBook(tuple(rules), form.people, form.timezone)


def changed(base: RuleSettings, form: Selection) -> RuleSettings:
    """Return a rule with what the file says of it."""
    given: dict[str, Any] = {
        "when": form.when,
        "level": form.level,
        "for_s": form.hold.seconds if form.hold is not None else None,
        "for_readings": form.hold.readings if form.hold is not None else None,
        "clear": form.clear,
        "clear_for_s": form.clear_for,
        "latch": form.latch,
        "repeat_s": form.repeat,
        "between": None if form.between is None else tuple(form.between),
        "escalate": None if form.escalate is None else tuple(map(_step, form.escalate)),
        "say": None if form.say is None else {str(language): text for language, text in form.say.items()},
        "author": form.author,
        "reason": form.reason,
    }
    return replace(base, **{key: value for key, value in given.items() if value is not None})


def _own(name: str, form: DistrictAddForm) -> Rule:
    kind = load_class(form.kind)
    base = RuleSettings(id=name, kind=kind.id, when=form.when, level=form.level, devices=(), say={})
    return Rule(changed(base, form), form.about or "", form, enabled=form.enabled is not False)


def _step(form: EscalateForm) -> EscalateSettings:
    return EscalateSettings(to=form.to, after_s=form.after, when=form.when)


def _able(rule: RuleSettings, each: Subject) -> bool:
    """Tell whether a subject has every point of the conditions: elsewhere they could never be known."""
    if each.keys is None:
        return True
    texts = (rule.when, *((rule.clear,) if rule.clear else ()))
    return all(name in each.keys for text in texts for name in points(parse(text)))


def _may_hold(tree: Expression, fields: Mapping[str, Value]) -> bool:
    match tree:
        case Compare("==", Point(name), Literal(value)):
            return fields.get(name) == value
        case In(Point(name), values):
            return fields.get(name) in [each.value for each in values]
        case And(terms):
            return all(_may_hold(term, fields) for term in terms)
        case Or(terms):
            return any(_may_hold(term, fields) for term in terms)
    return True
