"""The heartbeat: the newest status at a steady pace and on news, beside the buffer; the next one mends a lost one."""

from collections.abc import Callable

from edge_agent.uplink.api import MakeStatus
from edge_agent.uplink.errors import LinkError, Refused
from edge_agent.uplink.link import Link
from runtime.clock import Clock
from wire.codec import encode
from wire.exchange import Hello
from wire.status import Status

PATH = "status"

PERIOD_S = 15.0
"""Between two heartbeats; the collector calls a gateway late after a minute without one."""

_LOOK_S = 1.0

_News = tuple[str, str, str, int, tuple[tuple[str, str], ...]]
"""The configuration in force and what is wrong with the one on disk, the buffer's state, the version of the plate lists
in effect, and each device's link.
"""


class Heartbeat:
    """Sends what ``make_status`` says; ``lists`` is told which version of the plate lists the collector has."""

    def __init__(
        self, link: Link, make_status: MakeStatus, clock: Clock, lists: Callable[[int], None] = lambda _: None
    ) -> None:
        self._link, self._make_status, self._clock, self._lists = link, make_status, clock, lists
        self._told: _News | None = None
        self._tries = 0

    async def run(self) -> None:
        """Send one at once, then every ``PERIOD_S``, within a second of any ``_News``, and when the collector is back;
        endless.
        """
        while True:
            await self._link.back()
            asked_s = await self.beat()
            if self._tries:
                await self._link.rest(max(PERIOD_S, asked_s), self._tries)
            else:
                await self._until_news()

    async def _until_news(self) -> None:
        end = self._clock.monotonic() + PERIOD_S
        while self._clock.monotonic() < end and _news(self._make_status()) == self._told:
            await self._clock.sleep(_LOOK_S)
            if self._link.lost:
                return

    async def beat(self) -> float:
        """Send one; return how many seconds the collector asked to be left alone, 0 for none."""
        status = self._make_status()
        self._told = _news(status)
        try:
            hello, _ = await self._link.ask("status", encode(status), Hello)
        except LinkError as error:
            self._tries += 1
            self._link.failed(PATH, error)
            return (error.retry_after_s or 0.0) if isinstance(error, Refused) else 0.0
        self._tries = 0
        self._link.well(PATH)
        self._lists(hello.lists)
        return 0.0


def _news(status: Status) -> _News:
    links = tuple((one.device, one.state) for one in status.devices)
    return status.config_hash, status.config_problem, status.buffer_state, status.lists_version, links
