"""What came of a command, a person's or a rule's, told truthfully: executed, refused, expired or unknown."""

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


class LocalAction(Struct, frozen=True, omit_defaults=True):
    """What a rule had the gateway do by itself, told with its outcome because nobody else knows of it: the ``alert``
    that was raised and its ``rule``, the command's ``name`` and ``args``, and when it was begun (µs).
    """

    alert: str
    rule: str
    name: str
    begun_at: int
    args: dict[str, Value] = {}


class Outcome(Struct, frozen=True, omit_defaults=True):
    """The one outcome of one command. ``reason`` is a stable word (``device_offline``,
    ``interlocked``, ``answer_lost`` ...); ``detail`` is for people; ``readback`` holds points read from
    the device afterwards. ``action`` says what it was where no collector gave the command.
    """

    command: str
    device: str
    state: OutcomeState
    at: int
    reason: str = ""
    detail: str = ""
    readback: dict[str, Value] = {}
    action: LocalAction | None = None
