"""What came of a command, told truthfully: executed, refused, expired or unknown."""

from enum import StrEnum

from msgspec import Struct

from wire.reading import Value


class OutcomeState(StrEnum):
    """``executed``: done, and read back where the device can be asked. ``refused``: not done, by the
    gateway's decision or the device's own. ``expired``: it arrived too late, nothing was sent. ``unknown``: it may
    have been done, nobody can tell.
    """

    EXECUTED = "executed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True, omit_defaults=True):
    """The one outcome of one command. ``reason`` is a stable word (``device_offline``,
    ``interlocked``, ``answer_lost`` ...); ``detail`` is for people; ``readback`` holds points read from
    the device afterwards.
    """

    command: str
    device: str
    state: OutcomeState
    at: int
    reason: str = ""
    detail: str = ""
    readback: dict[str, Value] = {}
