"""What visiting the devices of a bus takes, from its settings and their profiles; pure."""

from collections.abc import Sequence
from typing import Final

from config.bus_settings import BleBus
from config.settings import DeviceSettings
from config.visits import stream_slots
from drivers.api.rounds import Round, Turn
from drivers.ble.visits import KEPT_FREE, PARALLEL, VisitTarget, target_of

CONNECT_S: Final = 1.5
DISCONNECT_S: Final = 2.5
"""As BlueZ takes them: 1 to 2 s and 2.2 to 2.7 s, whatever the device."""

ASK_S: Final = 0.5
"""For each characteristic, its share of finding the services included: 200 devices took five to six minutes so."""


def round_of(bus: BleBus, devices: Sequence[DeviceSettings]) -> Round:
    """Return the visits that ``devices`` need on ``bus``; streams are taken as spread evenly over its adapters."""
    targets = [target for target in map(target_of, devices) if target is not None]
    streams = tuple(target.device for target in targets if target.when == "stream")
    adapters = len(bus.adapters)
    held = min(-(-len(streams) // adapters), stream_slots(bus.slots))
    lanes = max(1, min(PARALLEL, bus.slots - KEPT_FREE - held))
    return Round(
        lanes=lanes * adapters,
        spare_lanes=(lanes - 1 or 2 / 3) * adapters,
        turns=tuple(turn_of(target) for target in targets if target.when == "every"),
        seen=tuple(target.device for target in targets if target.when == "seen"),
        streams=streams,
        stream_slots=stream_slots(bus.slots) * adapters,
    )


def turn_of(target: VisitTarget) -> Turn:
    """Return what one visit takes that goes well and lasts as long as it may."""
    busy_s = CONNECT_S + ASK_S * len(target.reads) + target.listens_s + DISCONNECT_S
    return Turn(target.device, target.period_s, busy_s)
