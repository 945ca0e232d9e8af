"""How a gateway is at this moment; only the newest matters, so it is sent beside the buffer, never through it."""

from msgspec import Struct


class DeviceStatus(Struct, frozen=True, omit_defaults=True):
    """A device's link: ``state`` is ``online``, ``offline`` or ``starting``; ``seen_at`` its last (µs, 0 never)."""

    device: str
    state: str
    seen_at: int = 0
    error: str = ""


class Status(Struct, frozen=True, omit_defaults=True):
    """One gateway's heartbeat. Times are microseconds since the epoch, UTC, unless the name says seconds.

    ``buffer_state`` is ``durable``, ``volatile`` or ``refused``. ``produced`` counts entries ever made durable in
    this journal; ``pending`` those not yet receipted.
    """

    at: int
    boot: str
    version: str
    uptime_s: float
    journal: str
    buffer_state: str
    produced: int
    pending: int
    pending_oldest_at: int = 0
    config_hash: str = ""
    config_problem: str = ""
    devices: tuple[DeviceStatus, ...] = ()
