"""What cameras of this box are made of: who asks them, and by which ways they are heard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from config.bus_settings import OnvifBus
from drivers.onvif.calls import Calls
from drivers.onvif.camera import Making, Run, Ways
from drivers.onvif.health import HealthWatch
from drivers.onvif.metadata import MetadataStream
from drivers.onvif.pulling import PullSession
from drivers.onvif.pushed import Pushed
from drivers.onvif.target import Target
from drivers.onvif.vendors import AlertStream, EventManager, PushDoor, recognise
from drivers.onvif.voice import Voice
from drivers.onvif.wire import calls_for
from runtime.clock import Clock

if TYPE_CHECKING:
    from drivers.onvif.video.reader import Reader


def making_of(bus: OnvifBus, clock: Clock) -> Making:
    """Return what the cameras of ``bus`` are made with."""

    reader: list[Reader] = []

    def ways(target: Target, calls: Calls, voice: Callable[[str], Voice]) -> Ways:
        health = HealthWatch(calls, voice("health"), clock, target)
        parts: dict[str, Run] = {"health": health.run}
        if "onvif" in target.ways:
            parts["onvif"] = PullSession(calls, voice("onvif"), clock).run
        if "isapi" in target.ways:
            parts["isapi"] = AlertStream(target, voice("isapi"), clock, bus.timeout_s).run
        if "dahua" in target.ways:
            parts["dahua"] = EventManager(target, voice("dahua"), clock, bus.timeout_s).run
        if "metadata" in target.ways:
            parts["metadata"] = MetadataStream(target, calls, voice("metadata"), clock, bus.timeout_s).run
        if "stream" not in target.ways:
            return Ways(parts, turned=health.turned)
        from drivers.onvif.video.reader import Reader  # the video's library, for cameras that read none themselves
        from drivers.onvif.video.reading import Reading
        from drivers.onvif.video.snapshots import Snapshots

        if not reader:
            reader.append(Reader())
        if target.stream == "snapshots":
            # a way of its own, that nobody counts on: a picture that cannot be read is no camera that is gone
            snapshots = Snapshots(target, voice("snapshots"), reader[0])
            return Ways({**parts, "stream": snapshots.run}, turned=health.turned, pictured=snapshots.offer)
        reading = Reading(target, calls, voice("stream"), clock, reader[0], measured=health.measured)
        return Ways({**parts, "stream": reading.run}, moved=reading.moved, turned=health.turned)

    return Making(calls_for, ways, recognise, clock, bus.timeout_s)


def pushed_of(bus: OnvifBus, clock: Clock) -> Pushed | None:
    """Return the port on which cameras of ``bus`` call, ``None`` where it has none."""
    return PushDoor(bus.push_host, bus.push_port, clock) if bus.push_port else None
