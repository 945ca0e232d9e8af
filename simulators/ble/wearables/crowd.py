"""A crowd of wearables that a seed draws by lot, and what befalls them in a day."""

import asyncio
import random
from typing import Any, Final

from runtime.clock import Clock
from simulators.ble.air import Air
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.wearable import Body, Wearable

_SHARES: Final = {
    "sos-pendant": 40,
    "fall-band": 30,
    "hr-band": 10,
    "mi-band": 20,
    "ibeacon": 14,
    "altbeacon": 8,
    "eddystone-tlm": 8,
    "bthome-button": 10,
    "bthome-door": 10,
    "bthome-motion": 10,
    "bthome-thermometer": 10,
    "mibeacon-motion": 6,
    "blood-pressure-cuff": 2,
    "thermometer": 2,
    "phone": 12,
    "television": 5,
    "noise": 3,
}
"""Of two hundred; half of the sensors of homes are sealed."""

_BEFALLS: Final = {
    "press": "",
    "fall": "",
    "test": "",
    "measure": "",
    "take_off": "put_on",
    "walk_away": "come_back",
    "run_flat": "new_battery",
    "open": "close",
    "move": "still",
    "exercise": "rest",
    "garble": "clear",
    "rotate": "",
    "replay": "",
}
"""What may befall a wearable, and what ends it after a while (nothing: it ends by itself)."""

_CHANGING, _SENT_TWICE = 0.05, 0.1
_SPELL_S = (30.0, 180.0)


class Crowd:
    """``count`` wearables of mixed kinds; the same ``seed`` draws the same ones. ``wearables`` has them by name."""

    def __init__(self, count: int, seed: int, air: Air, clock: Clock) -> None:
        self._clock, self._dice = clock, random.Random(seed)
        models = [model for model, share in _SHARES.items() for _ in range(share)]
        self._dice.shuffle(models)
        self.wearables: dict[str, Wearable] = {}
        for number in range(count):
            name = f"w-{number + 1:03}"
            own = random.Random(f"{seed} {name}")
            body = Body(
                air,
                clock,
                own,
                name=name,
                irk=own.randbytes(16) if own.random() < _CHANGING else b"",
                key=own.randbytes(16) if own.random() < 0.5 else b"",
                rssi=own.randint(-85, -45),
                copies=2 if own.random() < _SENT_TWICE else 1,
            )
            self.wearables[name] = KINDS[models[number % len(models)]](body)

    async def run(self) -> None:
        """Let all of them send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, wearable in self.wearables.items():
                tasks.create_task(wearable.run(), name=name)

    async def live(self, every_s: float, befalls: frozenset[str] = frozenset(_BEFALLS)) -> None:
        """Let something befall one of them, on average ``every_s``, until cancelled; spells end before that returns.

        ``befalls`` are the deeds that may.
        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._clock.sleep(self._dice.expovariate(1 / every_s))
                one = self._dice.choice(list(self.wearables.values()))
                if deeds := sorted(befalls & _BEFALLS.keys() & one.deeds):
                    deed = self._dice.choice(deeds)
                    getattr(one, deed)()
                    if end := _BEFALLS[deed]:
                        tasks.create_task(self._end(one, end), name=f"{end} later")

    def truth(self) -> dict[str, Any]:
        """Return what each one is and did, by name."""
        return {name: {"model": one.model, **one.truth()} for name, one in self.wearables.items()}

    async def _end(self, one: Wearable, end: str) -> None:
        try:
            await self._clock.sleep(self._dice.uniform(*_SPELL_S))
        finally:
            getattr(one, end)()
