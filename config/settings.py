"""The settings that a gateway runs on: what the YAML said, checked, resolved against catalogue and profiles, frozen."""

from dataclasses import dataclass, field
from typing import Literal

from config.address import Scalar
from config.bus_settings import BusSettings
from config.channels import NotifySettings
from config.hidden import Secret
from config.profile import Profile


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """The community this gateway serves. ``code`` names the gateway to the collector."""

    code: str
    name: str
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class CollectorSettings:
    """Where the collector is, or the MQTT broker in front of it (``mqtt://``, ``mqtts://``), where this gateway calls
    itself ``username``. Keys come from enrolment, never from this file.
    """

    url: str
    username: str = ""
    password: Secret | None = None
    timeout_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class BufferSettings:
    """The durable buffer: ``path`` of its file (empty: ``buffer.db`` in the agent's state folder), and how long or
    how many readings may wait for a commit.

    It holds ``max_bytes`` at most and leaves ``keep_free_bytes`` of its disk free; of that room the last
    ``alarm_reserve_bytes`` are for alarms alone. What was delivered is kept for ``keep_s`` while there is room.
    ``card_endurance_bytes`` may be written to the card in its life, which
    is to last ``card_years``.
    """

    path: str = ""
    flush_s: float = 5.0
    flush_readings: int = 500
    max_bytes: int = 512_000_000
    keep_free_bytes: int = 256_000_000
    alarm_reserve_bytes: int = 16_000_000
    keep_s: float = 604_800.0
    card_endurance_bytes: int = 8_000_000_000_000
    card_years: float = 5.0


@dataclass(frozen=True, kw_only=True)
class HealthSettings:
    """The local page for ``/health`` and ``/metrics``; loopback unless told otherwise. Port 0 turns it off."""

    host: str = "127.0.0.1"
    port: int = 9321


@dataclass(frozen=True, kw_only=True)
class PrivacySettings:
    """What of people may leave the box. ``whereabouts``, where somebody is: ``local`` not at all, ``alarms`` with an
    alert that they decided, ``share`` as any reading.
    """

    whereabouts: Literal["local", "alarms", "share"] = "local"


@dataclass(frozen=True, kw_only=True)
class PicturesSettings:
    """The pictures of cameras on this box: none is kept for longer than ``keep_s`` (0: none is kept), and all of them
    together are never more than ``max_bytes``. ``personal``: they are kept as they are, masked so that neither plate
    nor face can be read (``mask``), or not at all (``drop``).
    """

    keep_s: float = 2_592_000.0
    max_bytes: int = 2_000_000_000
    personal: Literal["keep", "mask", "drop"] = "keep"

    @property
    def kept(self) -> bool:
        """Whether there are to be pictures on this box."""
        return self.keep_s > 0 and self.personal != "drop"


@dataclass(frozen=True, kw_only=True)
class DeviceSettings:
    """One device, resolved: its profile in hand, with the site's changes to its ``transport`` in place, ``options``
    checked against the profile's; ``secrets`` are the values of those options that name one. ``every_s`` is the poll
    period of all its points where the file gave one, else ``None`` (each point's period from the catalogue).
    """

    id: str
    name: str
    bus: str
    unit: int
    profile: Profile
    every_s: float | None = None
    place: str = ""
    options: dict[str, Scalar | dict[str, int]] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ActionSettings:
    """What the gateway does by itself when a rule raises an alert: ``command`` on each of ``devices``, on the one that
    raised it where there are none. ``args`` are checked; those left out take the profile's defaults.
    """

    command: str
    devices: tuple[str, ...] = ()
    args: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EscalateSettings:
    """When a standing alert becomes ``to``: ``after_s`` since it was raised, or once ``when`` holds (one of both)."""

    to: Literal["red", "orange", "yellow", "blue"]
    after_s: float | None = None
    when: str | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSettings:
    """One effective rule: a catalogue default after the site's changes, or the site's own.

    ``when``/``clear`` are expressions of the rule language over the points and events of class ``kind``; ``for_s`` how
    long ``when`` must hold, or ``for_readings`` in how many readings; ``clear_for_s`` how long ``clear`` must.
    ``between``: daily spans (``23:00-05:00``) or schedules outside of which ``when`` is false. ``devices``: ids it
    watches (resolved; never empty). ``say`` is the sentence by language with ``{name}`` and point keys in braces.
    ``actions`` are begun when it raises an alert; with ``record`` false that is all it is for, and nothing is told to
    people. ``repeat_s``: a standing alert is told again so often (0: never). ``origin`` says of each key where its
    value comes from.
    """

    id: str
    kind: str
    when: str
    level: Literal["red", "orange", "yellow", "blue"]
    for_s: float = 0.0
    for_readings: int = 0
    clear: str | None = None
    clear_for_s: float = 0.0
    latch: bool = False
    between: tuple[str, ...] = ()
    repeat_s: float = 0.0
    escalate: tuple[EscalateSettings, ...] = ()
    devices: tuple[str, ...]
    say: dict[str, str]
    actions: tuple[ActionSettings, ...] = ()
    record: bool = True
    author: str = ""
    reason: str = ""
    origin: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """When a named schedule is on: ``spans`` of minutes since midnight on ``days`` (0 Monday; of the day a span begins
    on), on public holidays or not (``holidays``), or from ``start`` to ``end`` (wall clock, ISO 8601) once.
    """

    spans: tuple[tuple[int, int], ...] = ((0, 1440),)
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    holidays: bool = True
    start: str = ""
    end: str = ""


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """A site's list, as ``file`` says: each key and from when until when it counts (µs; ``None``: without end).

    One with a ``kind`` is of number plates, written as ``wire.plates.plate_text`` writes them.
    """

    file: str = ""
    kind: Literal["white", "visitor", "black"] | None = None
    entries: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DeviceFacts:
    """What rules may know of a device beside its readings. ``gateway`` is empty where there is but one."""

    place: str = ""
    building: str = ""
    person: str = ""
    gateway: str = ""
    settings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """What rules may know of the site. ``holidays`` are ISO dates; ``devices`` by id."""

    timezone: str = "Asia/Shanghai"
    devices: dict[str, DeviceFacts] = field(default_factory=dict)
    schedules: dict[str, ScheduleSettings] = field(default_factory=dict)
    holidays: tuple[str, ...] = ()
    lists: dict[str, ListSettings] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """Everything the agent needs to run. ``hash`` is the first 12 hex digits of the file's SHA-256."""

    version: Literal[1]
    hash: str
    site: SiteSettings
    collector: CollectorSettings | None = None
    buffer: BufferSettings = BufferSettings()
    health: HealthSettings = HealthSettings()
    buses: tuple[BusSettings, ...] = ()
    devices: tuple[DeviceSettings, ...] = ()
    rules: tuple[RuleSettings, ...] = ()
    facts: SiteFacts = SiteFacts()
    privacy: PrivacySettings = PrivacySettings()
    pictures: PicturesSettings = PicturesSettings()
    notify: NotifySettings = field(default_factory=NotifySettings)
    secrets: dict[str, Secret] = field(default_factory=dict)
