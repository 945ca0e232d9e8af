"""The supervisor's promises: one bad task never ends the others, and all stop in order by the deadline."""

import asyncio

from runtime.supervise import Supervisor
from runtime.testing import FakeClock


async def run_briefly(supervisor: Supervisor, clock: FakeClock, seconds: float) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run_until(stop))
    await clock.advance(seconds)
    stop.set()
    await running


async def test_a_failing_task_is_restarted_and_its_neighbour_does_not_notice() -> None:
    clock, ticks, tries = FakeClock(), [], []

    async def good() -> None:
        while True:
            ticks.append(clock.monotonic())
            await clock.sleep(1)

    async def bad() -> None:
        tries.append(clock.monotonic())
        raise RuntimeError("a bug in a driver")

    supervisor = Supervisor(clock)
    supervisor.add("good", good)
    supervisor.add("bad", bad)
    await run_briefly(supervisor, clock, 60)
    assert len(ticks) == 61
    assert len(tries) > 3
    assert supervisor.failures == {"bad": len(tries)}


async def test_a_cancellation_that_nobody_asked_for_is_a_failure_like_any_other() -> None:
    clock, tries = FakeClock(), []

    async def awaits_what_a_library_cancelled() -> None:
        tries.append(clock.monotonic())
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    supervisor = Supervisor(clock)
    supervisor.add("bus", awaits_what_a_library_cancelled)
    await run_briefly(supervisor, clock, 60)
    assert len(tries) > 3
    assert supervisor.failures == {"bus": len(tries)}


async def test_tasks_stop_in_their_order() -> None:
    clock, stopped = FakeClock(), []

    def job(name: str) -> object:
        async def run() -> None:
            try:
                await clock.sleep(3600)
            finally:
                stopped.append(name)

        return run

    supervisor = Supervisor(clock)
    for order, name in ((2, "uplink"), (0, "poll"), (1, "buffer")):
        supervisor.add(name, job(name), stop_order=order)  # type: ignore[arg-type]
    await run_briefly(supervisor, clock, 1)
    assert stopped == ["poll", "buffer", "uplink"]


async def test_a_task_that_will_not_stop_is_abandoned_at_the_deadline() -> None:
    clock, release = FakeClock(), asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    supervisor = Supervisor(clock, deadline_s=0.05)
    supervisor.add("stubborn", stubborn)
    await run_briefly(supervisor, clock, 1)
    release.set()
    await asyncio.sleep(0)


async def test_a_task_that_returns_is_done() -> None:
    clock, runs = FakeClock(), []

    async def once() -> None:
        runs.append(1)

    supervisor = Supervisor(clock)
    supervisor.add("once", once)
    await run_briefly(supervisor, clock, 100)
    assert runs == [1]
