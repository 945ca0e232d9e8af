"""Tells the live page what changed: readings at once, what needs names looked up in a task of its own."""

import asyncio
from collections.abc import Callable

from collector.api.hub import Hub
from collector.api.metrics import Metrics
from collector.api.persons import flood_without_persons, without_persons
from collector.api.views import Views
from collector.commands.stream import CommandStreams
from collector.store.errors import StoreError
from collector.store.records import AlertRow, CommandRow, Ingested


class Announcer:
    """Collects what to tell; ``run`` tells it. A gateway that is to be told twice is told once."""

    def __init__(self, hub: Hub, metrics: Metrics) -> None:
        self._hub, self._metrics = hub, metrics
        self._rows: list[AlertRow | CommandRow] = []
        self._gateways: dict[str, None] = {}
        self._something = asyncio.Event()
        self._floods: dict[str, None] = {}
        self._streams: CommandStreams | None = None
        self._noted: Callable[[list[AlertRow]], None] = lambda rows: None

    def connect(self, streams: CommandStreams, noted: Callable[[list[AlertRow]], None]) -> None:
        """Say which streams to wake when a command is queued, and who is to know at once which alerts came."""
        self._streams, self._noted = streams, noted

    def ingested(self, gateway: str, done: Ingested) -> None:
        """Tell what an upload brought."""
        self._metrics.ingested(done)
        for moved in done.moved:
            payload = {"gateway": gateway, "device": moved.device, "at": moved.at, "points": moved.points}
            self._hub.publish("readings", payload)
        self._rows += [*done.alerts, *done.commands]
        self._noted(done.alerts)
        if done.alerts or done.inventory:
            self._gateways[gateway] = None
        self._something.set()

    def alert(self, row: AlertRow) -> None:
        """Tell that an alert is different."""
        self._rows.append(row)
        self._noted([row])
        self._gateways[row.gateway] = None
        self._something.set()

    def climbed(self, row: AlertRow) -> None:
        """Count that an alert waited too long."""
        self._metrics.escalated(row.level)

    def flood(self, number: str) -> None:
        """Tell of a new flood, once; which alerts it has is told with them."""
        self._floods[number] = None
        self._metrics.floods.inc()
        self._something.set()

    def command(self, row: CommandRow) -> None:
        """Tell that a command has a new state; a queued one wakes its gateway's stream."""
        self._rows.append(row)
        self._something.set()
        if row.state == "queued" and self._streams is not None:
            self._streams.wake(row.gateway)

    def gateway(self, name: str) -> None:
        """Tell how a gateway is now."""
        self._gateways[name] = None
        self._something.set()

    async def tell(self, views: Views) -> None:
        """Publish everything collected so far; what could not be looked up (``StoreError``) is told next time."""
        self._something.clear()
        rows, names, numbers = self._rows, self._gateways, self._floods
        self._rows, self._gateways, self._floods = [], {}, {}
        try:
            alerts = await views.alerts([row for row in rows if isinstance(row, AlertRow)]) if rows else []
            commands = await views.commands([row for row in rows if isinstance(row, CommandRow)]) if rows else []
            gateways = await views.gateways(names) if names else []
            floods = await views.floods(numbers) if numbers else []
        except StoreError:
            self._rows, self._gateways = rows + self._rows, names | self._gateways
            self._floods = numbers | self._floods
            self._something.set()
            raise
        for alert in alerts:
            self._hub.publish("alert", alert.model_dump(), without_persons(alert).model_dump())
        for flood in floods:
            self._hub.publish("flood", flood.model_dump(), flood_without_persons(flood).model_dump())
        for command in commands:
            self._hub.publish("command", command.model_dump())
        for gateway in gateways:
            self._hub.publish("gateway", gateway.model_dump())

    async def run(self, views: Views) -> None:
        """Publish whenever there is something, for ever."""
        while True:
            await self._something.wait()
            await self.tell(views)
