"""Holds what the buffer stored against what the pretend devices say they answered, minute by minute."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose

from edge_agent.plan import DevicePlan
from tests.soak.witness import PLACES, Shown
from wire.chunk import Content
from wire.reading import Batch, Quality

_LATER_US = 8_000_000
"""A batch is dated by its first answer; the others of the same poll follow within this time."""

_AFTER_S = 10.0
"""So long after a fault an answer may still be one that nobody waited for any more."""

_KEPT_FAULTS = 20

Spells = Mapping[str, Sequence[tuple[float, float, str]]]


@dataclass
class Oracle:
    """``wrong`` are sentences about readings that no device gave and answers that nobody stored; empty is right.

    ``due`` is the account's other side: rows and misses of each point, which in the end are its slots.
    """

    plans: Mapping[str, DevicePlan]
    told: Mapping[str, deque[Shown]]
    wrong: list[str] = field(default_factory=list)
    readings: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    alerts: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    due: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, contents: Iterable[Content]) -> None:
        """Judge stored chunks."""
        for content in contents:
            self.alerts += len(content.alerts)
            for batch in content.batches:
                self._judge(batch)
            for line in content.missed:
                self.missed[line.reason] += line.count * len(line.points)
                for key in line.points:
                    self.due[line.device, key] += -line.count if line.reason == "extra" else line.count

    def forget(self, until_us: int, begun_us: int, spells: Spells) -> None:
        """Judge the answers before ``until_us``, which are stored by now if ever, and let them go."""
        for device, answers in self._alone():
            faults = spells.get(self.plans[device].bus, ())[-_KEPT_FAULTS:]
            while answers and answers[0].at < until_us:
                shown = answers.popleft()
                if not shown.used and not _troubled((shown.at - begun_us) / 1e6, faults):
                    self._complain(f"{device}: answered at {shown.at} and nothing was stored")
        for answers in self.told.values():
            while answers and answers[0].at < until_us:
                answers.popleft()

    def account(self, begin_s: float, end_s: float) -> None:
        """Hold the account against the slots between these times; the last one may be open still."""
        for device, plan in self.plans.items():
            for point in plan.points:
                slots = (end_s - begin_s) / point.period_s
                if not slots - 1 <= self.due[device, point.key] <= slots + 1:
                    self._complain(f"{device} {point.key}: {self.due[device, point.key]} accounted for of {slots:.1f}")

    def _alone(self) -> Iterable[tuple[str, deque[Shown]]]:
        """Yield the devices whose every answer is a reading: not those that are stored when they change."""
        return ((name, self.told[name]) for name, plan in self.plans.items() if not plan.points[0].on_change)

    def _judge(self, batch: Batch) -> None:
        for key, value, quality in zip(
            batch.points, batch.values, batch.quality or (0,) * len(batch.points), strict=True
        ):
            self.due[batch.device, key] += quality != Quality.OFFLINE
            if quality >= Quality.BAD and value is None:
                self.bad[Quality(quality).name if quality < 64 else "EXCEPTION"] += 1
                continue
            self.readings += 1
            if not self._was_shown(batch, key, value):
                self._complain(f"{batch.device} {key}: {value!r} of {batch.at} was never answered")

    def _was_shown(self, batch: Batch, key: str, value: object) -> bool:
        place = PLACES[batch.device][key]
        for shown in self.told[batch.device]:
            if batch.at <= shown.at <= batch.at + _LATER_US:
                said = shown.value(key, place)
                if said == value or (isinstance(said, float) and isinstance(value, float) and _same(said, value)):
                    shown.used = True
                    return True
            elif shown.at > batch.at:
                break
        return False

    def _complain(self, sentence: str) -> None:
        self.wrong.append(sentence)


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-6, abs_tol=0.051)


def _troubled(at_s: float, faults: Sequence[tuple[float, float, str]]) -> bool:
    return any(begin - _AFTER_S <= at_s <= end + _AFTER_S for begin, end, _ in faults)
