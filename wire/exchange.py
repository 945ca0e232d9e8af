"""The small answers and questions around chunks: hello, enrolment, refusals, and the frames of the command stream."""

from msgspec import Struct

from wire.command import SignedCommand


class Hello(Struct, frozen=True, omit_defaults=True):
    """The collector introduces itself to anyone: its name (the tokens' audience), protocol versions, and time (µs).

    Where it answers a status, ``lists`` is the version of the plate lists of that gateway, 0 for none.
    """

    collector: str
    protocols: tuple[int, ...]
    time: int
    lists: int = 0


class EnrolmentRequest(Struct, frozen=True, omit_defaults=True):
    """A gateway presents its one-time ``code`` and the public half of its key (``identity.public_text``)."""

    code: str
    gateway: str
    public_key: str
    version: str = ""


class Enrolled(Struct, frozen=True):
    """The collector's answer: its name and the public key of its commands, both to be pinned."""

    collector: str
    gateway: str
    command_key: str
    time: int


class Refusal(Struct, frozen=True, omit_defaults=True):
    """The body of every 4xx and 5xx: a stable word, a sentence for the log, and the collector's time (µs)."""

    error: str
    detail: str
    time: int


class Downlink(Struct, frozen=True, omit_defaults=True):
    """One frame of the command stream: the collector's time (µs), and a command unless it is a sign of life."""

    time: int
    command: SignedCommand | None = None
