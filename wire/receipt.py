"""The collector's answer to chunks: each is named, and only its own receipt lets it leave the gateway's buffer."""

from enum import StrEnum

from msgspec import Struct


class Fate(StrEnum):
    """``accepted``: committed (now or earlier), forget it. ``rejected``: it can never be stored, quarantine it.
    ``keep``: not stored this time, send it again later.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    KEEP = "keep"


class Receipt(Struct, frozen=True, omit_defaults=True):
    """The fate of one chunk; ``reason`` is a stable word where the fate is not ``accepted``."""

    journal: str
    lane: int
    seq: int
    fate: Fate
    reason: str = ""


class Receipts(Struct, frozen=True, omit_defaults=True):
    """The answer to one upload: a receipt for every chunk that could be told apart, the collector's time (µs),
    and how the backlog is paced: history waits ``wait_s`` seconds, then comes in uploads of at most ``credit`` bytes of
    bodies (0: as the gateway likes). Alarms and the newest state never wait.
    """

    receipts: tuple[Receipt, ...]
    time: int
    wait_s: float = 0.0
    credit: int = 0
