"""How fast rules are judged: evaluations per second, and as a ratio to the same comparison written in plain Python."""

import gc
import time
from collections.abc import Callable

from config.expression import parse
from config.settings import RuleSettings
from config.terms import points
from rules.condition import compile_condition
from rules.engine import RuleSet
from wire.reading import Batch

ROUNDS = 5
COUNT = 200_000


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


def _line(case: str, seconds: float, bare: float) -> None:
    print(f"{case:<46}{1 / seconds:>14,.0f}{seconds * 1e9:>10.0f}{seconds / bare:>9.1f}")


def _best(run: Callable[[], None]) -> float:
    gc.disable()
    try:
        return min(_timed(run) for _ in range(ROUNDS)) / COUNT
    finally:
        gc.enable()


def _timed(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


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
