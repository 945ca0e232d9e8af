"""How well alarms work: how soon people answer, which rules cry wolf, what rings most, flutters or stands for days."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

FLUTTER, HOUR_US, DAY_US = 4, 3_600_000_000, 86_400_000_000
_TOP = 10


class Case(NamedTuple):
    """What of an alert is measured; times are µs. ``standing``: its condition still holds and it is not closed."""

    id: str
    gateway: str
    device: str
    rule: str
    level: str
    raised_at: int
    first_ack_at: int | None
    disposition: str
    standing: bool


class Answer(NamedTuple):
    """How soon people took note: how many they took note of, and after how many seconds."""

    acknowledged: int
    median_s: float | None
    p95_s: float | None


class RuleCount(NamedTuple):
    """How often a rule raised an alert, of how many a person said what they were, and how many of those were false."""

    rule: str
    raised: int
    disposed: int
    false: int


class Source(NamedTuple):
    """How often one rule at one device raised an alert; for ``flapping`` the most within one hour."""

    gateway: str
    device: str
    rule: str
    raised: int


class Performance(NamedTuple):
    """The alarms of a stretch of time. ``standing`` are the ids of what has stood for more than a day at its end."""

    raised: int
    levels: dict[str, int]
    answers: dict[str, Answer]
    rules: list[RuleCount]
    top: list[Source]
    flapping: list[Source]
    standing: list[str]


def measure(cases: Sequence[Case], standing: Iterable[Case], until: int) -> Performance:
    """Return the figures of ``cases``, the alerts raised in a stretch that ends ``until``; ``answers`` has a key for
    each level and ``all``. ``standing`` are alerts that stand now, whenever they were raised.
    """
    by_level = defaultdict[str, list[Case]](list)
    by_source = defaultdict[tuple[str, str, str], list[int]](list)
    for case in cases:
        by_level[case.level].append(case)
        by_source[case.gateway, case.device, case.rule].append(case.raised_at)
    answers = {"all": _answer(cases)} | {level: _answer(own) for level, own in by_level.items()}
    counted = Counter({source: len(times) for source, times in by_source.items()})
    fluttered = {source: _most_within_an_hour(times) for source, times in by_source.items()}
    flapping = [Source(*source, most) for source, most in fluttered.items() if most >= FLUTTER]
    return Performance(
        raised=len(cases),
        levels={level: len(own) for level, own in by_level.items()},
        answers=answers,
        rules=_rules(cases),
        top=[Source(*source, count) for source, count in _ordered(counted.items())[:_TOP]],
        flapping=sorted(flapping, key=lambda one: (-one.raised, one[:3]))[:_TOP],
        standing=[case.id for case in standing if case.standing and case.raised_at < until - DAY_US],
    )


def _ordered(counts: Iterable[tuple[tuple[str, str, str], int]]) -> list[tuple[tuple[str, str, str], int]]:
    return sorted(counts, key=lambda one: (-one[1], one[0]))


def _answer(cases: Iterable[Case]) -> Answer:
    waits = sorted(
        max(0, case.first_ack_at - case.raised_at) / 1_000_000 for case in cases if case.first_ack_at is not None
    )
    if not waits:
        return Answer(0, None, None)
    # nearest rank: a time that somebody really took
    return Answer(len(waits), statistics.median(waits), waits[-(-len(waits) * 95 // 100) - 1])


def _rules(cases: Iterable[Case]) -> list[RuleCount]:
    raised, disposed, false = Counter[str](), Counter[str](), Counter[str]()
    for case in cases:
        raised[case.rule] += 1
        disposed[case.rule] += bool(case.disposition)
        false[case.rule] += case.disposition == "false"
    counts = [RuleCount(rule, raised[rule], disposed[rule], false[rule]) for rule in raised]
    return sorted(counts, key=lambda one: (-one.false / max(1, one.disposed), -one.raised, one.rule))


def _most_within_an_hour(times: Iterable[int]) -> int:
    ordered = sorted(times)
    most = start = 0
    for end, at in enumerate(ordered):
        while at - ordered[start] > HOUR_US:
            start += 1
        most = max(most, end - start + 1)
    return most
