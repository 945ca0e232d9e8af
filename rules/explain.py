"""Why a rule holds or does not, term by term: what each said, since when, and what it was made of. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from config.settings import RuleSettings
from config.terms import (
    Absolute,
    And,
    Between,
    Compare,
    Expression,
    In,
    InList,
    Literal,
    Not,
    Or,
    Point,
    Quantity,
    Scaled,
    walk_events,
    walk_points,
)
from rules.condition import Condition, Lists, Verdict, compile_condition, term_key
from rules.device import Device
from rules.layout import read
from rules.watch import Phase, Watch
from rules.written import write, write_spans
from wire.event import Event
from wire.reading import Batch, Value


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest that a point said: when (µs) and with which quality."""

    at: int
    quality: int


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a condition: its ``text``, what it said and since when (µs, 0 for ever).

    ``left`` and ``right`` are the two sides of a comparison by then (``op`` between them); ``points`` the newest
    readings it rests on, ``None`` where a point was never read; ``events`` when each event it names last came. A term
    that is a span of the day is ``daily``.
    """

    text: str
    verdict: Verdict
    since: int
    op: str = ""
    left: Value = None
    right: Value = None
    points: Mapping[str, Reading | None] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Terms under ``and``, ``or`` or ``not``, and what came of them."""

    word: str
    verdict: Verdict
    parts: "tuple[Term | Joined, ...]"


Explained: TypeAlias = Term | Joined


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule on a device as of ``at`` (µs). While its condition holds, ``held_us`` of ``for_us`` have gone by since
    ``since``, or ``count`` of ``for_readings`` readings held it. ``longest_us`` is the longest that it held without an
    alert, until ``longest_end``. ``alert`` is the id of the one that stands, raised at ``raised``.
    """

    at: int
    when: Explained
    clear: Explained | None
    phase: Phase
    since: int
    held_us: int
    for_us: int
    count: int
    for_readings: int
    clear_for_us: int
    clear_since: int
    longest_us: int
    longest_end: int
    alert: str
    raised: int


class Explainer:
    """Follows one rule on one device; ``inside`` gives both as the engine has them now.

    ``heed`` is called with everything that is judged, ``look`` after each moment at which something may have changed.
    """

    def __init__(self, rule: RuleSettings, inside: Callable[[], tuple[Device, Watch]], lists: Lists) -> None:
        self._rule, self._read, self._inside, self._lists = rule, read(rule), inside, lists
        trees = [self._read.when, *([self._read.clear] if self._read.clear is not None else [])]
        slots = inside()[0].shape.slots
        self._leaves: dict[int, tuple[Condition, Expression]] = {
            id(leaf): (self._condition(leaf, slots), leaf) for tree in trees for leaf in _leaves(tree)
        }
        self._known: dict[int, tuple[Verdict, int]] = {}
        self._newest: dict[str, Reading] = {}
        self._events: dict[str, int] = {}
        self._longest = (0, 0)
        self._pending = 0

    def heed(self, one: Batch | Event) -> None:
        """Note a reading or an event, before or after it is judged."""
        if isinstance(one, Event):
            self._events[one.name] = one.at
        elif one.device == self._inside()[0].id:
            for index, point in enumerate(one.points):
                self._newest[point] = Reading(one.at, one.quality[index] if one.quality else 0)

    def look(self, at: int) -> None:
        """See what each term says at ``at`` (µs)."""
        device, watch = self._inside()
        device.values[0] = at
        for key, (condition, _) in self._leaves.items():
            verdict, before = condition(device.values, device.missing), self._known.get(key)
            if before is None or before[0] is not verdict:
                self._known[key] = (verdict, at if before is not None else 0)
        if watch.phase == Phase.PENDING:
            self._pending = watch.since
        elif self._pending:
            held = at - self._pending
            if watch.phase == Phase.IDLE and held > self._longest[0]:
                self._longest = (held, at)
            self._pending = 0

    def explain(self, at: int) -> Explanation:
        """Return how it stands at ``at`` (µs), which ``look`` has seen."""
        device, watch = self._inside()
        rule, holds = watch.rule, watch.phase != Phase.IDLE
        standing = watch.phase >= Phase.RAISED
        return Explanation(
            at,
            self._tree(self._read.when, device),
            self._tree(self._read.clear, device) if self._read.clear is not None else None,
            watch.phase,
            watch.since if holds else 0,
            (watch.raised if standing else at) - watch.since if holds else 0,
            rule.for_us,
            watch.count,
            rule.for_readings,
            rule.clear_for_us,
            watch.clear_since if watch.phase == Phase.CLEARING else 0,
            *self._longest,
            watch.alert if standing else "",
            watch.raised if standing else 0,
        )

    def _condition(self, leaf: Expression, slots: Mapping[Any, int]) -> Condition:
        if isinstance(leaf, Between):  # the span alone
            slot = slots[term_key(leaf)]
            return lambda values, missing: None if values[slot] is None else bool(values[slot])
        return compile_condition(leaf, slots, self._lists)

    def _tree(self, node: Expression, device: Device) -> Explained:
        match node:
            case And(terms):
                return _joined("and", tuple(self._tree(term, device) for term in terms))
            case Or(terms):
                return _joined("or", tuple(self._tree(term, device) for term in terms))
            case Not(term):
                inner = self._tree(term, device)
                return Joined("not", None if inner.verdict is None else not inner.verdict, (inner,))
            case Between(term, spans):
                verdict, since = self._known.get(id(node), (None, 0))
                return _joined("and", (Term(write_spans(spans), verdict, since, daily=True), self._tree(term, device)))
        return self._term(node, device)

    def _term(self, node: Expression, device: Device) -> Term:
        verdict, since = self._known.get(id(node), (None, 0))
        points = {point.name: self._newest.get(point.name) for point in walk_points(node)}
        events = {one.event: self._events.get(one.event, 0) for one in walk_events(node)}
        if isinstance(node, In | InList):
            return Term(write(node), verdict, since, "in", _figure(node.left, device), points=points)
        if not isinstance(node, Compare):
            return Term(write(node), verdict, since, points=points, events=events)
        left, right = _figure(node.left, device, node.op), _figure(node.right, device)
        return Term(write(node), verdict, since, node.op, left, right, points, events)


def _leaves(node: Expression) -> Iterator[Expression]:
    match node:
        case And(terms) | Or(terms):
            for each in terms:
                yield from _leaves(each)
        case Not(term):
            yield from _leaves(term)
        case Between(term):
            yield node
            yield from _leaves(term)
        case _:
            yield node


def _joined(word: str, parts: tuple[Explained, ...]) -> Joined:
    verdicts = [part.verdict for part in parts]
    decisive = word == "or"
    if decisive in verdicts:
        return Joined(word, decisive, parts)
    return Joined(word, None if None in verdicts else not decisive, parts)


def _figure(node: Quantity, device: Device, op: str = "") -> Value:
    match node:
        case Literal(value):
            return value
        case Point(name):
            return device.values[device.shape.slots[name]]
        case Absolute(of):
            inner = _figure(of, device, op)
            return abs(inner) if isinstance(inner, int | float) else None
        case Scaled(factor, of):
            part = _figure(of, device, op if factor > 0 else "")
            return factor * part if isinstance(part, int | float) else None
    return device.values[device.shape.slots[term_key(node, op)]]
