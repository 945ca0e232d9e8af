"""A whole pretend community: started and stopped as one, steered by name, and honest about what it did."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from runtime.clock import Clock
from runtime.logs import get_logger
from simulators import scripts
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.story import stories
from simulators.ble.wearables.wearable import Wearable
from simulators.build import Device, LineWire, Overrides, Things, Wire, build
from simulators.devices.barrier import Barrier
from simulators.devices.door import Door
from simulators.devices.meter import Meter
from simulators.devices.profiled import ProfiledUnit
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.meters.wires import PortWire, PtyWire
from simulators.modbus.faults import Faults
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from simulators.onvif.camera import Camera
from simulators.onvif.lan import Lan
from simulators.onvif.plan import CameraPlan, StationPlan
from simulators.onvif.station import DoorStation
from simulators.onvif.story import stories as camera_stories
from simulators.plan import BarrierPlan, BinPlan, CommunityPlan, DoorPlan, WearablePlan, load_plan
from simulators.rtsp.videos import Videos
from simulators.stories import CarPasses, Passes, UnitScript

_LOOK_S = 0.2
_HEARD_S = 1.0
_D = TypeVar("_D", Door, Barrier, UltrasonicBin, Meter, ProfiledUnit, Wearable, Camera, DoorStation)


class Community:
    """Use it with ``async with``: inside, its buses answer and its stories are told.

    Things are found by their names in the file: ``door``, ``barrier``, ``waste_bin``, ``meter``, ``profiled``,
    ``wearable``, ``camera``, ``station`` (or ``device``), ``bus`` to stop, start or freeze a wire, ``air``, ``lan``,
    ``faults`` to make a device misbehave. All raise ``KeyError`` for a name that is not there and ``TypeError`` for a
    thing of another kind.
    """

    def __init__(self, plan: CommunityPlan, clock: Clock, overrides: Overrides | None = None) -> None:
        self.plan = plan
        self._overrides = overrides or Overrides()
        self._clock = clock
        self._things: Things = build(plan, clock, self._overrides)
        self._stories: set[asyncio.Task[None]] = set()
        self._running = False
        self._log = get_logger("simulators")

    @classmethod
    def from_file(cls, path: Path | str, clock: Clock, overrides: Overrides | None = None) -> Self:
        """Return the community that ``path`` describes; ``PlanError`` or ``OSError`` if it cannot be had."""
        return cls(load_plan(Path(path)), clock, overrides)

    async def __aenter__(self) -> Self:
        started: list[Wire] = []
        try:
            for wire in self._things.wires.values():
                await wire.start()
                started.append(wire)
        except OSError:
            for wire in started:
                await wire.stop()
            raise
        self._running = True
        for name, device in self._things.devices.items():
            if isinstance(device, Wearable):
                self._tell(name, device.run())
        if self._overrides.scripts:
            self._tell_stories()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False
        telling = list(self._stories)
        for story in telling:
            story.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
        for wire in self._things.wires.values():
            await wire.stop()

    @property
    def ports(self) -> dict[str, int]:
        """Return the TCP port of each TCP bus, video server and camera, as bound."""
        wires, devices = self._things.wires.items(), self._things.devices.items()
        lines = {name: wire.port for name, wire in wires if isinstance(wire, TcpWire | PortWire | Videos)}
        return lines | {name: device.server.port for name, device in devices if isinstance(device, Camera)}

    @property
    def links(self) -> dict[str, str]:
        """Return the absolute path of each serial line's link."""
        wires = self._things.wires.items()
        return {name: str(wire.link.absolute()) for name, wire in wires if isinstance(wire, SerialWire | PtyWire)}

    def device(self, name: str) -> Device:
        """Return the device ``name``."""
        return self._things.devices[name]

    def door(self, name: str) -> Door:
        """Return the door ``name``."""
        return self._of_kind(name, Door)

    def barrier(self, name: str) -> Barrier:
        """Return the barrier ``name``."""
        return self._of_kind(name, Barrier)

    def waste_bin(self, name: str) -> UltrasonicBin:
        """Return the bin ``name``."""
        return self._of_kind(name, UltrasonicBin)

    def meter(self, name: str) -> Meter:
        """Return the meter ``name``."""
        return self._of_kind(name, Meter)

    def profiled(self, name: str) -> ProfiledUnit:
        """Return the device ``name`` that is made from a profile."""
        return self._of_kind(name, ProfiledUnit)

    @property
    def bluetooth(self) -> dict[str, str]:
        """Return where the message bus of each air is."""
        wires = self._things.wires.items()
        return {name: wire.address for name, wire in wires if isinstance(wire, Neighbourhood)}

    def wearable(self, name: str) -> Wearable:
        """Return the wearable ``name``."""
        return self._of_kind(name, Wearable)

    def camera(self, name: str) -> Camera:
        """Return the camera (or door station) ``name``."""
        return self._of_kind(name, Camera)

    def station(self, name: str) -> DoorStation:
        """Return the door station ``name``."""
        return self._of_kind(name, DoorStation)

    @property
    def cameras(self) -> set[str]:
        """Return the names of cameras and door stations."""
        return {name for name, device in self._things.devices.items() if isinstance(device, Camera)}

    @property
    def lans(self) -> dict[str, int | None]:
        """Return for each switch the UDP port where it hears probes."""
        found = {name: wire.discovery for name, wire in self._things.wires.items() if isinstance(wire, Lan)}
        return {name: None if one is None else one.port for name, one in found.items()}

    def lan(self, name: str) -> Lan:
        """Return the switch ``name``: ``await start()``, ``await stop()``, ``cut()``."""
        wire = self._things.wires[name]
        if not isinstance(wire, Lan):
            raise TypeError(f"{name} is no lan")
        return wire

    def videos(self, name: str) -> Videos | None:
        """Return the video server ``name``, ``None`` for a bus of another kind."""
        wire = self._things.wires[name]
        return wire if isinstance(wire, Videos) else None

    def air(self, name: str) -> Neighbourhood:
        """Return the air ``name``: what can be done to its Bluetooth are its ``deeds``."""
        wire = self._things.wires[name]
        if not isinstance(wire, Neighbourhood):
            raise TypeError(f"{name} is no air")
        return wire

    def bus(self, name: str) -> LineWire:
        """Return the wire ``name``: ``await start()``, ``await stop()``, ``line.frozen``; TCP also ``cut()``."""
        wire = self._things.wires[name]
        if isinstance(wire, Neighbourhood | Lan | Videos):
            raise TypeError(f"{name} is no line")
        return wire

    def faults(self, name: str) -> Faults:
        """Return what can be wrong with device or board ``name``; a door's faults are its whole board's."""
        return self._things.faults[name]

    async def calm(self) -> None:
        """Let wearables, cameras and gates be; return when none calls for help and a camera's last word was heard."""
        told = {name: one for name, one in self._things.devices.items() if isinstance(one, Wearable | Barrier | Camera)}
        for task in list(self._stories):
            if task.get_name().partition(": ")[0] in told and ": " in task.get_name():
                task.cancel()
        wearables = [one for one in told.values() if isinstance(one, Wearable)]
        for one in wearables:
            one.calm()
        while any(one.calling for one in wearables):
            await self._clock.sleep(_LOOK_S)
        if self.cameras:
            await self._clock.sleep(_HEARD_S)

    def truth(self) -> dict[str, Any]:
        """Return what this community produced and did, ready for JSON; times are µs since the epoch.

        ``devices`` has by name: ``model``, ``reads`` (answers that went out whole and right), ``commands`` (writes
        taken, in order) and what the kind adds: ``openings``, ``smashes``, ``served`` (the numbered energies), ...
        """
        return {
            "site": self.plan.site,
            "running": self._running,
            "at": self._clock.now(),
            "ports": self.ports,
            "links": self.links,
            "bluetooth": self.bluetooth,
            "buses": {
                name: {"requests": wire.line.requests}
                for name, wire in self._things.wires.items()
                if not isinstance(wire, Neighbourhood | Lan | Videos)
            },
            "devices": {
                name: {"model": device.model, **device.truth()} for name, device in self._things.devices.items()
            },
        }

    def _of_kind(self, name: str, kind: type[_D]) -> _D:
        device = self._things.devices[name]
        if not isinstance(device, kind):
            raise TypeError(f"{name} is a {device.model}")
        return device

    def _tell_stories(self) -> None:
        for name, board in self.plan.boards.items():
            self._tell_unit_stories(name, board.script)
        for name, plan in self.plan.devices.items():
            match plan:
                case DoorPlan():
                    self._tell_door_stories(name, plan)
                case BarrierPlan():
                    if plan.script.car_passes:
                        self._tell(f"{name}: cars pass", self._cars(self.barrier(name), plan.script.car_passes))
                case BinPlan():
                    self._tell_bin_stories(name, plan)
                case WearablePlan():
                    for title, told in stories(self._clock, self.wearable(name), plan.script):
                        self._tell(f"{name}: {title}", told)
                case CameraPlan() | StationPlan():
                    for title, told in camera_stories(self._clock, self.camera(name), plan.script):
                        self._tell(f"{name}: {title}", told)
                case _:
                    self._tell_unit_stories(name, plan.script)

    def _cars(self, barrier: Barrier, cars: CarPasses) -> Coroutine[Any, Any, None]:
        camera = self.camera(cars.camera) if cars.camera else None
        return scripts.play_car_passes(self._clock, barrier, cars, camera)

    def _tell_unit_stories(self, name: str, script: UnitScript) -> None:
        faults = self.faults(name)
        if script.silent:
            self._tell(f"{name}: silent", scripts.play_silent(self._clock, faults, script.silent))
        if script.wrong_answers:
            self._tell(f"{name}: wrong", scripts.play_wrong_answers(self._clock, faults, script.wrong_answers))
        if script.slow:
            self._tell(f"{name}: slow", scripts.play_slow(self._clock, faults, script.slow))
        if script.stuck:
            self._tell(f"{name}: stuck", scripts.play_stuck(self._clock, faults, script.stuck))
        if script.noisy:
            self._tell(f"{name}: noisy", scripts.play_noisy(self._clock, faults, script.noisy))
        if script.reboots:
            self._tell(f"{name}: reboots", scripts.play_reboots(self._clock, faults, script.reboots))

    def _tell_bin_stories(self, name: str, plan: BinPlan) -> None:
        waste = self.waste_bin(name)
        self._tell_unit_stories(name, plan.script)
        if plan.script.fill:
            self._tell(f"{name}: fills", scripts.play_fill(self._clock, waste, plan.script.fill))
        if plan.script.burns:
            self._tell(f"{name}: burns", scripts.play_burns(self._clock, waste, plan.script.burns))

    def _tell_door_stories(self, name: str, plan: DoorPlan) -> None:
        door = self.door(name)
        if plan.script.left_open:
            self._tell(f"{name}: left open", scripts.play_left_open(self._clock, door, plan.script.left_open))
        if plan.script.passes:
            passes: Passes = plan.script.passes
            door.on_unlock.append(
                lambda: self._tell(f"{name}: passes", scripts.walk_through(self._clock, door, passes))
            )

    def _tell(self, name: str, story: Coroutine[Any, Any, None]) -> None:
        if not self._running:
            story.close()
            return
        task = asyncio.create_task(story, name=name)
        self._stories.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._stories.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("story_failed", story=task.get_name(), exc_info=task.exception())
