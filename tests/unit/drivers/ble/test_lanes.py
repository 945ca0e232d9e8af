"""A call for help overtakes readings of others, and never what its own device told before it."""

import asyncio

from drivers.api import Heard, Overrun
from drivers.ble.lanes import AT_ONCE, MOST, Lanes
from wire.event import Event
from wire.reading import Batch


def _reading(device: str, value: int) -> Batch:
    return Batch(device, 0, ("steps",), (value,))


def _call(device: str) -> Event:
    return Event("", device, "sos_pressed", 0)


async def _all(lanes: Lanes, count: int) -> list[Heard]:
    taken: list[Heard] = []
    while len(taken) < count:
        taken += await asyncio.wait_for(lanes.take(), 5)
    return taken


async def test_an_event_overtakes_others_and_takes_its_own_along() -> None:
    lanes = Lanes()
    for item in (_reading("a", 1), _reading("b", 1), _reading("b", 2), _call("b"), _reading("b", 3)):
        lanes.put(item, 0)
    assert await _all(lanes, 5) == [
        _reading("b", 1), _reading("b", 2), _call("b"), _reading("a", 1), _reading("b", 3)
    ]  # fmt: skip


async def test_who_waits_is_woken() -> None:
    lanes = Lanes()
    taking = asyncio.create_task(lanes.take())
    await asyncio.sleep(0)
    assert not taking.done()
    lanes.put(_call("a"), 0)
    assert await asyncio.wait_for(taking, 5) == [_call("a")]


async def test_the_urgent_are_taken_first_even_behind_thousands() -> None:
    lanes = Lanes()
    for number in range(MOST):
        lanes.put(_reading(f"band-{number % 200}", number), 0)
    lanes.put(_call("sos-1"), 0)
    assert await lanes.take() == [_call("sos-1")]


async def test_what_does_not_fit_is_counted() -> None:
    lanes = Lanes()
    for number in range(MOST + 3):
        lanes.put(_reading("a", number), 7 + number)
    lanes.put(_reading("b", 1), 99)
    taken = await _all(lanes, MOST + 2)
    assert {item for item in taken if isinstance(item, Overrun)} == {Overrun("a", 3, 7 + MOST), Overrun("b", 1, 99)}
    assert [item.values[0] for item in taken if isinstance(item, Batch)] == list(range(MOST))


async def test_calls_beyond_all_measure_are_counted_too() -> None:
    lanes = Lanes()
    for _ in range(MOST + 5):
        lanes.put(_call("a"), 3)
    taken = await _all(lanes, MOST + 1)
    assert taken[0] == Overrun("a", 5, 3)
    assert len(taken) == MOST + 1
    assert AT_ONCE < MOST
