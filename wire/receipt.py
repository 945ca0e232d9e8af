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
    and how many seconds to wait before the next upload (0: at once).
    """

    receipts: tuple[Receipt, ...]
    time: int
    wait_s: float = 0.0
