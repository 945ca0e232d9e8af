"""What the console's REST API says, field by field; every time is microseconds since the epoch, UTC."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = bool | int | float | str | None
Time = Annotated[int, Field(description="microseconds since the Unix epoch, UTC")]
Typed = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""What a person typed: anything but a zero character, which no database takes in a text."""

Level = Literal["red", "orange", "yellow", "blue"]


class Shown(BaseModel):
    """What the API shows is settled once made."""

    model_config = ConfigDict(frozen=True)


class Words(Shown):
    """One text in both languages."""

    zh: str
    en: str


class Problem(Shown):
    """Why a request failed: a stable word, and a sentence for people."""

    error: str
    detail: str = ""


class LoginRequest(Shown):
    """What a person types to log in."""

    name: Typed = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=200)


class Person(Shown):
    """Somebody who may log in."""

    name: str
    role: str = Field(description="admin, operator, manager or viewer")
    community: str = Field(description="the gateway of the community that a manager has, empty for others")


class Self(Shown):
    """The collector itself."""

    name: str
    version: str


class Session(Shown):
    """Who is logged in, and to what."""

    user: Person
    collector: Self


class GatewayCounts(Shown):
    """Gateways by how lately they were heard."""

    total: int
    online: int
    late: int = Field(description="silent for more than 60 s")
    offline: int = Field(description="silent for more than 180 s")
    unknown: int = Field(description="enrolled and never heard of")


class DeviceCounts(Shown):
    """Devices by their link."""

    total: int
    online: int
    offline: int


class AlertCounts(Shown):
    """Open alerts by level, and how many of all open ones nobody has acknowledged."""

    red: int
    orange: int
    yellow: int
    blue: int
    unacknowledged: int


class Overview(Shown):
    """Everything counted once."""

    gateways: GatewayCounts
    devices: DeviceCounts
    alerts: AlertCounts
    readings_total: int = Field(description="readings ever stored")
    readings_last_minute: int
    commands_waiting: int = Field(description="commands without an outcome")
    as_of: Time


class Ledger(Shown):
    """What one gateway ever delivered, counted in the transactions that stored it."""

    entries: int = Field(description="readings, events, alert changes, outcomes, gaps and inventories stored")
    readings: int = Field(description="readings among them")
    duplicates: int = Field(description="readings that were there already although their chunk was new (expected: 0)")
    chunks: int = Field(description="chunks stored")
    again: int = Field(description="chunks that came again and were passed over")
    rejected: int = Field(description="chunks in quarantine")


class Gateway(Shown):
    """One gateway and how it is at this moment."""

    id: str
    name: str
    site: str
    state: Literal["online", "late", "offline", "unknown"]
    seen_at: Time | None
    enrolled_at: Time
    version: str
    uptime_s: float | None
    buffer_state: str = Field(description="durable, volatile or refused; empty while unknown")
    buffer_problem: str = Field(description="what is wrong with the buffer; empty when nothing is")
    pending: int | None = Field(description="entries in the gateway's buffer that are not receipted yet")
    pending_oldest_at: Time | None
    devices_total: int
    devices_online: int
    alerts_open: int
    config_hash: str
    config_problem: str = Field(description="why the newest configuration is not in effect; empty when it is")
    key_fingerprint: str
    clock: str = Field(description="synced, holdover or unsynced; empty while unknown")
    clock_source: str = Field(description="what set the gateway's clock: ntp or collector; empty for nothing")
    clock_offset_s: float | None = Field(
        description="seconds that the gateway's wall clock is ahead of the collector's"
    )
    thinned: int | None = Field(description="readings that summaries stand for, because the buffer was nearly full")
    dropped: int | None = Field(description="entries that are lost; a gap tells of each")
    quarantined: int | None = Field(description="entries that the collector rejected")
    written_per_day: int | None = Field(description="bytes that the agent writes to its card in a day")
    card_years: float | None = Field(description="the life of a card that is written so; null while unknown")


class Gateways(Shown):
    """Every gateway."""

    items: list[Gateway]
    as_of: Time


class Point(Shown):
    """One point of a device with its newest value."""

    key: str
    text: Words
    unit: str
    kind: str = Field(description="bool, int, float, enum, string or counter")
    values: list[str] = Field(description="the words of an enum")
    value_text: dict[str, Words] | None
    value: Scalar
    at: Time | None
    quality: int | None = Field(description="0 good, 1 uncertain, 2 stale, above: bad")
    quality_text: str
    late_s: float | None = Field(description="seconds from measurement to storage here")
    withheld: bool = Field(description="it tells where somebody is, and the gateway keeps it to itself")


class Argument(Shown):
    """A whole number that a command takes."""

    min: int
    max: int
    default: int


class Offer(Shown):
    """A command that the device can be asked."""

    name: str
    text: Words
    confirm: bool
    args: dict[str, Argument]


class Device(Shown):
    """One device with its newest values and what it can be asked."""

    gateway: str
    id: str
    name: str
    kind: str
    kind_text: Words
    profile: str
    place: str
    state: Literal["online", "offline", "starting", "unknown"]
    seen_at: Time | None
    error: str
    alerts_open: int
    worst_level: Level | None
    points: list[Point]
    commands: list[Offer]


class Devices(Shown):
    """Devices in the order of their gateways' files."""

    items: list[Device]
    as_of: Time


class Readings(Shown):
    """A stretch of one point in order of time; ``truncated``: older readings were left out."""

    point: str
    unit: str
    items: list[tuple[int, Scalar, int, int, int]] = Field(
        description="[at, value, quality, mark, seconds late]; mark: the sum of 1 (time corrected), 2 (clock was never "
        "set), 4 (clock in holdover); late: 0 below a minute"
    )
    summaries: list[tuple[int, int, int, float, float, float, float]] = Field(
        description="[start, seconds, n, lowest, mean, highest, last] of readings that were thinned"
    )
    truncated: bool
