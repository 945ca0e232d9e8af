"""One configuration in force: its buses, rules and pipeline; and the change from one configuration to the next."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from config.bus_settings import BusSettings
from config.settings import GatewaySettings
from drivers.api import Frame, Lang, Receives, Records
from edge_agent.account import Account
from edge_agent.account_notes import Notes
from edge_agent.actions import Actions
from edge_agent.alarms.book import AlarmBook
from edge_agent.alarms.desk import AlarmDesk
from edge_agent.buffer import Buffer
from edge_agent.devices import BusLoop
from edge_agent.flight import FlightRecorder
from edge_agent.heed import Heed, apart_from, together
from edge_agent.inventory import make_inventory
from edge_agent.line_load import asked_load
from edge_agent.link import Link
from edge_agent.notify.notifier import Notifier
from edge_agent.notify.routes import routes_of
from edge_agent.notify.ways import real_channels
from edge_agent.occurrences import NOTE, Occurrences
from edge_agent.pictures import Album
from edge_agent.pipeline import WINDOWS, Pipeline
from edge_agent.plan import SitePlan
from edge_agent.plate_lists.passages import PlateJudge
from edge_agent.sieve import MakeDriver, installed_driver
from edge_agent.timekeeper import Timekeeper
from rules.engine import RuleSet
from rules.errors import RuleStateError
from runtime.clock import Clock
from runtime.logs import get_logger
from runtime.supervise import Supervisor
from wire.reading import Batch

_STOP_S = 4.0
_LAST_POLL_S = 2.0

_log = get_logger("site")


class Site:
    """The devices of one configuration at work. Making one connects to nothing; ``run`` does, until cancelled."""

    def __init__(
        self,
        plan: SitePlan,
        gateway: str,
        buffer: Buffer,
        clock: Clock,
        make_driver: MakeDriver,
        account: Account,
        heed: Heed,
        occurrences: Occurrences,
        plates: PlateJudge,
        recorder: FlightRecorder | None = None,
        pictures: Album | None = None,
    ) -> None:
        self._recorder, self._pictures = recorder, pictures
        self.settings = settings = plan.settings
        self.plans = plan.devices
        names = {device.id: device.name for device in settings.devices}
        self.rules = RuleSet(settings.rules, names, gateway, settings.facts)
        self.heed = heed
        silent = _silent(settings)
        self.pipeline = Pipeline(
            self.plans, self.rules, buffer, clock, account, heed, occurrences, silent, plates.judged
        )
        self._account = account
        self.planned_load: dict[str, float] = {}
        self.buses = {bus.id: self._bus(bus, clock, make_driver) for bus in settings.buses}
        self._bus_of = {device.id: device.bus for device in settings.devices}
        self._clock = clock
        self.failures: dict[str, int] = {}

    def links(self) -> Iterator[Link]:
        """Yield every device's link, in the order of the configuration."""
        for device, bus in self._bus_of.items():
            yield self.buses[bus].links[device]

    def bus_of(self, device: str) -> BusLoop | None:
        """Return the bus that serves ``device``, ``None`` if there is no such device."""
        bus = self._bus_of.get(device)
        return None if bus is None else self.buses[bus]

    async def run(self, stop: asyncio.Event) -> None:
        """Poll every bus and run the rules' timers until ``stop`` is set or this is cancelled.

        What a device has been asked by then is heard and stored first, for 2 s at most; all drivers are closed
        on return.
        """
        supervisor = Supervisor(self._clock, _STOP_S)
        self.failures = supervisor.failures
        for bus in self.buses.values():
            supervisor.add(f"bus {bus.bus}", bus.run)
        supervisor.add("rules", self.pipeline.run_timers, stop_order=1)
        ended = asyncio.Event()
        self._begin()
        running = asyncio.create_task(supervisor.run_until(ended), name="site")
        try:
            await stop.wait()
        finally:
            await self._finish_polls()
            ended.set()
            try:
                await running
            finally:
                self._account.end(self._clock.monotonic())

    def _begin(self) -> None:
        now = self._clock.monotonic()
        for bus in self.buses.values():
            bus.schedule.begin(now)
        self._account.begin((bus.schedule for bus in self.buses.values()), now)

    async def _finish_polls(self) -> None:
        end = self._clock.monotonic() + _LAST_POLL_S
        for bus in self.buses.values():
            bus.finish()
        while any(bus.busy for bus in self.buses.values()) and self._clock.monotonic() < end:
            await self._clock.sleep(0.01)

    def _bus(self, bus: BusSettings, clock: Clock, make_driver: MakeDriver) -> BusLoop:
        devices = [device for device in self.settings.devices if device.bus == bus.id]
        plans = [self.plans[device.id] for device in devices]
        driver = make_driver(bus, devices, clock)
        self.planned_load[bus.id] = round(asked_load(plans, driver), 4)
        incident = None if self._recorder is None else partial(self._recorder.incident, bus.id, driver)
        return BusLoop(
            bus.id,
            plans,
            driver,
            sink=self.pipeline.feed,
            clock=clock,
            account=self._account,
            incident=incident,
            events=self.pipeline,
            pictures=self._pictures,
        )


class CurrentSite:
    """The site that runs now, and the one that replaces it after a reload. From ``remember`` on the buffer is given the
    account of what was due and is not there.
    """

    def __init__(
        self,
        plan: SitePlan,
        gateway: str,
        buffer: Buffer,
        clock: Timekeeper,
        make_driver: MakeDriver = installed_driver,
        recorder: FlightRecorder | None = None,
        pictures: Album | None = None,
    ) -> None:
        self._recorder, self.pictures = recorder, pictures
        self._notes = Notes(clock.boot)
        self._account = Account(clock, self._notes)
        self._gateway, self._buffer, self._clock, self._make_driver = gateway, buffer, clock, make_driver
        self._occurrences = Occurrences(gateway, clock)
        self.plates = PlateJudge(clock)
        self.alarms = AlarmBook(clock.now)
        self.actions = Actions(
            memory=buffer, targets=self, report=self.report, clock=clock, noticed=self.alarms.noticed
        )
        self.desk = AlarmDesk(self.alarms, buffer, self, clock)
        self.notifier = Notifier(self.alarms, buffer, clock)
        self.site = self._make(plan)
        self._next: SitePlan | None = None
        self._change = asyncio.Event()

    async def remember(self) -> None:
        """Give the rules, the account, the alarms, actions and notices back what they knew before the restart; call
        once, before ``run``.
        """
        await self._notes.read(self._buffer.note)
        self._buffer.account = self._account.take
        self._occurrences.remember(await self._buffer.note(NOTE))
        state, windows = await self._buffer.rules_state(), await self._buffer.note(WINDOWS)
        try:
            if state is not None:
                self.site.rules.restore(state, windows or b"")
        except RuleStateError as error:
            _log.error("rules_state_lost", error=str(error))
        standing = self.site.rules.open_alerts()
        await self.alarms.read(self._buffer.note)
        self.alarms.reconcile(standing, self._gateway)
        await self.notifier.remember(self._buffer.note)
        await self.actions.remember({alert.alert for alert in standing})

    @property
    def heed(self) -> Heed:
        """What follows from changes of alerts under the present configuration."""
        return self.site.heed

    def change(self, plan: SitePlan) -> None:
        """Run on ``plan`` from now on: the present buses are closed first, the rules keep their open alerts."""
        self._next = plan
        self._change.set()

    async def run(self) -> None:
        """Run the present site and each that follows it, until cancelled."""
        while True:
            await self._announce()
            await self.site.run(self._change)
            self._change.clear()
            plan, self._next = self._next, None
            if plan is not None:
                site = self._make(plan)
                changes = site.rules.inherit(self.site.rules)
                self.site = site
                await site.pipeline.store_alerts(changes)
                _log.info("configuration_applied", config=site.settings.hash)

    async def report(self, batch: Batch) -> None:
        """Take readings that came on another way than polling (what a command read back)."""
        if batch.device in self.site.plans:
            extra = partial(self._account.read, batch.device, batch.points, "extra", batch.at)
            await self.site.pipeline.feed(batch, extra)

    def driver_of(self, device: str) -> object | None:
        """Return the driver that serves ``device``, ``None`` if there is no such device."""
        bus = self.site.bus_of(device)
        return None if bus is None else bus.driver

    def telling(self, device: str, command: str) -> None:
        """Let the rules know that ``device`` is about to be told a command, as an event of that name."""
        self.site.pipeline.told(device, command)

    def frames(self, bus: str, lang: Lang) -> Sequence[Frame] | None:
        """Return what went over ``bus`` lately, ``None`` where there is no such bus or its driver keeps nothing; may be
        called from another thread.
        """
        loop = self.site.buses.get(bus)
        return loop.driver.frames(0, lang) if loop is not None and isinstance(loop.driver, Records) else None

    def is_deaf(self) -> bool:
        """Tell whether a bus on which calls for help may come hears nothing at all."""
        drivers = (bus.driver for bus in self.site.buses.values())
        return any(isinstance(driver, Receives) and bool(driver.deaf()) for driver in drivers)

    def is_online(self, device: str) -> bool:
        """Tell whether the device answers."""
        bus = self.site.bus_of(device)
        return bus is not None and bus.links[device].state == "online"

    def _make(self, plan: SitePlan) -> Site:
        settings = plan.settings
        channels = real_channels(self._gateway, settings.site.name, self, self._clock)
        silent = _silent(settings)
        self.plates.under(settings.facts.lists)
        if self.pictures is not None:
            self.pictures.follow(settings.pictures, settings.buffer)
        self._account.withheld = {one.id: one.withheld for one in plan.devices.values() if one.withheld}
        heed = together(
            apart_from(silent, self.alarms.under(settings.rules)),
            self.actions.under(
                settings.rules, {(one.id, name) for one in plan.devices.values() for name in one.signals}
            ),
            apart_from(silent, self.notifier.under(routes_of(settings), channels)),
        )
        return Site(
            plan,
            self._gateway,
            self._buffer,
            self._clock,
            self._make_driver,
            self._account,
            heed,
            self._occurrences,
            self.plates,
            self._recorder,
            self.pictures,
        )

    async def _announce(self) -> None:
        settings = self.site.settings
        if await self._buffer.inventory_hash() != settings.hash:
            await self._buffer.put_now(inventory=make_inventory(settings, self.site.plans, self._clock.now()))


def _silent(settings: GatewaySettings) -> frozenset[tuple[str, str]]:
    """Return the automations: rules, and their devices, of whose alerts nobody is told."""
    return frozenset((rule.id, device) for rule in settings.rules if not rule.record for device in rule.devices)
