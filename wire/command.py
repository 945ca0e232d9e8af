"""What people ask of a device: a command that is addressed, single-use and expiring, and the envelope that signs it."""

from msgspec import Struct

from wire.reading import Value


class Command(Struct, frozen=True, omit_defaults=True):
    """One request to one device.

    ``id`` is single-use: a gateway acts at most once on it. ``issued_at`` and ``expires_at`` are microseconds
    since the epoch by the *collector's* clock; the gateway measures that clock against its monotonic one and
    never acts after ``expires_at``. ``by`` and ``reason`` say who asked and why.
    """

    id: str
    gateway: str
    device: str
    name: str
    issued_at: int
    expires_at: int
    args: dict[str, Value] = {}
    by: str = ""
    reason: str = ""


class SignedCommand(Struct, frozen=True):
    """A command as it travels: the exact msgpack bytes of a ``Command`` and the collector's Ed25519 signature
    over ``b"linli-command-1\\0" + payload``.
    """

    payload: bytes
    signature: bytes
