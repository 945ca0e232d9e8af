"""Keeps one bus going: opens it, asks its devices in turn, waits longer for what is lost. The only retry loop."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from drivers.api import CorruptAnswer, Driver, DriverError, LineLost, Polls, TechnicianMustAct, Tells, Timeout
from edge_agent.account import Account
from edge_agent.breaker import CEILING_S, Ration, Unit, units_of
from edge_agent.hearing import Hearing, Sink, TakesEvents, TakesPictures
from edge_agent.link import Link
from edge_agent.pace import Pace
from edge_agent.plan import DevicePlan
from edge_agent.schedule import PollSchedule, Turn, Why
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.reading import Batch, Quality, describe_quality

_TECHNICIAN_WAIT_S = 300.0

Incident: TypeAlias = Callable[[str, str], None]
"""Hears of a device that something went wrong with, and what: worth a look at what went over the line."""


class BusLoop:
    """Polls the devices of one bus, or hears them where they tell by themselves, for as long as ``run`` runs.

    Every batch goes to ``sink``. A device that fails three times in a row (at once where only a technician can help)
    is offline: said once in the log and once as a batch of ``OFFLINE`` readings. One that is silent costs its
    neighbours time, so the tries are rationed, and devices that share its address are not asked meanwhile. A lost line,
    or one where nobody answers any more, is closed and reopened. What was due and is not in a batch is told to
    ``account``; a point that turned bad and a device that went offline are told to ``incident``; what devices tell that
    happened goes to ``events``, their pictures to ``pictures``.
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
        incident: Incident | None = None,
        events: TakesEvents | None = None,
        pictures: TakesPictures | None = None,
    ) -> None:
        self.bus, self.driver = bus, driver
        now = clock.monotonic()
        units = units_of(plans)
        self.links = {plan.id: Link(plan.id, units[plan.id], Unit((plan.id,))) for plan in plans}
        self.polls = 0
        self.failures = 0
        self._keys = {plan.id: plan.keys() for plan in plans}
        self._sink, self._clock = sink, clock
        missing = _uncounted if account is None else account.passed
        self._read: Callable[[str, tuple[str, ...], str, int], None] = _uncounted if account is None else account.read
        self._incident: Incident = _uncounted if incident is None else incident
        asked = [plan for plan in plans if not plan.silence_s]
        self.schedule = PollSchedule(asked, now, missing, self._why)
        self._hearing = Hearing(
            plans, self.links, clock, owner=self, sink=sink, events=events, pictures=pictures, read=self._read
        )
        self.pace = Pace(self.schedule.shortest_s(), now)
        self._ration = Ration(now)
        self._line_open = False
        self._backoff = Backoff(0.5, CEILING_S)
        self._line_error = ""
        self._tried: set[str] = set()
        self._finishing = False
        self._polling = False
        self._log = get_logger("devices").bind(bus=bus)

    @property
    def missed(self) -> int:
        """How many polls were skipped because the bus was busy."""
        return self.schedule.missed

    @property
    def busy(self) -> bool:
        """Whether something that was just read or told has still to be stored."""
        return self._polling or self._hearing.busy

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
                    await self._serve_until_lost()
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

    async def _serve_until_lost(self) -> None:
        """Poll or listen until the line is lost (raised) or every device on it has just failed (returned)."""
        driver = self.driver
        self._tried.clear()
        for link in self.links.values():
            link.unit.retry_at = 0.0
        self.schedule.restart(self._clock.monotonic())
        self._line_open = True
        if isinstance(driver, Tells):
            await self._hearing.until_lost(driver)
        while not isinstance(driver, Polls) or not self.schedule:
            await self._clock.sleep(_TECHNICIAN_WAIT_S)
        while not self._finishing:
            wait_s = self.schedule.next_due() - self._clock.monotonic()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            self._polling = True
            try:
                await self._serve(driver, self.schedule.take(self._clock.monotonic()))
            finally:
                self._polling = False
            if self._nobody_answers():
                return

    async def _serve(self, driver: Polls, turn: Turn) -> None:
        link, asked = self.links[turn.device], self._clock.monotonic()
        if link.state != "online":
            self.schedule.pass_over(turn, asked)  # as long as the link still says why
        if link.unit.failures and (until := self._better_at(link.unit, asked)) is not None:
            self.schedule.pass_over(turn, asked)
            self.schedule.postpone(turn, until)
            return
        keys = turn.keys(asked) if link.state == "online" else None
        self.polls += 1
        try:
            batch = await driver.poll(link.device, keys)
        except LineLost:
            self.schedule.failed(turn, asked)
            raise
        except DriverError as error:
            self.schedule.failed(turn, asked)
            await self._failed(turn, link, error, f"{error.word}: {error}", asked)
        except Exception as error:  # noqa: BLE001 - one device's task boundary: a driver's bug must not stop its neighbours
            if not link.failures:
                self._log.exception("driver_bug", device=link.device)
            self.schedule.failed(turn, asked)
            await self._failed(turn, link, error, f"driver_bug: {type(error).__name__}", asked)
        else:
            answered = self._clock.monotonic()
            self.pace.busy(asked, answered)
            if link.failures or link.state != "online" or self._line_error:
                self._answered(link, answered)
            link.seen_at = batch.at
            if batch.quality or link.bad:
                self._note_bad(link, batch)
            await self._sink(batch, partial(self._served, turn, asked, answered, batch))

    def _better_at(self, unit: Unit, now: float) -> float | None:
        """Return when a unit that is silent should be asked instead of ``now``: not before it may be, and then right
        behind the others whose slots come next, which then have the longest time to pass. ``None`` when it is time.
        """
        until = self._not_before(unit, now)
        if until > now:
            return until
        unit.behind = self._anybody_else(unit) and not unit.behind
        return max(now, self.schedule.next_due()) if unit.behind else None

    def _not_before(self, unit: Unit, now: float) -> float:
        """Return when a unit that is silent may be asked: when its turn is due, and what it costs has been saved up."""
        if not self._anybody_else(unit):
            return unit.retry_at
        return max(unit.retry_at, self._ration.ready_at(now))

    def _anybody_else(self, unit: Unit) -> bool:
        """Tell whether somebody answers who would lose readings by waiting for ``unit``."""
        return any(link.state == "online" and link.unit is not unit for link in self.links.values())

    def _served(self, turn: Turn, asked: float, answered: float, batch: Batch) -> None:
        """The batch is about to be stored: its slots are served, and it may hold less or more than was due."""
        mask = self.schedule.done(turn, asked, answered)
        if mask & 1:
            self.pace.read(turn, asked)
        turn.compare(mask, batch.points)
        if turn.absent:
            self._read(batch.device, turn.absent, "no_value", batch.at)
        if turn.extra:
            self._read(batch.device, turn.extra, "extra", batch.at)

    def _note_bad(self, link: Link, batch: Batch) -> None:
        """Keep what cannot be believed of a batch, and tell of what could be until now."""
        qualities = batch.quality or (0,) * len(batch.points)
        here = dict(zip(batch.points, qualities, strict=True))
        bad = frozenset(key for key, quality in here.items() if quality >= Quality.BAD and quality != Quality.NO_VALUE)
        news = sorted(bad - link.bad)
        link.bad = bad | (link.bad - here.keys())
        if news:
            self._incident(link.device, ", ".join(f"{key} {describe_quality(here[key])}" for key in news))

    def _why(self, device: str) -> Why:
        link = self.links[device]
        if not self._line_open or link.state == "offline":
            return "offline"
        return "no_answer" if link.unit.failures else "bus_busy"

    def _answered(self, link: Link, now: float) -> None:
        if self._line_error:
            self._log.info("bus_back", was=self._line_error)
            self._line_error = ""
        if link.told:
            self._log.info("device_back", device=link.device, after_s=round(now - link.lost_mono, 1))
        self._backoff.reset()
        if link.unit.failures:
            self.schedule.hasten(link.unit.devices, now)
        link.unit.answered()
        link.own.answered()
        link.state, link.error, link.failures, link.told = "online", "", 0, False

    def answered(self, link: Link, batch: Batch | None) -> None:
        """See ``Owner.answered``."""
        if link.failures or link.state != "online" or self._line_error:
            self._answered(link, self._clock.monotonic())
        if batch is not None and (batch.quality or link.bad):
            self._note_bad(link, batch)

    async def gone(self, link: Link, why: str) -> None:
        """See ``Owner.gone``."""
        self.failures += 1
        await self._took_note(link, why, lost=True)

    async def _failed(self, turn: Turn, link: Link, error: Exception, text: str, asked: float) -> None:
        now, silent = self._clock.monotonic(), isinstance(error, Timeout | CorruptAnswer)
        self.pace.busy(asked, now)
        self.failures += 1
        breaker, at_once = link.unit if silent else link.own, isinstance(error, TechnicianMustAct)
        breaker.failed(now, min(group.period_s for group in turn.groups))
        if silent:
            self._ration.spend(now - asked, now)
        else:
            link.unit.answered()
        retry_at = now + _TECHNICIAN_WAIT_S if at_once else breaker.retry_at
        self.schedule.postpone(turn, self._not_before(breaker, now) if silent else retry_at)
        for device in breaker.devices:
            await self._took_note(self.links[device], text, lost=at_once or breaker.lost)

    async def _took_note(self, link: Link, error: str, *, lost: bool) -> None:
        self._tried.add(link.device)
        self.pace.failed(link.device)
        link.failures += 1
        link.error = error
        if lost and not link.told and not self._line_error:
            self._log.warning("device_offline", device=link.device, error=error)
            link.told = True
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
        self._incident(link.device, link.error)
        keys = self._keys[link.device]
        if keys:
            nothing, offline = (None,) * len(keys), (int(Quality.OFFLINE),) * len(keys)
            await self._sink(Batch(link.device, self._clock.now(), keys, nothing, offline), _uncounted)

    def _nobody_answers(self) -> bool:
        return len(self._tried) >= len(self._keys) and all(link.state == "offline" for link in self.links.values())


def _uncounted(*_: object) -> None:
    """Stand where nothing is counted."""
