"""What the doors are lent by ``app``: the collector's parts, found on each request."""

from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from collector.access.enrolment import Enrolments
from collector.access.gateways import GatewayGate
from collector.access.logins import Logins
from collector.alarms.desk import AlarmDesk
from collector.alarms.tending import Tending
from collector.api.hub import Hub
from collector.api.metrics import Metrics
from collector.api.views import Views
from collector.commands.desk import CommandDesk
from collector.commands.stream import CommandStreams
from collector.fleet.presence import Presence
from collector.ingest.service import Ingest
from collector.lists.desk import ListDesk
from collector.pictures.desk import PictureDesk
from collector.store.api import Store
from runtime.clock import Clock

STATIC = Path(__file__).parent.parent / "console" / "static"
"""Where the built console lies."""


@dataclass(frozen=True)
class Parts:
    """Everything a request may need. ``command_key`` is the public half that gateways pin."""

    name: str
    version: str
    clock: Clock
    store: Store
    hub: Hub
    presence: Presence
    views: Views
    logins: Logins
    gate: GatewayGate
    enrolments: Enrolments
    ingest: Ingest
    desk: CommandDesk
    alarms: AlarmDesk
    tending: Tending
    lists: ListDesk
    streams: CommandStreams
    metrics: Metrics
    pictures: PictureDesk
    command_key: str
    static: Path = field(default=STATIC)


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves this request."""
    parts: Parts = request.app.state.parts
    return parts


def address_of(request: Request) -> str:
    """Return the address that the request came from, as far as it is known."""
    return request.client.host if request.client else ""
