"""One camera as the driver needs it: where it is, whom to be, whom to believe, by which ways its events come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from config.camera import Way
from config.command_map import CommandMap
from config.hidden import Secret
from drivers.onvif.events.quirks import Quirks
from drivers.onvif.lockout import Lockout


@dataclass(frozen=True, slots=True)
class Trust:
    """How the camera's certificate is judged: by its SHA-256 (``pin``, 64 small hex digits), by an authority's
    certificate (``ca``, a file), by those that the system trusts, or, ``insecure``, not at all.
    """

    pin: str = ""
    ca: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera answers: nothing that it says leads anywhere else."""

    scheme: Literal["http", "https"]
    host: str
    port: int

    @property
    def base(self) -> str:
        """Return the address without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A camera of a bus. ``stream`` says which frames are read, if any; ``rtsp_port`` where its video is; ``pushed`` is
    the secret path on which it calls; ``snapshots``: a picture is fetched for each event; ``bell`` is the input that is
    pressed by who wants to come in.
    """

    device: str
    place: Place
    user: str
    password: Secret | None
    trust: Trust
    quirks: Quirks
    ways: frozenset[Way]
    points: frozenset[str]
    events: frozenset[str]
    commands: Mapping[str, CommandMap]
    stream: Literal["", "keyframes", "motion", "snapshots"] = ""
    rtsp_port: int = 554
    channel: int = 1
    pushed: Secret | None = None
    snapshots: bool = True
    relay: str = ""
    door: str = ""
    bell: str = ""
    home: str = ""
    lockout: Lockout = field(default_factory=Lockout, compare=False, repr=False)
