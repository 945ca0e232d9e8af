"""The keys of a community's file for cameras and door stations, checked, and the devices that they mean."""

import dataclasses
from typing import Annotated, Literal

from pydantic import Field

from runtime.clock import Clock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from simulators.onvif.station import DoorStation
from simulators.stories import Moment, Part, Seconds, Spell

Port = Annotated[int, Field(ge=0, le=65535)]


class LanPlan(Part):
    """A switch with devices on ``host``; ``discovery`` is the UDP port for probes (3702 in the field)."""

    type: Literal["lan"]
    host: str = "127.0.0.1"
    discovery: Port | None = None


class QuirksPlan(Part):
    """What differs from the maker's habits; see ``simulators.onvif.makers.Maker``."""

    one_zero: bool | None = None
    always_initialized: bool | None = None
    batches: bool | None = None
    relative: bool | None = None
    hurried: bool | None = None
    synchronizes: bool | None = None
    clock_s: float | None = None
    since_1970: bool | None = None
    elsewhere: str | None = None
    windowed: bool | None = None
    all_codes: bool | None = None


class Cars(Moment):
    """A car each time, with the next of ``plates``, read with ``likelihood``."""

    plates: Annotated[tuple[str, ...], Field(min_length=1)]
    likelihood: Annotated[float, Field(ge=0, le=1)] = 0.93
    direction: Literal["forward", "reverse"] = "forward"


class Residents(Moment):
    """The next of ``cards`` (number: holder) is shown; who has it goes in, and the door falls shut ``within``."""

    cards: Annotated[dict[str, str], Field(min_length=1)]
    within: Seconds = 3.0


class CameraScript(Part):
    """What may befall a camera: ``cars`` pass, something ``moves``, somebody ``crosses`` the line, the lens is
    ``covered``; it is ``frozen``, or ``reboots``.
    """

    cars: Cars | None = None
    moves: Spell | None = None
    crosses: Moment | None = None
    covered: Spell | None = None
    frozen: Spell | None = None
    reboots: Moment | None = None


class StationScript(CameraScript):
    """And a door station: somebody ``rings``, ``residents`` come home, ``strangers`` show a card."""

    rings: Spell | None = None
    residents: Residents | None = None
    strangers: Moment | None = None


class _OnvifPlan(Part):
    """``authentication``: what it believes. ``stream`` is the RTSP address that it gives out, ``{profile}`` in it.
    ``push`` is the address that a camera with words of its own calls, ``rtsp`` the port of its metadata.
    """

    bus: str
    port: Port = 0
    maker: Literal["specified", "hikvision", "dahua", "dahua-itc", "axis", "tp-link", "reolink", "contrary"] = (
        "specified"
    )
    quirks: QuirksPlan = QuirksPlan()
    tls: bool = False
    user: str = "admin"
    password: str = "pretend-1"  # noqa: S105 - of a device that does not exist
    authentication: Literal["any", "wsse", "digest"] = "any"
    stream: str = "rtsp://127.0.0.1:8554/{profile}"
    push: Annotated[str, Field(pattern=r"^$|^http://[^/]+/.+$")] = ""
    rtsp: Port = 0
    relay: Seconds = 1.0

    def body(self, clock: Clock, name: str, host: str, port: int) -> Body:
        """Return how the device ``name`` is set up; its name is its serial number."""
        maker = dataclasses.replace(MAKERS[self.maker], **self.quirks.model_dump(exclude_none=True))
        return Body(
            clock,
            maker,
            host,
            port,
            self.tls,
            self.user,
            self.password,
            self.authentication,
            self.stream,
            name,
            self.push,
            self.rtsp if port else 0,
        )


class CameraPlan(_OnvifPlan):
    """A camera."""

    model: Literal["onvif-camera"]
    script: CameraScript = CameraScript()

    def make(self, clock: Clock, name: str, host: str, port: int) -> Camera:
        """Return the camera."""
        return Camera(self.body(clock, name, host, port), relay_s=self.relay)


class StationPlan(_OnvifPlan):
    """A door station; ``access``: how long it lets somebody in, ``too_long``: how long its door may stand open."""

    model: Literal["onvif-door-station"]
    access: Seconds = 5.0
    too_long: Seconds = 30.0
    script: StationScript = StationScript()

    def make(self, clock: Clock, name: str, host: str, port: int) -> DoorStation:
        """Return the station."""
        body = self.body(clock, name, host, port)
        return DoorStation(body, access_s=self.access, too_long_s=self.too_long, relay_s=self.relay)
