"""Builds the agent's parts, runs them until told to stop, and stops them in order. Decides nothing."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from config.settings import CollectorSettings, GatewaySettings
from drivers.api import Lang
from edge_agent.alarms.counter import Counter
from edge_agent.buffer import Buffer, BufferInUse
from edge_agent.commands import Commands
from edge_agent.configuration import Configuration
from edge_agent.enrolled import EnrolledUplink
from edge_agent.flight import FRAMES, FlightRecorder
from edge_agent.health import HealthPage
from edge_agent.identity_file import FILE_NAME, Identity, IdentityFileError, load_identity
from edge_agent.parcels import Inbox
from edge_agent.pictures import Album, PictureDesk
from edge_agent.pictures.desk import is_wish
from edge_agent.pictures.folder import FOLDER
from edge_agent.plan import SitePlan
from edge_agent.plate_lists.kept import FILE_NAME as LISTS
from edge_agent.plate_lists.kept import ListKeeper
from edge_agent.report import VERSION, Report
from edge_agent.second import SecondAgent, leave_word
from edge_agent.self_alerts import SelfAlerts
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from edge_agent.uplink import Uplink, make_uplink
from runtime.clock import Clock
from runtime.logs import get_logger
from runtime.notify import Notifier
from runtime.supervise import Supervisor
from wire.chunk import Lane
from wire.command import SignedCommand
from wire.status import Status

_READY_WITHIN_S = 5.0
_STOP_S = 8.0
_STEADY_S = 5.0
_DRAIN_S = 4.0
_NO_WATCHDOG_S = 30.0
_TIMEOUT_S = 10.0

_log = get_logger("app")


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything that runs, for the wiring below only."""

    buffer: Buffer
    current: CurrentSite
    commands: Commands
    link: EnrolledUplink
    report: Report
    recorder: FlightRecorder
    album: Album
    pictures: PictureDesk


async def run_agent(configuration: Configuration, plan: SitePlan, state: Path, system: Clock) -> None:
    """Run on ``plan`` until SIGTERM or SIGINT; SIGHUP reads the file again. ``BufferInUse`` if it runs already."""
    settings, notifier, stop, reload = plan.settings, Notifier(), asyncio.Event(), asyncio.Event()
    clock = Timekeeper(system)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    file = Path(settings.buffer.path) if settings.buffer.path else state / "buffer.db"
    buffer = await _open_buffer(file, settings, clock)
    parts = await _build(configuration, plan, state, buffer, clock)
    page = _open_page(settings, parts)
    _log.info("started", version=VERSION, config=settings.hash, devices=len(settings.devices), journal=buffer.journal)

    current = parts.current
    alerts = SelfAlerts(
        parts.report.gateway, buffer, clock, steady_s=_STEADY_S, heed=lambda changes: current.heed(changes)
    )
    alerts.watch("clock_unset", lambda _: clock.unset)
    alerts.watch("notify_failing", lambda _: current.notifier.failing())
    alerts.watch("radio_deaf", lambda _: current.is_deaf())
    second = SecondAgent(file, clock)
    alerts.watch("second_agent", lambda _: second.there())
    supervisor = Supervisor(clock, _STOP_S)
    supervisor.add("ready", lambda: _ready(parts.current, notifier, clock))
    supervisor.add("watchdog", lambda: _watch(buffer, notifier, clock), stop_order=3)
    supervisor.add("reload", lambda: _reload(configuration, parts.current, reload))
    supervisor.add("commands", parts.commands.run)
    supervisor.add("actions", parts.current.actions.run)
    supervisor.add("alarms", current.desk.run, stop_order=1)
    supervisor.add("notify", current.notifier.run, stop_order=1)
    supervisor.add("counter", Counter(state, current.desk, clock, current.notifier.told).run, stop_order=1)
    supervisor.add("site", parts.current.run, stop_order=1)
    supervisor.add("buffer", buffer.run, stop_order=2)
    supervisor.add("album", parts.album.run, stop_order=2)
    supervisor.add("pictures", parts.pictures.run)
    supervisor.add("flight_recorder", parts.recorder.run, stop_order=2)
    supervisor.add("self_alerts", alerts.run, stop_order=1)
    supervisor.add("clock", lambda: clock.run(lambda fix: buffer.put_now(fixes=(fix,))), stop_order=2)
    supervisor.add("uplink", parts.link.run, stop_order=2)
    inbox = Inbox(state, lambda: _identity(state / FILE_NAME), buffer.settle, clock)
    supervisor.add("receipts", inbox.run, stop_order=2)
    try:
        await supervisor.run_until(stop)
    finally:
        notifier.stopping()
        await _finish(parts)
        if page is not None:
            page.close()
    _log.info("stopped", produced=buffer.stats.produced, pending=buffer.stats.pending)


async def _open_buffer(file: Path, settings: GatewaySettings, clock: Timekeeper) -> Buffer:
    try:
        return await Buffer.open(file, clock, settings.buffer, clock_mark=clock.mark)
    except BufferInUse:
        leave_word(file)
        raise


async def _build(
    configuration: Configuration, plan: SitePlan, state: Path, buffer: Buffer, clock: Timekeeper
) -> _Parts:
    identity_file = state / FILE_NAME
    gateway = _gateway_name(identity_file, plan.settings)
    recorder = FlightRecorder(state / FRAMES, clock)
    album = Album(state / FOLDER, clock, sure=lambda: not clock.unset)
    current = CurrentSite(plan, gateway, buffer, clock, recorder=recorder, pictures=album)
    await current.remember()
    keeper = _keeper(state, current, clock)

    def uplink_of(identity: Identity) -> Uplink:
        keeper.belong_to(identity.gateway, identity.collector)

        async def take(signed: SignedCommand) -> None:
            await commands.take(signed, identity.command_key, identity.gateway)

        return _uplink(identity, plan.settings.collector, buffer, clock, keeper, report.status, take)

    link = EnrolledUplink(identity_file, uplink_of, clock)
    pictures = PictureDesk(album, link.show, clock)
    commands = Commands(
        memory=buffer,
        targets=current,
        report=current.report,
        collector_now=link.collector_time,
        clock=clock,
        own=lambda command: pictures.told(command) if is_wish(command) else current.desk.told(command),
    )
    await commands.settle_unfinished()
    report = Report(
        gateway=lambda: gateway,
        current=current,
        buffer=buffer,
        commands=commands,
        uplink=lambda: link.uplink,
        problem=lambda: configuration.problem,
        lists=keeper,
        clock=clock,
    )
    return _Parts(buffer, current, commands, link, report, recorder, album, pictures)


def _uplink(
    identity: Identity,
    place: CollectorSettings | None,
    buffer: Buffer,
    clock: Timekeeper,
    keeper: ListKeeper,
    status: Callable[[], Status],
    take: Callable[[SignedCommand], Awaitable[None]],
) -> Uplink:
    return make_uplink(
        identity if place is None else replace(identity, url=place.url),
        buffer,
        clock,
        status=status,
        on_command=take,
        timeout_s=_TIMEOUT_S if place is None else place.timeout_s,
        heard=clock.heard,
        lists=keeper,
        before_history=lambda: clock.fix_delivered(lambda: buffer.stats.lanes[Lane.ALARM] == 0),
        **_login(place),
    )


def _keeper(state: Path, current: CurrentSite, clock: Clock) -> ListKeeper:
    """Return what keeps the collector's plate lists; those of the identity on disk are in effect."""
    keeper, identity = ListKeeper(state / LISTS, clock, current.plates.deliver), _identity(state / FILE_NAME)
    if identity is not None:
        keeper.belong_to(identity.gateway, identity.collector)
    return keeper


def _login(place: CollectorSettings | None) -> dict[str, str]:
    if place is None or place.password is None:
        return {} if place is None else {"username": place.username}
    return {"username": place.username, "password": place.password.reveal()}


def _gateway_name(identity_file: Path, settings: GatewaySettings) -> str:
    identity = _identity(identity_file)
    return settings.site.code if identity is None else identity.gateway


def _identity(identity_file: Path) -> Identity | None:
    try:
        return load_identity(identity_file)
    except IdentityFileError:
        return None


def _open_page(settings: GatewaySettings, parts: _Parts) -> HealthPage | None:
    chosen = settings.health
    if chosen.port == 0:
        return None

    def metrics() -> bytes:
        from edge_agent.metrics import render  # a megabyte, and only where somebody scrapes

        return render(parts.report.snapshot)

    def alarms(lang: Lang) -> bytes:
        from edge_agent.alarms.rows import alarm_row
        from edge_agent.alarms.screen import screen

        book = parts.current.alarms
        return screen([alarm_row(book, alarm) for alarm in book.alarms()], parts.report.gateway(), lang)

    try:
        return HealthPage(chosen.host, chosen.port, parts.report.snapshot, metrics, parts.current.frames, alarms)
    except OSError as error:
        _log.error("no_health_page", host=chosen.host, port=chosen.port, error=str(error))
        return None


async def _ready(current: CurrentSite, notifier: Notifier, clock: Clock) -> None:
    """Tell systemd when every device has answered or is known to be lost, or after 5 s."""
    end = clock.monotonic() + _READY_WITHIN_S
    while clock.monotonic() < end and not all(bus.settled for bus in current.site.buses.values()):
        await clock.sleep(0.1)
    gc.collect()
    gc.freeze()
    online = sum(link.state == "online" for link in current.site.links())
    notifier.ready()
    notifier.status(f"{online}/{len(current.site.plans)} devices online")
    _log.info("ready", online=online, devices=len(current.site.plans))


async def _watch(buffer: Buffer, notifier: Notifier, clock: Clock) -> None:
    """Tell systemd that both the event loop and the buffer's thread still get their turns."""
    period_s = notifier.watchdog_period_s() or _NO_WATCHDOG_S
    while True:
        await buffer.alive()
        notifier.watchdog()
        await clock.sleep(period_s / 3)


async def _reload(configuration: Configuration, current: CurrentSite, asked: asyncio.Event) -> None:
    while True:
        await asked.wait()
        asked.clear()
        plan = await asyncio.to_thread(configuration.again)
        if plan is None:
            continue
        old, new = current.site.settings, plan.settings
        fixed = [name for name in ("buffer", "health", "collector") if getattr(new, name) != getattr(old, name)]
        if fixed:
            _log.warning("restart_needed", changed=fixed)
        current.change(plan)


async def _finish(parts: _Parts) -> None:
    """Store what is left, offer it to the collector for a moment, close."""
    await parts.current.site.pipeline.store_alerts([])
    await parts.buffer.flush(account=True)
    uplink = parts.link.uplink
    if uplink is not None:
        await uplink.drain(_DRAIN_S)
        await uplink.close()
    await parts.buffer.close()
    await parts.album.close()
