"""Who is on the air: wearables of mixed kinds that all send once a second, drawn from a seed."""

import random
from collections.abc import Mapping
from typing import Final

from runtime.clock import Clock
from simulators.ble.air import Air
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.wearable import Body, Wearable

CROWDS: Final[Mapping[str, Mapping[str, int]]] = {
    "plain": {"sos-pendant": 30, "fall-band": 30, "mi-band": 20, "ibeacon": 10, "altbeacon": 5, "eddystone-tlm": 5},
    "sealed": {
        "sos-pendant": 20,
        "fall-band": 20,
        "mi-band": 15,
        "ibeacon": 10,
        "bthome-button": 8,
        "bthome-door": 8,
        "bthome-motion": 8,
        "bthome-thermometer": 6,
        "mibeacon-motion": 5,
    },
    "callers": {"sos-pendant": 120, "fall-band": 45, "mi-band": 20, "ibeacon": 10, "altbeacon": 5},
}
"""How many of each kind. Of the sensors of homes every second one is sealed with a key of its own."""

PACE_S: Final = 1.0
_SEED: Final = 6


def crowd(name: str, air: Air, clock: Clock) -> dict[str, Wearable]:
    """Return the wearables of a crowd by name; none of them sends yet."""
    wearables: dict[str, Wearable] = {}
    for model, share in CROWDS[name].items():
        for number in range(share):
            key = f"{model}-{number + 1:03}"
            dice = random.Random(f"{_SEED} {key}")
            sealed = dice.randbytes(16) if number % 2 else b""
            body = Body(air, clock, dice, name=key, key=sealed, every_s=PACE_S, rssi=dice.randint(-85, -45))
            wearables[key] = KINDS[model](body)
    return wearables
