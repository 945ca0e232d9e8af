"""Events in the buffer: urgent ones with what they raised, routine ones among the history, none lost or misdated."""

from collections import defaultdict
from pathlib import Path

from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, alert, as_after_sigkill, batch, contents, opened
from wire.chunk import Lane
from wire.codec import unseal
from wire.event import Event


def passage(number: int, at: int = T0) -> Event:
    return Event(f"gate:door-1:{number}", "door-1", "access_granted", at, {"direction": "in"})


async def test_an_event_is_one_transaction_with_its_alert_and_the_rules_state(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        assert await buffer.put_now(events=[passage(1)], alerts=[alert(1)], rules_state=b"after")
        async with opened(as_after_sigkill(path)) as again:
            (chunk,) = await again.peek(1 << 20, 10)
            assert (chunk.lane, chunk.n) == (Lane.ALARM, 2)
            assert (unseal(chunk).events, unseal(chunk).alerts) == ((passage(1),), (alert(1),))
            assert await again.rules_state() == b"after"


async def test_routine_events_travel_with_the_readings_of_their_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        await buffer.put(passage(1))
        await buffer.put(passage(2))
        await buffer.flush()
        (chunk,) = await buffer.peek(1 << 20, 10)
        assert (chunk.lane, chunk.n) == (Lane.HISTORY, 3)
        assert unseal(chunk).events == (passage(1), passage(2))


async def test_routine_events_alone_are_committed_too_and_count_as_readings_do(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", flush_readings=10) as buffer:
        for number in range(10):
            await buffer.put(passage(number))
        await buffer.stored.wait()
        assert buffer.stats.produced == 10


async def test_ten_thousand_routine_events_are_all_there(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        for number in range(10_000):
            await buffer.put(passage(number))
        await buffer.flush()
        stored = [event.id for content in await contents(buffer) for event in content.events]
    assert stored == [passage(number).id for number in range(10_000)]


async def test_an_event_of_before_a_step_of_the_clock_is_under_the_clock_that_dated_it(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        await buffer.put(passage(1, clock.now()))
        late = passage(2, clock.now())
        clock.step_wall(3_600_000_000)
        await buffer.put(passage(3, clock.now()))
        await buffer.put(late)
        await buffer.flush()
        by_mark: defaultdict[int, list[str]] = defaultdict(list)
        for content in await contents(buffer):
            by_mark[content.clock.wall - content.clock.mono] += [event.id[-1] for event in content.events]
    assert sorted(map(sorted, by_mark.values())) == [["1", "2"], ["3"]]
