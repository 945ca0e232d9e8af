"""Finds a lost collector again: one small question after the other until one is answered, briskly but not in step.

A hello costs the collector no signature and no database, a third of a millisecond or so. While it is down nobody pays
for the questions; when it comes back each of a district's 1,000 gateways asks once or twice and is let in. With a
question every 2.5 s on average that is 400 a second at the worst, about an eighth of one core, for as long as the
newcomers last, and a gateway is back within 3.5 s. After ten minutes nobody is waiting in front of a screen: then every
3.5 s on average, 290 a second, and still back within 4.5 s. Slower would break the promise of 5 s; who cannot bear it
says so with ``Retry-After``, which is kept to.

A question on a line that swallows everything takes its whole time to fail, so the next one does not wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from edge_agent.uplink.errors import LinkError, Refused
from edge_agent.uplink.waiting import pause
from runtime.clock import Clock

FIRST_S = (0.1, 1.0)
"""How soon the first question comes, at random between the two: most losses are one broken connection."""

BRISK_S = (1.5, 3.5)
"""Between two questions of a young outage."""

STEADY_S = (2.5, 4.5)
"""Between two questions of an old one."""

YOUNG_S = 600.0
"""So long an outage is young."""

MOST_AT_ONCE = 7
"""So many questions may be unanswered; more only follow when one of them has failed."""


class Reconnect:
    """Asks ``hello`` (which raises ``LinkError``) until it succeeds or ``found`` is set. ``seed`` is for tests."""

    def __init__(
        self, hello: Callable[[], Awaitable[None]], found: asyncio.Event, clock: Clock, seed: int | None = None
    ) -> None:
        self._hello, self._found, self._clock, self._random = hello, found, clock, Random(seed)
        self._not_before = 0.0

    def leave_alone(self, seconds: float) -> None:
        """Ask nothing for so long: the peer wishes it."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    async def run(self, lost_at: float) -> None:
        """Return when ``found`` is set, by an answer or by somebody else; the outage began at ``lost_at``."""
        asked: set[asyncio.Task[None]] = set()
        due = self._clock.monotonic() + self._random.uniform(*FIRST_S)
        try:
            while not self._found.is_set():
                now = self._clock.monotonic()
                if now >= max(due, self._not_before):
                    due = now + self._random.uniform(*(BRISK_S if now - lost_at < YOUNG_S else STEADY_S))
                    if len(asked) < MOST_AT_ONCE:
                        task = asyncio.create_task(self._ask(), name="hello")
                        asked.add(task)
                        task.add_done_callback(asked.discard)
                await pause(self._clock, max(due, self._not_before) - now, self._found)
        finally:
            left = tuple(asked)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _ask(self) -> None:
        try:
            await self._hello()
        except LinkError as error:
            if isinstance(error, Refused) and error.retry_after_s:
                self.leave_alone(error.retry_after_s)
            return
        self._found.set()
