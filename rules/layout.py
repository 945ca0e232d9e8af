"""What devices under the same rules share: rules compiled once, a slot for each point and term, what they wait for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zlib import crc32

from config.expression import parse
from config.settings import RuleSettings
from config.terms import (
    Absent,
    Absolute,
    And,
    Bad,
    Becomes,
    Between,
    Compare,
    Count,
    Expression,
    Happened,
    Holds,
    In,
    InList,
    Measure,
    Node,
    Not,
    Or,
    Point,
    Recent,
    Scaled,
    Setting,
    Signal,
    Span,
    Stale,
    UsualCount,
    Without,
    points,
    walk_points,
)
from rules.condition import Condition, Lists, compile_condition, strip, term_key
from rules.say import fields
from rules.terms import Term, make_term
from rules.wallclock import WallClock
from rules.watch import CompiledRule, Step
from wire.alert import Level

_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_PLANS: Final = 64

Plan = tuple[tuple[int, int], ...]


class Measuring(NamedTuple):
    """A point of a batch: where it is there, its slot, the slot that says whether it is bad, what measures it."""

    place: int
    slot: int
    bad: int | None
    terms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Want:
    """A term (by its place among the shape's terms) that is to be told of a signal; ``excuse``: it excuses."""

    term: int
    signal: Signal
    excuse: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as written, and its trees: ``when`` within its schedules, ``clear``, and each step's own condition."""

    settings: RuleSettings
    when: Expression
    clear: Expression | None
    steps: tuple[Expression | None, ...]

    def trees(self) -> Iterator[Expression]:
        """Yield every condition."""
        yield self.when
        yield from (tree for tree in (self.clear, *self.steps) if tree is not None)


def read(rule: RuleSettings) -> Rule:
    """Return a rule with its texts parsed; ``ExpressionError`` for one that is not in the language."""
    when = parse(rule.when)
    if rule.between:
        when = Between(when, tuple(_span(text) for text in rule.between))
    steps = tuple(parse(step.when) if step.when is not None else None for step in rule.escalate)
    return Rule(rule, when, parse(rule.clear) if rule.clear is not None else None, steps)


class Shape:
    """The rules of some devices, compiled, and the ``signals`` over points that such a device gives.

    ``masks[slot]`` has the bits of the rules, and above them of the signals, that the slot's value decides; a point
    that only a sentence names has none. ``counting`` are the bits of rules that count readings.
    """

    def __init__(self, rules: Sequence[Rule], signals: Sequence[Becomes | Holds], lists: Lists) -> None:
        self.slots: dict[object, int] = {}
        self.masks: list[int] = [0]
        self.names: tuple[str, ...] = ()
        self.terms: list[tuple[int, Node, str]] = []
        self.wants: list[Want] = []
        self.measured: dict[str, list[int]] = {}
        self.bad: dict[int, int] = {}
        self.counting = 0
        self.given = tuple(signals)
        self._lists = lists
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._measurings: dict[tuple[str, ...], tuple[Measuring, ...]] = {}
        self.rules = tuple(self._compiled(rule, 1 << index) for index, rule in enumerate(rules))
        self.signals = tuple(self._signal(one, 1 << (len(rules) + index)) for index, one in enumerate(signals))
        self.signal_bits = sum(1 << (len(rules) + index) for index in range(len(signals)))
        self.names = tuple(name for name in self.slots if isinstance(name, str))
        self.prints = tuple(crc32(repr(term_key(node, op)).encode()) for _, node, op in self.terms)
        self.listens = bool(self.terms or self.signals or self.counting or self.bad)

    def plan(self, names: tuple[str, ...]) -> Plan:
        """Return ``(index in the batch, slot)`` of the points in ``names`` that matter here."""
        found = self._plans.get(names)
        if found is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            found = tuple((index, self.slots[name]) for index, name in enumerate(names) if name in self.slots)
            self._plans[names] = found
        return found

    def measuring(self, names: tuple[str, ...]) -> tuple[Measuring, ...]:
        """Return which of the points in ``names`` are measured, or told bad."""
        found = self._measurings.get(names)
        if found is None:
            if len(self._measurings) >= _PLANS:
                self._measurings.clear()
            found = self._measurings[names] = tuple(
                Measuring(index, slot, self.bad.get(slot), tuple(self.measured.get(names[index], ())))
                for index, slot in self.plan(names)
                if slot in self.bad or names[index] in self.measured
            )
        return found

    def make_terms(self, clock: WallClock) -> list[Term]:
        """Return fresh terms for a device, in the order of ``terms``."""
        return [make_term(node, op, clock) for _, node, op in self.terms]

    def _compiled(self, read: Rule, bit: int) -> CompiledRule:
        rule = read.settings
        terms = len(self.terms)
        for tree in read.trees():
            self._allocate(tree, bit)
        for template in rule.say.values():
            for name in fields(template):
                self._slot(name, 0)
        raising = points(read.when)
        if rule.for_readings:
            self.counting |= bit
        condition = self._condition
        return CompiledRule(
            rule,
            condition(read.when),
            condition(read.clear) if read.clear is not None else None,
            raising,
            (points(read.clear) if read.clear is not None else ()) or raising,
            _print(rule),
            Level(rule.level),
            rule.latch,
            round(rule.for_s * 1_000_000),
            rule.for_readings,
            round(rule.clear_for_s * 1_000_000),
            round(rule.repeat_s * 1_000_000),
            tuple(
                Step(
                    Level(step.to),
                    None if step.after_s is None else round(step.after_s * 1_000_000),
                    None if tree is None else condition(tree),
                )
                for step, tree in zip(rule.escalate, read.steps, strict=True)
            ),
            tuple(range(terms, len(self.terms))),
            _call(read.when) if rule.latch else "",
        )

    def _condition(self, tree: Expression) -> Condition:
        return compile_condition(tree, self.slots, self._lists)

    def _signal(self, node: Becomes | Holds, bit: int) -> tuple[int, Condition]:
        tree = condition_of(node)
        for point in walk_points(tree):
            self._slot(point.name, bit)
        return bit, self._condition(tree)

    def _allocate(self, node: Node, bit: int, op: str = "") -> None:
        """Give every point and term in ``node`` a slot, and mark that the rule ``bit`` depends on it."""
        match node:
            case Signal():
                return
            case Point(name):
                self._slot(name, bit)
            case Compare(operator, left, right):
                self._allocate(left, bit, operator)
                self._allocate(right, bit)
            case Measure(point=point):
                slot = self._term(node, bit, op)
                if slot is not None:
                    self.measured.setdefault(point.name, []).append(slot)
                self._slot(point.name, 0)
            case Setting():
                self._slot(term_key(node), bit)
            case Bad(point):
                self.bad[self._slot(point.name, 0)] = self._slot(term_key(node), bit)
            case Count(signal=signal) | UsualCount(signal=signal) | Recent(signal=signal) | Absent(signal=signal):
                self._listen(self._term(node, bit, op), (signal,))
            case Without(signal=signal, others=others):
                self._listen(self._term(node, bit, op), (signal,), others)
            case Between(term=term):
                self._term(node, bit, op)
                self._allocate(term, bit)
            case In(left=point) | InList(left=point) | Stale(point=point):
                self._slot(point.name, bit)
            case Absolute(of):
                self._allocate(of, bit, op)
            case Scaled(factor, of):
                self._allocate(of, bit, op if factor > 0 else "")
            case Not(term):
                self._allocate(term, bit)
            case And(terms) | Or(terms):
                for each in terms:
                    self._allocate(each, bit)

    def _term(self, node: Node, bit: int, op: str) -> int | None:
        """Return the place of a new term, ``None`` where the same one is there already."""
        key = term_key(node, op)
        known = key in self.slots
        slot = self._slot(key, bit)
        if known:
            return None
        self.terms.append((slot, node, op))
        return len(self.terms) - 1

    def _listen(self, term: int | None, signals: Iterable[Signal], excuses: Iterable[Signal] = ()) -> None:
        if term is not None:
            self.wants += [Want(term, strip(signal)) for signal in signals]
            self.wants += [Want(term, strip(signal), excuse=True) for signal in excuses]

    def _slot(self, name: object, bit: int) -> int:
        slot = self.slots.setdefault(name, len(self.slots) + 1)
        if slot == len(self.masks):
            self.masks.append(0)
        self.masks[slot] |= bit
        return slot


def condition_of(signal: Becomes | Holds) -> Expression:
    """Return the condition over points whose becoming true is the signal."""
    return Compare("==", signal.point, signal.value) if isinstance(signal, Becomes) else signal.condition


def _call(when: Expression) -> str:
    """Return the event of the device itself that is all a condition asks for, at whatever hours; else nothing."""
    match when:
        case Between(term=term):
            return _call(term)
        case Recent(signal=Signal(what=Happened(event=event), scope="device")):
            return event
        case _:
            return ""


def _span(text: str) -> Span | str:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return text
    return Span(int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4]))


def _print(rule: RuleSettings) -> int:
    """Return the fingerprint of what an alert depends on."""
    parts = (rule.when, rule.clear or "", rule.level, str(rule.latch), *rule.between)
    return crc32("\n".join(parts).encode())
