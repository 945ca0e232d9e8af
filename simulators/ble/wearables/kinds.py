"""Every kind of wearable by its model."""

from collections.abc import Mapping
from typing import Final

from simulators.ble.wearables.bands import HeartRateBand, MiBand
from simulators.ble.wearables.callers import FallBand, Pendant
from simulators.ble.wearables.homes import Button, DoorContact, MiMotion, MotionSensor, RoomThermometer
from simulators.ble.wearables.stations import Cuff, Oximeter, Scale, Thermometer
from simulators.ble.wearables.strangers import Noise, Phone, Television
from simulators.ble.wearables.tags import AltBeacon, IBeacon, Telemetry
from simulators.ble.wearables.wearable import Wearable

KINDS: Final[Mapping[str, type[Wearable]]] = {
    kind.model: kind
    for kind in (
        HeartRateBand,
        MiBand,
        FallBand,
        Pendant,
        Button,
        DoorContact,
        MotionSensor,
        RoomThermometer,
        MiMotion,
        IBeacon,
        AltBeacon,
        Telemetry,
        Cuff,
        Thermometer,
        Oximeter,
        Scale,
        Phone,
        Television,
        Noise,
    )
}
