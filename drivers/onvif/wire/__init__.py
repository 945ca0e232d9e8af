"""ONVIF over the network, for one camera at a time; loaded with a first camera."""

from drivers.onvif.calls import Calls
from drivers.onvif.target import Target
from runtime.clock import Clock


def calls_for(target: Target, clock: Clock, timeout_s: float) -> Calls:
    """Return what asks the camera at ``target``; nothing is connected yet. ``timeout_s`` is for one whole answer."""
    from drivers.onvif.wire.onvif_calls import OnvifCalls

    return OnvifCalls(target, clock, timeout_s)
