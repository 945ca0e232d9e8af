"""A camera at a gate: it sees cars and reads their plates, notices what moves, and has a relay and an input."""

from typing import Any, ClassVar

from simulators.onvif.beside import Beside
from simulators.onvif.device import PICTURES, Body, OnvifDevice
from simulators.onvif.events import Passage, alarm, passed, state
from simulators.onvif.io_service import IoService
from simulators.onvif.metadata import MetadataServer, seen
from simulators.onvif.ptz_service import PtzService
from simulators.onvif.recording_service import RecordingService
from simulators.onvif.relay import Relay

SERVICES = ("tds", "trt", "tr2", "tev", "timg", "tmd", "tptz", "tse", "trc")
RELAY = "Relay_1"


class Camera(OnvifDevice):
    """``passages`` are the cars that it really saw."""

    model: ClassVar[str] = "onvif-camera"
    deeds: ClassVar[frozenset[str]] = OnvifDevice.deeds | {
        "pass_car",
        "move",
        "still",
        "cross_line",
        "cover",
        "uncover",
        "close_input",
        "open_input",
        "remove_rule",
        "wait_at_gate",
    }

    def __init__(self, body: Body, services: tuple[str, ...] = SERVICES, *, relay_s: float = 1.0) -> None:
        super().__init__(body, services)
        self.passages: list[dict[str, Any]] = []
        self._at_gate = ""
        self.relay = Relay(RELAY, self.timers, self._switched, mode="Monostable", delay_s=relay_s)
        self.serve(IoService(self, {RELAY: self.relay}, ("Input_1",)).operations)
        self.recordings = RecordingService(self)
        self.serve(self.recordings.operations)
        self.serve(PtzService(self).operations)
        self._relay_says(False)
        for name in ("motion", "tamper", "input"):
            self._say(name, False)
        self._objects = 0
        if self.maker.plates == "metadata":
            self.metadata = MetadataServer(
                body.host, body.rtsp_port, body.clock, self.credentials, self.wrong, lambda: seen(None, self.time())
            )
        if self.maker.words:
            self.beside = Beside(
                self.maker,
                body.push,
                body.clock,
                wrong=self.wrong,
                time=self.time,
                recognise=self._recognised,
            )

    @property
    def listened_to(self) -> bool:
        """Tell whether anybody listens: has a subscription, holds the maker's stream, or is called."""
        return bool(self.points.open) or (self.beside is not None and self.beside.listened_to)

    def pass_car(self, plate: str, likelihood: float = 0.93, direction: str = "forward", lane: int = 1) -> str:
        """Let a car pass; returns the address that its picture is said to have."""
        car = self._seen(plate, likelihood, direction, lane)
        for event, operation in passed(self.maker, car, self.time()):
            self.publish(event, operation)
        if self.beside is not None:
            self.beside.passed(car)
        if self.metadata is not None:
            self.metadata.tell(seen(car, self.time()))
        return car.picture

    def wait_at_gate(self, plate: str = "") -> None:
        """Let a car stand there that is read only when somebody asks for it; none where ``plate`` is empty."""
        self._at_gate = plate

    def move(self) -> None:
        """Let something move."""
        self._say("motion", True)

    def still(self) -> None:
        """Let it stop."""
        self._say("motion", False)

    def cross_line(self) -> None:
        """Let somebody cross the line."""
        self._objects += 1
        self._say("line", self._objects if self.maker.alarm("line").item == "ObjectId" else True)

    def cover(self) -> None:
        """Hang a cloth over the lens."""
        self.look("covered")
        self._say("tamper", True)

    def uncover(self) -> None:
        """Take it away."""
        self.look()
        self._say("tamper", False)

    def close_input(self) -> None:
        """Close the contact at its input."""
        self._say("input", True)

    def open_input(self) -> None:
        """Open it."""
        self._say("input", False)

    def remove_rule(self) -> None:
        """Let somebody delete the rule for motion: its state is Deleted."""
        self.publish(alarm(self.maker, "motion", False), "Deleted")

    def truth(self) -> dict[str, Any]:
        """Return what it saw besides."""
        relay = {"active": self.relay.active, "pulses": self.relay.pulses}
        own = {} if self.beside is None else self.beside.truth()
        if self.metadata is not None:
            own["metadata"] = self.metadata.truth()
        return {**super().truth(), "passages": [dict(one) for one in self.passages], "relay": relay, **own}

    def _say(self, name: str, value: bool | int) -> None:
        self.publish(alarm(self.maker, name, value))
        if self.beside is not None:
            self.beside.alarm(name, bool(value))

    def _seen(self, plate: str, likelihood: float, direction: str, lane: int) -> Passage:
        number = len(self.passages) + 1
        seen = {"at": self.body.clock.now(), "plate": plate, "likelihood": likelihood, "direction": direction}
        seen["heard"] = self.listened_to
        self.passages.append(seen)
        return Passage(plate, number, likelihood, direction, lane, self.url(f"{PICTURES}plate-{number}.jpg"))

    def _recognised(self) -> Passage | None:
        return self._seen(self._at_gate, 0.93, "forward", 1) if self._at_gate else None

    def _switched(self, active: bool) -> None:
        self._relay_says(active)

    def _relay_says(self, active: bool) -> None:
        value = "active" if active else "inactive"
        topic = "tns1:Device/Trigger/Relay"
        self.publish(state(topic, RELAY, value, name="RelayToken", item="LogicalState"))
