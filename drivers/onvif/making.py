"""What cameras of this box are made of: who asks them, and by which ways they are heard."""

from collections.abc import Callable, Mapping

from config.bus_settings import OnvifBus
from drivers.onvif.calls import Calls
from drivers.onvif.camera import Making, Run
from drivers.onvif.pulling import PullSession
from drivers.onvif.pushed import Pushed
from drivers.onvif.target import Target
from drivers.onvif.vendors import AlertStream, EventManager, PushDoor, recognise
from drivers.onvif.voice import Voice
from drivers.onvif.wire import calls_for
from runtime.clock import Clock


def making_of(bus: OnvifBus, clock: Clock) -> Making:
    """Return what the cameras of ``bus`` are made with."""

    def ways(target: Target, calls: Calls, voice: Callable[[str], Voice]) -> Mapping[str, Run]:
        parts: dict[str, Run] = {}
        if "onvif" in target.ways:
            parts["onvif"] = PullSession(calls, voice("onvif"), clock).run
        if "isapi" in target.ways:
            parts["isapi"] = AlertStream(target, voice("isapi"), clock, bus.timeout_s).run
        if "dahua" in target.ways:
            parts["dahua"] = EventManager(target, voice("dahua"), clock, bus.timeout_s).run
        return parts

    return Making(calls_for, ways, recognise, clock, bus.timeout_s)


def pushed_of(bus: OnvifBus, clock: Clock) -> Pushed | None:
    """Return the port on which cameras of ``bus`` call, ``None`` where it has none."""
    return PushDoor(bus.push_host, bus.push_port, clock) if bus.push_port else None
