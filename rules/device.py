"""The rules of one device beside its newest readings, indexed so that a batch touches only the rules it concerns."""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

from config.expression import parse
from config.settings import RuleSettings
from config.terms import points
from rules.condition import Verdict, compile_condition
from rules.say import fields
from rules.watch import NEVER, CompiledRule, Watch
from wire.alert import Level
from wire.reading import Batch, Quality, Value

_PLANS: Final = 64
_OLDEST: Final = -NEVER

Plan = tuple[tuple[int, int], ...]


class Shape:
    """What devices under the same rules share: the rules compiled once, and a slot for each point they mention.

    ``masks[slot]`` has the bits of the rules whose conditions name the slot's point; a point that only a sentence
    names has none. Raises ``ExpressionError`` for a rule whose text is not in the language.
    """

    __slots__ = ("_plans", "masks", "rules", "slots")

    def __init__(self, rules: Sequence[RuleSettings]) -> None:
        self.slots: dict[str, int] = {}
        self.masks: list[int] = []
        self.rules = tuple(self._compiled(rule, 1 << index) for index, rule in enumerate(rules))
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, names: tuple[str, ...]) -> Plan:
        """Return ``(index in the batch, slot)`` of the points in ``names`` that matter here."""
        found = self._plans.get(names)
        if found is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            found = tuple((index, self.slots[name]) for index, name in enumerate(names) if name in self.slots)
            self._plans[names] = found
        return found

    def _compiled(self, rule: RuleSettings, bit: int) -> CompiledRule:
        when = parse(rule.when)
        clear = parse(rule.clear) if rule.clear is not None else None
        raising, clearing = points(when), points(clear) if clear is not None else ()
        for name in (*raising, *clearing):
            self.masks[self._slot(name)] |= bit
        for template in rule.say.values():
            for name in fields(template):
                self._slot(name)
        return CompiledRule(
            rule,
            compile_condition(when, self.slots),
            compile_condition(clear, self.slots) if clear is not None else None,
            raising,
            clearing or raising,
            crc32("\n".join((rule.when, rule.clear or "", rule.level, str(rule.latch))).encode()),
            Level(rule.level),
            rule.latch,
            round(rule.for_s * 1_000_000),
            round(rule.clear_for_s * 1_000_000),
        )

    def _slot(self, name: str) -> int:
        slot = self.slots.setdefault(name, len(self.slots))
        if slot == len(self.masks):
            self.masks.append(0)
        return slot


class Device:
    """One device: newest readings by slot, a watch for each rule, and when the next of their periods ends.

    ``late`` tells whether the last batch held readings older than what was known.
    """

    __slots__ = ("_times", "due", "id", "late", "missing", "name", "shape", "values", "watches")

    def __init__(self, device: str, name: str, shape: Shape) -> None:
        self.id = device
        self.name = name
        self.shape = shape
        self.values: list[Value] = [None] * len(shape.slots)
        self.missing: list[Verdict] = [None] * len(shape.slots)
        self._times = [_OLDEST] * len(shape.slots)
        self.watches = tuple(Watch(rule, device, 1 << index) for index, rule in enumerate(shape.rules))
        self.due = NEVER
        self.late = False

    def take(self, batch: Batch) -> int:
        """Remember the batch's readings; return the bits of the rules whose points changed value or usability."""
        touched = 0
        self.late = False
        at, qualities, masks = batch.at, batch.quality, self.shape.masks
        for index, slot in self.shape.plan(batch.points):
            if at < self._times[slot]:
                self.late = True
                continue
            self._times[slot] = at
            value = batch.values[index]
            missing = bool(qualities) and qualities[index] > Quality.UNCERTAIN
            if missing:
                value = None
            if value != self.values[slot] or missing is not self.missing[slot]:
                self.values[slot] = value
                self.missing[slot] = missing
                touched |= masks[slot]
        return touched

    def adopt(self, other: "Device") -> int | None:
        """Copy the newest readings of the same device under other rules; return the time (µs) of the newest, if any."""
        newest = None
        for name, slot in self.shape.slots.items():
            source = other.shape.slots.get(name)
            if source is not None and other.missing[source] is not None:
                self.values[slot] = other.values[source]
                self.missing[slot] = other.missing[source]
                self._times[slot] = other._times[source]
                newest = other._times[source] if newest is None else max(newest, other._times[source])
        return newest

    def shift(self, delta: int) -> None:
        """Follow a clock that was set by ``delta`` µs: periods keep what remains; whatever comes next is newest."""
        self._times = [_OLDEST] * len(self._times)
        for watch in self.watches:
            watch.shift(delta)
        self.schedule()

    def run_out(self, at: int) -> list[Watch]:
        """Return, earliest first, the watches whose period has ended by ``at`` (µs)."""
        return sorted((watch for watch in self.watches if watch.due <= at), key=lambda watch: watch.due)

    def shown(self, points: Sequence[str]) -> dict[str, Value]:
        """Return the newest values of ``points``; ``None`` where none is usable."""
        return {name: self.values[self.shape.slots[name]] for name in points}

    def schedule(self) -> None:
        """Work out ``due`` anew."""
        self.due = min((watch.due for watch in self.watches), default=NEVER)
