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
    this journal; ``pending`` those not yet receipted, ``quarantined`` those that the collector rejected, ``thinned``
    those that summaries stand for, ``dropped`` those lost (a gap tells of each). ``clock`` is a ``ClockState`` and
    ``clock_source`` what set it (``ntp``, ``collector`` or empty). ``written_per_day`` are the bytes that the agent
    causes to be written to its card in a day at the present pace, ``card_years`` the life of a card that is written so
    (0: not known yet). ``lists_version`` is of the collector's plate lists that are in effect (0: none), ``lists_at``
    when they came.
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
    clock: str = ""
    clock_source: str = ""
    buffer_problem: str = ""
    buffer_bytes: int = 0
    quarantined: int = 0
    thinned: int = 0
    dropped: int = 0
    written_per_day: int = 0
    card_years: float = 0.0
    lists_version: int = 0
    lists_at: int = 0
