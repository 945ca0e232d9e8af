"""The rows of the store as the rest of the collector sees them; times are microseconds since the epoch, UTC."""

from typing import Any

from msgspec import Struct

from collector.store.alarm_records import AlertRow as AlertRow
from wire.chunk import Chunk, Content
from wire.event import Event
from wire.reading import Value

STREET = 1
"""The street that a collector without further ado serves."""


class GatewayRow(Struct, frozen=True):
    """An enrolled gateway. ``status`` is the msgpack of the last ``wire.status.Status`` that was kept, or ``None``.

    ``clock_offset_us`` is how far its wall clock was ahead of ours when it was last measured, ``clock_offset_at``.
    ``lists_version`` is of its community's plate lists, 0 while there were none.
    """

    gateway: str
    name: str
    site: str
    public_key: str
    enrolled_at: int
    revoked_at: int | None = None
    version: str = ""
    config_hash: str = ""
    inventory_at: int = 0
    seen_at: int | None = None
    status: bytes | None = None
    clock_offset_us: int | None = None
    clock_offset_at: int | None = None
    lists_version: int = 0


class PlateRow(Struct, frozen=True):
    """A plate on a list of a gateway's community, from ``since`` until ``until`` (µs); ``by`` wrote it ``at``."""

    gateway: str
    kind: str
    plate: str
    since: int | None
    until: int | None
    note: str
    by: str
    at: int


class DeviceRow(Struct, frozen=True):
    """A device as the last inventory told it; ``info`` is the msgpack of its ``wire.inventory.DeviceInfo``."""

    gateway: str
    device: str
    name: str
    kind: str
    place: str
    info: bytes


class LatestRow(Struct, frozen=True):
    """The newest reading of one point; ``received_at`` is when it was stored here."""

    gateway: str
    device: str
    key: str
    at: int
    value: float | None
    text: str | None
    quality: int
    received_at: int


class SeriesRow(Struct, frozen=True):
    """One stored point of a device."""

    series_id: int
    key: str
    unit: str
    kind: str


class CommandRow(Struct, frozen=True):
    """One command with its signed form and what came of it; ``reported`` tells a gateway's word from our conclusion.

    Where a rule of the gateway asked for it, ``alert`` is our id of its alert, ``by`` is ``rule:`` and the rule's id,
    and nothing was signed.
    """

    id: str
    gateway: str
    device: str
    name: str
    args: dict[str, Value]
    reason: str
    by: str
    issued_at: int
    expires_at: int
    payload: bytes
    signature: bytes
    state: str = "queued"
    sent_at: int | None = None
    reported: bool = False
    outcome_at: int | None = None
    outcome_reason: str = ""
    outcome_detail: str = ""
    readback: dict[str, Value] = {}
    alert: str = ""


class PersonRow(Struct, frozen=True):
    """A person who may log in; ``role`` is admin, operator, viewer, or manager of the ``community`` of that gateway."""

    name: str
    password_hash: str
    role: str
    created_at: int
    community: str = ""


class SessionRow(Struct, frozen=True):
    """A login: only the hash of its token is kept."""

    token_hash: str
    person: str
    created_at: int
    seen_at: int
    address: str


class LockRow(Struct, frozen=True):
    """Failed logins of one name, whether or not it exists."""

    name: str
    failures: int
    last_at: int
    locked_until: int


class EnrolmentRow(Struct, frozen=True):
    """A one-time code, by its hash."""

    code_hash: str
    gateway: str
    name: str
    created_at: int
    created_by: str
    expires_at: int
    used_at: int | None = None


class AuditRow(Struct, frozen=True):
    """One thing that somebody did or tried; rows are only ever added."""

    at: int
    who: str
    what: str
    target: str
    result: str
    detail: str = ""
    address: str = ""
    id: int = 0


class Judged(Struct, frozen=True):
    """A chunk that decoded: what may be stored."""

    chunk: Chunk
    content: Content


class Quarantined(Struct, frozen=True):
    """A chunk that can never be stored, with a stable ``reason`` and a sentence of ``detail``."""

    chunk: Chunk
    reason: str
    detail: str


class Moved(Struct, frozen=True):
    """Newest values of one device that an upload brought: key → (value, quality, at)."""

    device: str
    at: int
    points: dict[str, tuple[Value, int, int]]


class Ingested(Struct):
    """What one committed upload did: exact counts, and what became different for people who watch.

    Of the readings, ``corrected`` had their time put right, and ``beside`` went to the next free microsecond because
    another reading had theirs. ``forgotten`` chunks left the quarantine because there was no more room in it.
    ``events`` are those of the chunks that were new, and ``inventory`` tells that a newer one was among them.
    """

    readings: int = 0
    duplicates: int = 0
    chunks: int = 0
    again: int = 0
    rejected: int = 0
    entries: int = 0
    corrected: int = 0
    beside: int = 0
    forgotten: int = 0
    moved: list[Moved] = []
    alerts: list[AlertRow] = []
    commands: list[CommandRow] = []
    strangers: list[str] = []
    events: list[Event] = []
    inventory: bool = False


def as_row(kind: type[Any], mapping: Any) -> Any:
    """Return the ``kind`` whose fields a result row's mapping names; other columns are ignored."""
    return kind(**{name: mapping[name] for name in kind.__struct_fields__})
