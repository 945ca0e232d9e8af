"""How fast rules are judged and what they weigh: per second, beside the same comparison in plain Python, and bytes."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence

from config.expression import parse
from config.settings import RuleSettings
from config.terms import points
from rules.condition import compile_condition
from rules.engine import RuleSet
from wire.reading import Batch

ROUNDS = 7
COUNT = 50_000
WINDOWED = (
    "delta(x, 10m) >= 100",
    "max(x, 10m) > 100",
    "mean(x, 10m) > 100",
    "x > 3 * p95(x, 30d)",
    "count(x > 6, 10m) >= 100",
    "absent(x > 6, 10m)",
    "x > 3 * usual(x)",
)
MIX = (
    "x > 80",
    "x < 0",
    "x > 60 and not x > 70",
    "stale(x)",
    "absent(any, 5m)",
    *WINDOWED[:3],
    "x >= 7 between 23:00-05:00",
)
INSTANCES, READINGS_PER_S = 10_000, 5_000


def main() -> None:
    """Print a table; every line is the best of five rounds, beside the bare comparison of the same run."""
    bare = _best(_bare)
    print(f"{'case':<46}{'per second':>14}{'ns each':>10}{'x bare':>9}")
    _line("bare Python: value >= 80", bare, bare)
    for text in ("fill >= 80", "door == open and lock == locked", "not (fill >= 80 or stale(fill))", "state in (a, b)"):
        _line(f"condition: {text}", _best(_condition(text)), bare)
    _line("feed: 1 point, 1 rule, value changes", _best(_feed(1, 1, change=True)), bare)
    _line("feed: 1 point, 1 rule, value stays", _best(_feed(1, 1, change=False)), bare)
    _line("feed: 20 points, 2 rules on 2, all change", _best(_feed(20, 2, change=True)), bare)
    _line("feed: 20 points, 2 rules on 2, nothing changes", _best(_feed(20, 2, change=False)), bare)
    _line("feed: 20 points, no rule", _best(_feed(20, 0, change=True)), bare)
    _line("advance: 500 periods running, none ends", _best(_advance), bare)
    for text in WINDOWED:
        _line(f"feed: {text}", _best(_windowed(text)), bare)
    _community()


def _line(case: str, seconds: float, bare: float) -> None:
    print(f"{case:<46}{1 / seconds:>14,.0f}{seconds * 1e9:>10.0f}{seconds / bare:>9.1f}")


def _best(run: Callable[[], None]) -> float:
    gc.disable()
    try:
        return min(_timed(run) for _ in range(ROUNDS)) / COUNT
    finally:
        gc.enable()


def _timed(run: Callable[[], None]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _bare() -> None:
    values = [70.0]
    for _ in range(COUNT):
        values[0] >= 80  # noqa: B015


def _condition(text: str) -> Callable[[], None]:
    tree = parse(text)
    slots = {name: slot for slot, name in enumerate(points(tree))}
    known = {"fill": 70.0, "door": "open", "lock": "locked", "state": "c"}
    values, missing = [known[name] for name in slots], [False] * len(slots)
    judge = compile_condition(tree, slots)

    def run() -> None:
        for _ in range(COUNT):
            judge(values, missing)  # type: ignore[arg-type]

    return run


def _windowed(text: str) -> Callable[[], None]:
    devices = tuple(f"device-{index}" for index in range(100))
    rule = RuleSettings(id="r", kind="k", when=text, level="yellow", devices=devices, say={})
    batches = _readings(devices, COUNT)

    def run() -> None:
        engine = RuleSet([rule], {}, "bench")
        for batch in batches:
            engine.feed(batch)

    return run


def _readings(devices: Sequence[str], count: int) -> list[Batch]:
    """Return readings of all devices in turn, ten seconds apart for each, with values that go up and down."""
    rounds = range(count // len(devices))
    return [
        Batch(name, 10_000_000 * turn + index, ("x",), (float((7 * turn) % 13),))
        for turn in rounds
        for index, name in enumerate(devices)
    ]


def _community() -> None:
    """Say what 10,000 instances of a mix of rules cost at 5,000 readings a second, and what each weighs."""
    devices = tuple(f"device-{index}" for index in range(INSTANCES // len(MIX) + 1))
    rules = [
        RuleSettings(id=f"r{index}", kind="k", when=text, level="yellow", devices=devices, say={})
        for index, text in enumerate(MIX)
    ]
    tracemalloc.start()
    engine = RuleSet(rules, {}, "bench")
    for batch in _readings(devices, 60 * len(devices)):
        engine.feed(batch)
    gc.collect()
    weight = tracemalloc.get_traced_memory()[0] / (len(devices) * len(MIX))
    tracemalloc.stop()
    engine = RuleSet(rules, {}, "bench")
    batches = _readings(devices, 60 * len(devices))
    start = time.process_time()
    for batch in batches:
        engine.feed(batch)
    spent = time.process_time() - start
    share = spent / (len(batches) / READINGS_PER_S)
    print(f"{INSTANCES:,} instances at {READINGS_PER_S:,} readings/s: {share:.0%} of a core, {weight:,.0f} B each")


def _rules(count: int, for_s: float = 0.0) -> list[RuleSettings]:
    devices = tuple(f"device-{index}" for index in range(500))
    return [
        RuleSettings(
            id=f"r{index}", kind="k", when=f"p{index} >= 80", level="yellow", for_s=for_s, devices=devices, say={}
        )
        for index in range(count)
    ]


def _feed(points_: int, rules: int, *, change: bool) -> Callable[[], None]:
    engine = RuleSet(_rules(rules), {}, "bench")
    names = tuple(f"p{index}" for index in range(points_))
    batches = [Batch("device-1", 1, names, tuple(v + change * odd for v in range(points_))) for odd in (0, 1)]
    low, high = batches

    def run() -> None:
        for _ in range(COUNT // 2):
            engine.feed(low)
            engine.feed(high)

    return run


def _advance() -> None:
    engine = RuleSet(_rules(1, for_s=1e6), {}, "bench")
    for index in range(500):
        engine.feed(Batch(f"device-{index}", index, ("p0",), (90,)))
    for now in range(COUNT):
        engine.advance(now)


if __name__ == "__main__":
    main()
