"""One camera: what is asked of it, by which ways it is heard and how it is, under one roof."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from drivers.onvif.calls import Calls
from drivers.onvif.orders import heed_arguments, obey
from drivers.onvif.outbox import Outbox
from drivers.onvif.parts import keep_running
from drivers.onvif.snapping import Snapping
from drivers.onvif.speaking import Speaking
from drivers.onvif.target import Target
from drivers.onvif.voice import Voice
from runtime.clock import Clock
from wire.reading import Value

BY_ITSELF_S: Final = 1.0
"""What a camera that pushes is given to send its own picture before one is fetched."""

Run: TypeAlias = Callable[[], Awaitable[None]]


def _nothing() -> None:
    """Do what a camera does about it that has no use for it."""


def _unread(jpeg: bytes) -> None:
    """Read nothing in a picture."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The parts of a camera, by their names. ``moved`` hears the camera's word that something moves, ``turned`` that
    it was turned to look elsewhere, ``pictured`` has each picture that was fetched because something happened.
    """

    parts: Mapping[str, Run]
    moved: Callable[[], None] = _nothing
    turned: Callable[[], None] = _nothing
    pictured: Callable[[bytes], None] = _unread


WaysOf: TypeAlias = Callable[[Target, Calls, Callable[[str], Voice]], Ways]
"""Makes the parts of a camera; a part asks for the voice of its own way."""


class CallsOf(Protocol):
    """Makes what asks a camera; it connects to nothing before it is asked."""

    def __call__(self, target: Target, clock: Clock, timeout_s: float) -> Calls:
        """Return it."""
        ...


Recognise: TypeAlias = Callable[[Target, Voice, Clock, float], Awaitable[None]]
"""Has a camera read the plate that it sees now, once, and tells what it read; the last is the time for an answer."""


@dataclass(frozen=True, slots=True)
class Making:
    """What a camera is made with."""

    calls: CallsOf
    ways: WaysOf
    recognise: Recognise
    clock: Clock
    timeout_s: float


class Camera:
    """``run`` hears it until cancelled; ``execute`` tells it something meanwhile."""

    def __init__(self, target: Target, making: Making, outbox: Outbox) -> None:
        self.target = target
        self._making, self._clock = making, making.clock
        self._calls = making.calls(target, making.clock, making.timeout_s)
        sends = {"isapi", "push"} & target.ways
        self._snapping = Snapping(
            target.device, self._calls, making.clock, self._pictured, BY_ITSELF_S if sends else 0.0
        )
        self.speaking = Speaking(
            target,
            making.clock,
            outbox,
            wanted=self._snapping.want,
            came=self._snapping.has,
            essential=target.ways - {"push", *(["stream"] if target.stream == "snapshots" else ())},
        )
        self._ways = making.ways(target, self._calls, self.speaking.voice)
        self.speaking.moved = self._ways.moved

    async def run(self) -> None:
        """Hear the camera in all its ways; whatever was open at it is given back when cancelled."""
        try:
            await keep_running(self.target.device, {**self._ways.parts, "pictures": self._snapping.run}, self._clock)
        finally:
            await self._calls.close()

    async def execute(self, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do ``command`` once; see ``drivers.api.Executes``."""
        order = self.target.commands.get(command)
        call = None if order is None or order.camera is None else order.camera.call
        if order is not None:
            heed_arguments(order, command, args)
        if call == "recognise":
            voice = self.speaking.voice("recognition")
            await self._making.recognise(self.target, voice, self._clock, self._making.timeout_s)
            return {}
        if call != "snapshot":
            if call == "preset":
                self._ways.turned()
            return await obey(self.target, self._calls, self._clock, command, args)
        data = await self._calls.picture()
        reference = self.speaking.refer()
        self.speaking.pictured(reference, data)
        taken: dict[str, Value] = {"picture_taken": True} if "picture_taken" in self.target.points else {}
        return {"snapshot_ref": reference, **taken}

    def _pictured(self, reference: str, data: bytes) -> None:
        self.speaking.pictured(reference, data)
        self._ways.pictured(data)
