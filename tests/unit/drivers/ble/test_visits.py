"""Who is visited next, on time that is only counted: limits that always hold, and waits that are always bounded."""

import heapq
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.bluetooth import Characteristic
from config.visits import stream_slots
from drivers.api import DeviceRefused, LineLost, Misconfigured, NotSupported, Round, Timeout
from drivers.ble.endings import Ended, how_ended
from drivers.ble.errors import NoSlot
from drivers.ble.rounds import turn_of
from drivers.ble.visits import LATELY_S, PARALLEL, Rank, Start, Visits, VisitTarget

LEVEL = Characteristic(service="180f", characteristic="2a19")
PULSE = Characteristic(service="180d", characteristic="2a37", how="notify")
ATTEMPT_S = 22.5
HEARD_EVERY_S = 5.0


def target(
    device: str, when: str = "every", period_s: float = 900.0, stay_s: float = 20.0, *, notes: bool = False
) -> VisitTarget:
    return VisitTarget(device, when, period_s, stay_s, (PULSE,) if notes else (LEVEL,))  # type: ignore[arg-type]


class World:
    """Lets time pass: everybody advertises, visits take as long as ``Rounds`` says, those in ``bad`` fail ``how``."""

    def __init__(self, targets: list[VisitTarget], slots: int, bad: set[str], how: Ended, rssi: dict[str, int]) -> None:
        self.targets = {one.device: one for one in targets}
        self.visits = Visits(targets, ["hci0"], slots)
        self.slots, self.bad, self.how, self.rssi = slots, bad, how, rssi
        self.running: dict[str, Start] = {}
        self.done: dict[str, list[float]] = {one.device: [] for one in targets}
        self.tried: dict[str, int] = dict.fromkeys(self.targets, 0)
        self._ends: list[tuple[float, str]] = []
        self.now = 0.0

    def live(self, seconds: float) -> None:
        end = self.now + seconds
        heard_at = self.now
        while self.now < end:
            if self.now >= heard_at:
                heard_at += HEARD_EVERY_S
                for device in self.targets:
                    if device not in self.running:
                        self.visits.heard(device, device, "hci0", self.rssi.get(device, -60), self.now)
            for start in self.visits.starts(self.now):
                self._begin(start)
            wake_at = self.visits.wake_at(self.now)
            self.now = min([heard_at, end, *(at for at, _ in self._ends[:1]), *([wake_at] if wake_at else [])])
            while self._ends and self._ends[0][0] <= self.now:
                self._end(heapq.heappop(self._ends)[1])

    def _begin(self, start: Start) -> None:
        one = self.targets[start.device]
        self.running[start.device] = start
        self.tried[start.device] += 1
        kinds = [self.targets[device].when for device in self.running]
        assert len(self.running) <= max(1, self.slots - 1)
        assert kinds.count("stream") <= stream_slots(self.slots)
        assert len(kinds) - kinds.count("stream") <= PARALLEL
        if start.device in self.bad:
            heapq.heappush(self._ends, (self.now + ATTEMPT_S, start.device))
        elif one.when != "stream":
            heapq.heappush(self._ends, (self.now + turn_of(one).busy_s, start.device))

    def _end(self, device: str) -> None:
        del self.running[device]
        ended = self.how if device in self.bad else Ended.DONE
        self.visits.finished(device, ended, self.now)
        if ended is Ended.DONE:
            self.done[device].append(self.now)


@settings(max_examples=40, deadline=None)
@given(
    good=st.lists(
        st.tuples(st.sampled_from([900.0, 1200.0, 3600.0]), st.booleans(), st.integers(-95, -40)),
        min_size=1,
        max_size=25,
    ),
    bad=st.integers(0, 8),
    streams=st.integers(0, 4),
    slots=st.integers(5, 9),
    how=st.sampled_from([Ended.ABSENT, Ended.BROKE_OFF]),
)
def test_nobody_waits_longer_than_planned(
    good: list[tuple[float, bool, int]], bad: int, streams: int, slots: int, how: Ended
) -> None:
    targets = [target(f"good-{n}", period_s=period_s, notes=notes) for n, (period_s, notes, _) in enumerate(good)]
    spoilers = [target(f"bad-{n}") for n in range(bad)]
    rssi = {f"good-{n}": rssi for n, (_, _, rssi) in enumerate(good)} | {one.device: -30 for one in spoilers}
    world = World(
        [*targets, *spoilers, *(target(f"stream-{n}", "stream") for n in range(streams))], slots,
        {one.device for one in spoilers}, how, rssi,
    )  # fmt: skip
    lanes = min(PARALLEL, slots - 1 - min(streams, stream_slots(slots)))
    round_ = Round(lanes, lanes - 1 or 2 / 3, tuple(turn_of(one) for one in targets))
    # While it is not known who is bad, each costs one attempt in any lane.
    unknown_s = (bad + 3) * ATTEMPT_S * 1.5
    world.live(2 * 3600.0)
    for one in targets:
        times = [0.0, *world.done[one.device], world.now]
        planned_s = one.period_s + round_.troubled_s + unknown_s + 2 * HEARD_EVERY_S
        assert max(later - at for at, later in pairwise(times)) <= planned_s
    for spoiler in spoilers:
        assert 2 <= world.tried[spoiler.device] <= 8 + 2 * 3600 / 900


def test_where_it_does_not_fit_everybody_is_late_alike_however_weak() -> None:
    targets = [target(f"band-{n}", period_s=20.0) for n in range(60)]
    world = World(targets, 5, set(), Ended.DONE, {f"band-{n}": -95 + n for n in range(60)})
    round_s = Round(3, 2, tuple(turn_of(one) for one in targets)).round_s
    assert round_s > 80
    world.live(1800.0)
    counts = [len(times) for times in world.done.values()]
    assert min(counts) >= 1800 / (round_s + 20) - 1
    assert max(counts) <= 1.5 * min(counts) + 1


def test_pauses_double_by_class_of_error_and_end_somewhere() -> None:
    visits = Visits([target("band", period_s=3600.0)], ["hci0"], 5)
    now, waited = 0.0, []
    for ended in [Ended.BROKE_OFF] * 12:
        visits.heard("band", "A", "hci0", -60, now)
        (start,) = visits.starts(now)
        visits.finished(start.device, ended, now)
        at = now
        while not visits.heard("band", "A", "hci0", -60, now):
            now += 1.0
        waited.append(now - at)
    assert waited == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_an_adapter_that_is_full_is_asked_for_no_more_than_it_held_and_nobody_is_blamed() -> None:
    visits = Visits([target("a"), target("b")], ["hci0"], 5)
    for device in ("a", "b"):
        visits.heard(device, device, "hci0", -60, 0.0)
    assert [start.device for start in visits.starts(0.0)] == ["a", "b"]
    visits.finished("a", Ended.NO_SLOT, 1.0)
    assert visits.starts(1.0) == []
    visits.finished("b", Ended.DONE, 2.0)
    assert [start.device for start in visits.starts(2.0)] == ["a"]


def test_an_adapter_that_holds_nothing_at_all_pauses() -> None:
    visits = Visits([target("a")], ["hci0"], 5)
    visits.heard("a", "a", "hci0", -60, 0.0)
    assert [start.device for start in visits.starts(0.0)] == ["a"]
    visits.finished("a", Ended.NO_SLOT, 1.0)
    assert visits.wake_at(1.0) == 5.0
    assert visits.starts(4.0) == []
    assert [start.device for start in visits.starts(5.0)] == ["a"]


def test_the_adapter_that_hears_it_best_and_has_room_connects() -> None:
    targets = [target(f"band-{n}") for n in range(5)]
    visits = Visits(targets, ["hci0", "hci1"], 5)
    for one in targets:
        visits.heard(one.device, one.device, "hci0", -80, 0.0)
        visits.heard(one.device, one.device, "hci1", -50, 0.0)
    visits.heard("band-0", "band-0", "hci7", -10, 0.0)
    assert [start.receiver for start in visits.starts(0.0)] == ["hci1"] * 3 + ["hci0"] * 2


def test_ranks() -> None:
    visits = Visits([target("routine"), target("late"), target("cuff", "seen")], ["hci0"], 9)
    for at in range(0, 901, 20):
        visits.heard("late", "late", "hci0", -90, float(at))
    visits.heard("routine", "routine", "hci0", -40, 901.0)
    visits.heard("cuff", "cuff", "hci0", -90, 901.0)
    visits.heard("siren", "siren", "hci0", -90, 901.0)
    visits.ask("siren")
    visits.ask("routine")
    visits.withdraw("routine")
    assert [(start.device, start.rank) for start in visits.starts(901.0)] == [
        ("siren", Rank.COMMAND),
        ("cuff", Rank.FRESH),
        ("late", Rank.OVERDUE),
        ("routine", Rank.ROUTINE),
    ]


def test_silence_ends_after_what_is_called_lately() -> None:
    visits = Visits([target("band")], ["hci0"], 5)
    visits.heard("band", "A", "hci0", None, 0.0)
    assert visits.is_near("band", LATELY_S)
    assert not visits.is_near("band", LATELY_S + 1)
    assert not visits.is_near("nobody", 0.0)
    assert visits.starts(LATELY_S + 1) == []


@pytest.mark.parametrize(
    ("error", "connected", "ended"),
    [
        (None, True, Ended.DONE),
        (NoSlot(""), False, Ended.NO_SLOT),
        (LineLost(""), False, Ended.AWAY),
        (LineLost(""), True, Ended.BROKE_OFF),
        (Timeout(""), False, Ended.ABSENT),
        (Timeout(""), True, Ended.BROKE_OFF),
        (DeviceRefused("", 0x3E), False, Ended.BROKE_OFF),
        (NotSupported(""), True, Ended.BROKE_OFF),
        (Misconfigured(""), False, Ended.BROKE_OFF),
    ],
)
def test_classes_of_error(error: Exception | None, connected: bool, ended: Ended) -> None:
    assert how_ended(error, connected=connected) is ended  # type: ignore[arg-type]
