"""Builds the collector from its parts and runs it; decides nothing itself."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
from collections.abc import Generator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from collector.access.enrolment import Enrolments
from collector.access.gateways import GatewayGate
from collector.access.logins import Logins
from collector.access.passwords import Passwords
from collector.alarms.desk import AlarmDesk
from collector.alarms.tending import Tending
from collector.api.announce import Announcer
from collector.api.door import Door
from collector.api.hub import Hub
from collector.api.metrics import Metrics
from collector.api.parts import Parts
from collector.api.server import make_app
from collector.api.views import Views
from collector.commands.desk import CommandDesk
from collector.commands.key import load_or_make
from collector.commands.stream import CommandStreams
from collector.fleet.presence import Link, Presence
from collector.home import Home
from collector.ingest.service import Ingest
from collector.lists.desk import ListDesk
from collector.pictures.desk import PictureDesk
from collector.rules.rules_file import RulesFile
from collector.rules.service import DistrictRules
from collector.store import fleet
from collector.store.api import Store
from collector.store.records import AlertRow, Ingested
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from runtime.broker import Broker
from runtime.clock import Clock
from runtime.logs import get_logger
from runtime.notify import Notifier
from runtime.supervise import Supervisor
from wire.identity import public_text

if TYPE_CHECKING:
    from collector.mqtt.door import MqttDoor

_STOP_S = 8.0
_log = get_logger("collector")


class Collector:
    """A collector over an open store: the application to serve, and the jobs that go on beside it."""

    def __init__(
        self,
        home: Home,
        store: Store,
        clock: Clock,
        passwords: Passwords | None = None,
        rules_file: Path | None = None,
    ) -> None:
        key = load_or_make(home.command_key)
        name = home.name()
        hub, metrics = Hub(clock), Metrics()
        self._announcer = announcer = Announcer(hub, metrics)
        presence = Presence(store, clock, announcer.gateway)
        streams = CommandStreams(store, clock, announcer.command)
        desk = CommandDesk(store, clock, key, presence.reachable, announcer.command)
        alarms = AlarmDesk(store, clock, desk, announcer.alert, announcer.command)
        told = (announcer.alert, announcer.flood, announcer.climbed)
        tending = Tending(store, clock, presence.silent, *told, alarms.pass_on)
        announcer.connect(streams, tending.noted)
        owner, file = f"{name}@{socket.gethostname()}", RulesFile(rules_file)
        self.rules = DistrictRules(store, clock, presence, self._raised, owner=owner, file=file)
        self.parts = Parts(
            name=name,
            version=version("linli"),
            clock=clock,
            store=store,
            hub=hub,
            presence=presence,
            views=Views(store, presence),
            logins=Logins(store, clock, passwords or Passwords()),
            gate=GatewayGate(store, clock, name, presence.clock_measured),
            enrolments=Enrolments(store, clock),
            ingest=Ingest(store, clock, self._ingested),
            desk=desk,
            alarms=alarms,
            tending=tending,
            lists=ListDesk(store, clock, key),
            streams=streams,
            metrics=metrics,
            pictures=PictureDesk(store, clock, desk, streams.listens, announcer.command),
            command_key=public_text(key.public_key()),
        )
        self.app: FastAPI = make_app(self.parts)
        self._doors: list[MqttDoor] = []
        self._gauges()

    def _ingested(self, gateway: str, done: Ingested) -> None:
        self._announcer.ingested(gateway, done)
        for row in done.commands:
            self.parts.pictures.concluded(row)
        self.rules.ingested(gateway, done)

    def _raised(self, row: AlertRow) -> None:
        self._announcer.alert(row)
        self.parts.tending.noted([row])

    async def start(self) -> None:
        """Take up what was kept before."""
        self.parts.presence.restore(await self.parts.store.read(fleet.gateways))

    def listen_at(self, broker: Broker) -> None:
        """Answer gateways at an MQTT broker too; call it before ``jobs``."""
        from collector.mqtt.door import MqttDoor  # only who has a broker needs the library

        self._doors.append(door := MqttDoor(broker, self.parts))
        self.parts.metrics.gauge("broker_connected", "1 while the MQTT broker is there", lambda: float(door.connected))

    def jobs(self, supervisor: Supervisor) -> None:
        """Register the jobs that go on for ever."""
        for door in self._doors:
            supervisor.add("mqtt", door.run)
        supervisor.add("announce", partial(self._announcer.run, self.parts.views))
        supervisor.add("presence", self.parts.presence.run)
        supervisor.add("commands", self.parts.desk.run)
        supervisor.add("pictures", self.parts.pictures.run)
        supervisor.add("rules", self.rules.run)
        supervisor.add("alarms", self.parts.tending.run)
        self.parts.metrics.gauge("task_failures", "Jobs that failed", lambda: float(sum(supervisor.failures.values())))

    async def tell(self) -> None:
        """Publish what waits to be told (the job does it by itself)."""
        await self._announcer.tell(self.parts.views)

    def close_streams(self) -> None:
        """End every endless answer now, so that the server can stop."""
        self.parts.hub.close()
        self.parts.streams.close()

    def _gauges(self) -> None:
        parts = self.parts
        parts.metrics.gauge("live_pages", "Open event streams", lambda: float(len(parts.hub)))
        parts.metrics.gauge("command_streams", "Open command streams", lambda: float(len(parts.streams)))
        shelf = parts.pictures.shelf
        parts.metrics.gauge("picture_bytes", "Bytes of pictures looked at lately", lambda: float(shelf.size))
        pace = parts.ingest.pace
        parts.metrics.gauge("gateways_behind", "Gateways whose backlog is paced", lambda: float(pace.behind))
        parts.metrics.gauge("backlog_pace", "Bytes a second that the backlog gets", lambda: pace.backlog_pace)
        parts.metrics.gauge("ingest_held", "Bytes of uploads in hand", lambda: float(parts.ingest.held))
        parts.metrics.gauge("rules_ours", "1 while this collector judges the rules", lambda: float(self.rules.ours))
        parts.metrics.gauge("ingest_healthy", "1 while uploads can be stored", lambda: float(parts.ingest.healthy))
        offsets, ask = "Seconds that a gateway's clock is ahead of ours", parts.presence.clock_offsets
        parts.metrics.gauges("gateway_clock_offset_seconds", offsets, "gateway", ask)
        states, tending = "Alerts that are not closed", parts.tending
        parts.metrics.gauges("alerts", states, "state", lambda: {key: float(n) for key, n in tending.counts.items()})
        for link in Link:
            count = partial(parts.presence.count, link)
            parts.metrics.gauge(f"gateways_{link.value}", f"Gateways that are {link.value}", count)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # signals are the program's own business, not the server's
        yield


async def run(
    home: Home,
    listener: socket.socket,
    clock: Clock,
    broker: Broker | None = None,
    rules_file: Path | None = None,
) -> None:
    """Serve on ``listener``, and at ``broker``, until SIGTERM or SIGINT, then stop within ten seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = SqlStore(SqliteDialect(home.database))
    try:
        await store.open()
        collector = Collector(home, store, clock, rules_file=rules_file)
        await collector.start()
        if broker is not None:
            collector.listen_at(broker)
        await _serve(collector, listener, clock, stop)
        await collector.parts.presence.keep()
    finally:
        await store.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    _log.info("stopped")


async def _serve(collector: Collector, listener: socket.socket, clock: Clock, stop: asyncio.Event) -> None:
    notifier = Notifier()
    config = uvicorn.Config(
        collector.app,
        http=Door,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
    )
    server = _Server(config)
    supervisor = Supervisor(clock, deadline_s=3.0)
    collector.jobs(supervisor)
    supervisor.add("watchdog", partial(_watch, notifier, clock, collector.parts.store))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    serving.add_done_callback(lambda _: stop.set())
    host, port = listener.getsockname()[:2]
    _log.info("listening", address=f"http://{host}:{port}", name=collector.parts.name)
    if not ipaddress.ip_address(host).is_loopback:
        hint = "passwords and cookies can be read on the way: put a proxy with TLS in front and listen on 127.0.0.1"
        _log.warning("without_encryption", address=host, hint=hint)
    notifier.ready()
    jobs = asyncio.create_task(supervisor.run_until(stop), name="jobs")
    await stop.wait()
    notifier.stopping()
    collector.close_streams()
    server.should_exit = True
    await asyncio.wait([serving], timeout=_STOP_S)
    await jobs
    await serving


async def _watch(notifier: Notifier, clock: Clock, store: Store) -> None:
    period = notifier.watchdog_period_s()
    while period is not None:
        await store.read(fleet.gateways)
        notifier.watchdog()
        await clock.sleep(period / 3)
