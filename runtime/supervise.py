"""Keeps a program's tasks alive by name: a bad one is reported and restarted, and all stop in order by a deadline."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger

_STEADY_S = 60.0


@dataclass(frozen=True)
class _Job:
    name: str
    run: Callable[[], Awaitable[None]]
    stop_order: int


class Supervisor:
    """Runs named jobs until told to stop.

    A job that raises is logged once with its traceback, counted in ``failures`` and restarted after a backoff; its
    neighbours do not notice. The same befalls one that lets a cancellation out which nobody asked of it. A job that
    returns is done. On stop, jobs are cancelled group by group in ascending ``stop_order``; ``deadline_s`` is for all
    groups together, after which what remains is abandoned and named in the log.
    """

    def __init__(self, clock: Clock, deadline_s: float = 10.0) -> None:
        self._clock, self._deadline_s = clock, deadline_s
        self._jobs: list[_Job] = []
        self._log = get_logger("supervise")
        self.failures: defaultdict[str, int] = defaultdict(int)

    def add(self, name: str, run: Callable[[], Awaitable[None]], *, stop_order: int = 0) -> None:
        """Register a job before ``run_until``; ``ValueError`` if the name is taken."""
        if any(job.name == name for job in self._jobs):
            raise ValueError(f"there is already a task named {name}")
        self._jobs.append(_Job(name, run, stop_order))

    async def run_until(self, stop: asyncio.Event) -> None:
        """Run all jobs until ``stop`` is set, then stop them in order. Cancellation stops them the same way."""
        tasks = {job: asyncio.create_task(self._keep(job), name=job.name) for job in self._jobs}
        try:
            await stop.wait()
        finally:
            await self._stop(tasks)

    async def _keep(self, job: _Job) -> None:
        backoff = Backoff(initial_s=0.5, ceiling_s=30.0)
        while True:
            started = self._clock.monotonic()
            try:
                await job.run()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                self._failed(job)
            except Exception:  # noqa: BLE001 - the task boundary: one bad task never ends the others
                self._failed(job)
            else:
                return
            if self._clock.monotonic() - started > _STEADY_S:
                backoff.reset()
            await self._clock.sleep(backoff.next())

    def _failed(self, job: _Job) -> None:
        self.failures[job.name] += 1
        self._log.exception("task_failed", task=job.name, failures=self.failures[job.name])

    async def _stop(self, tasks: dict[_Job, asyncio.Task[None]]) -> None:
        end = self._clock.monotonic() + self._deadline_s
        for order in sorted({job.stop_order for job in tasks}):
            group = [task for job, task in tasks.items() if job.stop_order == order and not task.done()]
            for task in group:
                task.cancel()
            if group:
                await asyncio.wait(group, timeout=max(0.05, end - self._clock.monotonic()))
        stuck = [task.get_name() for task in tasks.values() if not task.done()]
        if stuck:
            self._log.error("tasks_abandoned", tasks=stuck)
