"""While history is behind, the newest state of every point goes ahead of it: the console is right within seconds."""

from edge_agent.buffer import Buffer
from edge_agent.uplink.chunks import Sender
from edge_agent.uplink.link import Link
from edge_agent.uplink.waiting import pause
from runtime.clock import Clock

PERIOD_S = 5.0
"""Most often that the state is taken."""

BEHIND_S = 15.0
"""So long history may be on its way before the state goes ahead of it."""


class NewestState:
    """Asks the buffer for a state chunk when it makes sense; ``history`` is the sender that may be behind."""

    def __init__(self, link: Link, buffer: Buffer, history: Sender, clock: Clock) -> None:
        self._link, self._buffer, self._history, self._clock = link, buffer, history, clock

    async def run(self) -> None:
        """Look every ``PERIOD_S``, and at once when the collector was found again; endless."""
        found = True  # a start is a return: what an earlier run left may have to wait its turn
        while True:
            await self._link.back()
            self._link.news.clear()
            if found or self._history.behind_s >= BEHIND_S:
                await self._buffer.put_state()
            await pause(self._clock, PERIOD_S, self._link.news)
            found = self._link.news.is_set()
