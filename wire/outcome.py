"""What came of a command, told truthfully: executed, refused, expired or unknown."""

from enum import StrEnum

from msgspec import Struct

from wire.reading import Value


class OutcomeState(StrEnum):
    """``executed``: done, and read back where the device can be asked. ``refused``: nothing was sent to the
    device. ``expired``: it arrived too late, nothing was sent. ``unknown``: it was sent and the answer was lost.
    """

    EXECUTED = "executed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True, omit_defaults=True):
    """The one outcome of one command. ``reason`` is a stable word (``replayed``, ``bad_signature``,
    ``device_offline`` ...); ``detail`` is for people; ``readback`` holds points read from the device afterwards.
    """

    command: str
    device: str
    state: OutcomeState
    at: int
    reason: str = ""
    detail: str = ""
    readback: dict[str, Value] = {}
