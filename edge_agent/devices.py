"""Keeps one bus going: opens it, asks its devices in turn, waits longer for what is lost. The only retry loop."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from drivers.api import Driver, DriverError, LineLost, Polls, TechnicianMustAct
from edge_agent.account import Account
from edge_agent.plan import DevicePlan
from edge_agent.schedule import PollSchedule, Turn, Why
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.reading import Batch, Quality

_FAILURES_TO_OFFLINE = 3
_RETRY_S = 2.0
_CEILING_S = 30.0
_TECHNICIAN_WAIT_S = 300.0

LinkState = Literal["starting", "online", "offline"]

Sink: TypeAlias = Callable[[Batch, Callable[[], None]], Awaitable[None]]
"""Takes a batch, and calls the second once when the batch is about to be stored: then its slots are served."""


@dataclass(slots=True)
class Link:
    """What is known of one device's link. ``seen_at`` is its last answer (µs since the epoch, 0 never)."""

    device: str
    state: LinkState = "starting"
    seen_at: int = 0
    error: str = ""
    failures: int = 0
    told: bool = False
    lost_mono: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(_RETRY_S, _CEILING_S))


class BusLoop:
    """Polls the devices of one bus for as long as ``run`` runs.

    Every batch goes to ``sink``. A device that fails three times in a row (at once where only a technician can help)
    is offline: said once in the log and once as a batch of ``OFFLINE`` readings, then asked at a growing distance so
    that its neighbours keep their pace. A lost line, or one where nobody answers any more, is closed and reopened.
    What was due and is not in a batch is told to ``account``.
    """

    def __init__(
        self,
        bus: str,
        plans: Sequence[DevicePlan],
        driver: Driver,
        *,
        sink: Sink,
        clock: Clock,
        account: Account | None = None,
    ) -> None:
        self.bus, self.driver = bus, driver
        self.links = {plan.id: Link(plan.id) for plan in plans}
        self.polls = 0
        self.failures = 0
        self._keys = {plan.id: plan.keys() for plan in plans}
        self._sink, self._clock = sink, clock
        missing = _uncounted if account is None else account.passed
        self._read: Callable[[str, tuple[str, ...], str, int], None] = _uncounted if account is None else account.read
        self.schedule = PollSchedule(plans, clock.monotonic(), missing, self._why)
        self._line_open = False
        self._backoff = Backoff(0.5, _CEILING_S)
        self._line_error = ""
        self._tried: set[str] = set()
        self._finishing = False
        self.busy = False
        self._log = get_logger("devices").bind(bus=bus)

    @property
    def missed(self) -> int:
        """How many polls were skipped because the bus was busy."""
        return self.schedule.missed

    @property
    def settled(self) -> bool:
        """Whether every device has answered or is known to be offline."""
        return all(link.state != "starting" for link in self.links.values())

    def finish(self) -> None:
        """Begin no further poll; ``busy`` tells whether the one under way has still to be stored."""
        self._finishing = True

    async def run(self) -> None:
        """Open, poll and reopen until cancelled or told to finish; the driver is closed whatever happens."""
        try:
            while not self._finishing:
                wait_s = 0.0
                try:
                    await self.driver.open()
                    await self._poll_until_lost()
                    self._line_closed()
                except TechnicianMustAct as error:
                    wait_s = _TECHNICIAN_WAIT_S
                    await self._line_lost(error)
                except DriverError as error:
                    await self._line_lost(error)
                await self.driver.close()
                await self._clock.sleep(self._backoff.next(retry_after_s=wait_s))
        finally:
            await self.driver.close()

    async def _poll_until_lost(self) -> None:
        """Poll until the line is lost (raised) or every device on it has just failed (returned)."""
        driver = self.driver
        self._tried.clear()
        self.schedule.restart(self._clock.monotonic())
        self._line_open = True
        while not isinstance(driver, Polls) or not self.schedule:
            await self._clock.sleep(_TECHNICIAN_WAIT_S)
        while not self._finishing:
            wait_s = self.schedule.next_due() - self._clock.monotonic()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            self.busy = True
            try:
                await self._serve(driver, self.schedule.take())
            finally:
                self.busy = False
            if self._nobody_answers():
                return

    async def _serve(self, driver: Polls, turn: Turn) -> None:
        link, asked = self.links[turn.device], self._clock.monotonic()
        if link.state != "online":
            self.schedule.pass_over(turn, asked)  # as long as the link still says why
        keys = turn.keys(asked) if link.state == "online" else None
        self.polls += 1
        try:
            batch = await driver.poll(link.device, keys)
        except LineLost:
            self.schedule.failed(turn, asked)
            raise
        except DriverError as error:
            self.schedule.failed(turn, asked)
            await self._failed(turn, link, f"{error.word}: {error}", at_once=isinstance(error, TechnicianMustAct))
        except Exception as error:  # noqa: BLE001 - one device's task boundary: a driver's bug must not stop its neighbours
            if not link.failures:
                self._log.exception("driver_bug", device=link.device)
            self.schedule.failed(turn, asked)
            await self._failed(turn, link, f"driver_bug: {type(error).__name__}", at_once=False)
        else:
            if link.failures or link.state != "online" or self._line_error:
                self._answered(link)
            link.seen_at = batch.at
            await self._sink(batch, partial(self._served, turn, asked, self._clock.monotonic(), batch))

    def _served(self, turn: Turn, asked: float, answered: float, batch: Batch) -> None:
        """The batch is about to be stored: its slots are served, and it may hold less or more than was due."""
        turn.compare(self.schedule.done(turn, asked, answered), batch.points)
        if turn.absent:
            self._read(batch.device, turn.absent, "no_value", batch.at)
        if turn.extra:
            self._read(batch.device, turn.extra, "extra", batch.at)

    def _why(self, device: str) -> Why:
        return "bus_busy" if self._line_open and self.links[device].state != "offline" else "offline"

    def _answered(self, link: Link) -> None:
        if self._line_error:
            self._log.info("bus_back", was=self._line_error)
            self._line_error = ""
        if link.told:
            away_s = round(self._clock.monotonic() - link.lost_mono, 1)
            self._log.info("device_back", device=link.device, after_s=away_s)
        self._backoff.reset()
        link.backoff.reset()
        link.state, link.error, link.failures, link.told = "online", "", 0, False

    async def _failed(self, turn: Turn, link: Link, error: str, *, at_once: bool) -> None:
        self._tried.add(link.device)
        self.failures += 1
        link.failures += 1
        link.error = error
        lost = at_once or link.failures >= _FAILURES_TO_OFFLINE
        if lost and not link.told and not self._line_error:
            self._log.warning("device_offline", device=link.device, error=error)
            link.told = True
        if link.state == "offline" or lost:
            wait_s = _TECHNICIAN_WAIT_S if at_once else link.backoff.next()
        else:
            wait_s = min(_RETRY_S, min(group.period_s for group in turn.groups))
        self.schedule.postpone(turn, self._clock.monotonic() + wait_s)
        if lost and link.state != "offline":
            await self._go_offline(link)

    async def _line_lost(self, error: DriverError) -> None:
        text = f"{error.word}: {error}"
        if not self._line_error:
            self._log.warning("bus_lost", error=text)
        self._line_error = text
        self._line_closed()
        for link in self.links.values():
            link.error = text
            if link.state != "offline":
                await self._go_offline(link)

    def _line_closed(self) -> None:
        self.schedule.settle(self._clock.monotonic(), in_hand=True)
        self._line_open = False

    async def _go_offline(self, link: Link) -> None:
        link.state, link.lost_mono = "offline", self._clock.monotonic()
        keys = self._keys[link.device]
        if keys:
            nothing, offline = (None,) * len(keys), (int(Quality.OFFLINE),) * len(keys)
            await self._sink(Batch(link.device, self._clock.now(), keys, nothing, offline), _uncounted)

    def _nobody_answers(self) -> bool:
        return len(self._tried) >= len(self._keys) and all(link.state == "offline" for link in self.links.values())


def _uncounted(*_: object) -> None:
    """Stand where nothing is counted."""
