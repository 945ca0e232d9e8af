"""What is asked of a camera, as our own narrow interface: whatever carries it out stays behind this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Product:
    """What a camera says it is."""

    maker: str
    model: str
    firmware: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class MediaProfile:
    """One of a camera's video profiles, as it is set: ``codec`` is ``H264``, ``H265``, ``JPEG`` or empty."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float | None
    bitrate_kbps: int | None


@dataclass(frozen=True, slots=True)
class Door:
    """How a door station's door is, in the words of ``access_door``; ``None`` where it does not say."""

    token: str
    closed: bool | None
    locked: bool | None
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the camera has recorded: the age of the oldest (days), and whether it records now; ``None`` is unsaid."""

    days: float | None
    recording: bool | None


class Calls(Protocol):
    """One camera's services. Each method is one question or one command.

    What is read may be asked again after an answer was lost; what does something never goes out twice. Errors, whatever
    lies beneath: ``Misconfigured`` (wrong password, certificate not believed, no ONVIF there), ``NotSupported`` (the
    camera has no such service), ``Timeout``, ``CorruptAnswer`` (also: too large, a redirect, another host),
    ``DeviceRefused`` (a SOAP fault; ``code`` is the HTTP status), ``AnswerLost`` (only of what does something). None of
    them holds a password. Every answer is bounded in size and in time, drip by drip too.
    """

    async def product(self) -> Product:
        """Ask what it is; this is what proves the password (GetDeviceInformation)."""
        ...

    async def clock_offset_s(self) -> float:
        """Return its clock less ours, in seconds (GetSystemDateAndTime); WSSE heeds it from then on."""
        ...

    async def subscribe(self, lifetime_s: float) -> str:
        """Make a PullPoint and return its address, resolved and on the camera itself."""
        ...

    async def synchronise(self, subscription: str) -> None:
        """Ask for the present state of everything (SetSynchronizationPoint); many cannot: ``NotSupported``."""
        ...

    async def pull(self, subscription: str, wait_s: float, limit: int) -> bytes:
        """Wait for messages and return the answer's bytes, for ``drivers.onvif.events.meanings``."""
        ...

    async def renew(self, subscription: str, lifetime_s: float) -> None:
        """Let the subscription live on."""
        ...

    async def unsubscribe(self, subscription: str) -> None:
        """Give it back."""
        ...

    async def profiles(self) -> Sequence[MediaProfile]:
        """Return its video profiles (Media2 where it has it, else Media)."""
        ...

    async def stream_address(self, profile: str) -> str:
        """Return where a profile's video is (``rtsp://``, without user and password), on the camera's own host."""
        ...

    async def picture(self) -> bytes:
        """Return a JPEG of now, whole (its end is there)."""
        ...

    async def recorded(self) -> Recorded:
        """Ask what it recorded."""
        ...

    async def doors(self) -> Sequence[Door]:
        """Ask how its doors are."""
        ...

    async def release_relay(self, relay: str, seconds: float) -> None:
        """Let its output act, once. It lets go by itself, after ``seconds`` where the camera can be told that;
        ``Misconfigured``, and nothing happened, where it would not let go by itself.
        """
        ...

    async def access_door(self, door: str) -> None:
        """Let in at a door, once (AccessDoor)."""
        ...

    async def go_to_preset(self, preset: int) -> None:
        """Turn to a preset position."""
        ...

    async def reboot(self) -> None:
        """Restart it (SystemReboot)."""
        ...

    async def close(self) -> None:
        """Give back every connection; within 2 s, never raises."""
        ...
