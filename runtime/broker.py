"""What is said about an MQTT broker and through one, without the library that does it: address, message, failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is; with ``tls`` its certificate is checked against the system's. Empty: no name, no password."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Its address, without name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message. ``words`` are its user properties (of a repeated name the first); it is worth nothing after
    ``expiry_s``, where that is given. A ``retained`` one is kept by the broker for whoever comes later. Of one that
    came: its ``number`` until it is acknowledged (0: it needs none), and whether it may have come before (``again``).
    """

    topic: str
    body: bytes = b""
    content_type: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    answer_to: str = ""
    correlation: bytes = b""
    expiry_s: int | None = None
    retained: bool = False
    number: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """What the broker keeps for a client, called ``name`` for ever, that is away for ``keep_s`` at most: its
    subscriptions and messages to it. Retained messages are delivered too; each message has to be acknowledged, and no
    more than ``at_once`` are unacknowledged.
    """

    name: str
    keep_s: int
    at_once: int


class BrokerError(Exception):
    """The connection cannot be made, or is gone. ``word`` is ``cannot_connect``, ``bad_certificate``, ``no_tls``,
    ``not_authorized``, ``broker_refuses``, ``timeout``, ``not_a_broker`` or ``broken_off``.
    """

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word = word


def is_broker_url(url: str) -> bool:
    """Tell whether ``url`` begins as a broker's address does; whether it is one, ``broker_at`` says."""
    return url.strip().startswith(tuple(f"{scheme}://" for scheme in _PORTS))


def broker_at(url: str, username: str = "", password: str = "") -> Broker:
    """Return the broker that ``mqtt://host[:port]`` or ``mqtts://host[:port]`` names; ``ValueError`` for anything else,
    a name or password inside it included.
    """
    parts = urlsplit(url.strip())
    port, host = parts.port, parts.hostname
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("a broker's address is mqtt://host:port or mqtts://host:port")
    if parts.username is not None:
        raise ValueError("name and password do not belong into a broker's address")
    return Broker(host, port or _PORTS[parts.scheme], parts.scheme == "mqtts", username, password)
