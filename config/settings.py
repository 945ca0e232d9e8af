"""The settings that a gateway runs on: what the YAML said, checked, resolved against catalogue and profiles, frozen."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from config.profile import Profile, Scalar

SERIAL_FORMAT = r"[78][NEO][12]"
"""Data bits, parity, stop bits."""


class _Frozen(BaseModel):
    # Validators are built when first used: the running agent gets its settings checked and never needs them.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class SiteSettings(_Frozen):
    """The community this gateway serves. ``code`` names the gateway to the collector."""

    code: str
    name: str
    timezone: str = "Asia/Shanghai"


class CollectorSettings(_Frozen):
    """Where the collector is. Keys come from enrolment, never from this file."""

    url: str
    timeout_s: float = 10.0


class BufferSettings(_Frozen):
    """The durable buffer: ``path`` of its file (empty: ``buffer.db`` in the agent's state folder), and how long or
    how many readings may wait for a commit.
    """

    path: str = ""
    flush_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    flush_readings: Annotated[int, Field(ge=1, le=100_000)] = 500
    max_bytes: Annotated[int, Field(ge=1_000_000)] = 512_000_000


class HealthSettings(_Frozen):
    """The local page for ``/health`` and ``/metrics``; loopback unless told otherwise. Port 0 turns it off."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9321


class ModbusTcpBus(_Frozen):
    """A Modbus TCP server or gateway. ``timeout_s`` is for one answer; ``gap_ms`` silence between requests."""

    id: str
    type: Literal["modbus-tcp"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    gap_ms: Annotated[int, Field(ge=0, le=10_000)] = 0


class ModbusRtuBus(_Frozen):
    """A serial line. ``format`` is data bits, parity (N, E, O), stop bits."""

    id: str
    type: Literal["modbus-rtu"]
    port: str
    baud: int = 9600
    format: Annotated[str, Field(pattern=f"^{SERIAL_FORMAT}$")] = "8N1"
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    gap_ms: Annotated[int, Field(ge=0, le=10_000)] = 0


BusSettings = Annotated[ModbusTcpBus | ModbusRtuBus, Field(discriminator="type")]


class DeviceSettings(_Frozen):
    """One device, resolved: its profile in hand, ``options`` checked against the profile's. ``every_s`` is the poll
    period of all its points where the file gave one, else ``None`` (each point's period from the catalogue).
    """

    id: str
    name: str
    bus: str
    unit: Annotated[int, Field(ge=0, le=255)]
    profile: Profile
    every_s: float | None = None
    place: str = ""
    options: dict[str, Scalar | dict[str, int]] = {}


class RuleSettings(_Frozen):
    """One effective rule: a catalogue default after the site's changes, or the site's own.

    ``when``/``clear`` are expressions of the rule language over the points of class ``kind``; ``for_s`` how long
    ``when`` must hold; ``clear_for_s`` how long ``clear`` must. ``devices``: ids it watches (resolved; never empty).
    ``say`` is the sentence by language with ``{name}`` and point keys in braces.
    """

    id: str
    kind: str
    when: str
    level: Literal["red", "orange", "yellow", "blue"]
    for_s: float = 0.0
    clear: str | None = None
    clear_for_s: float = 0.0
    latch: bool = False
    devices: tuple[str, ...]
    say: dict[str, str]


class GatewaySettings(_Frozen):
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
    secrets: dict[str, SecretStr] = {}
