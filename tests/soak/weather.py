"""What befalls the lines of the soak, drawn by lot from the simulators' own list of faults, and when it did."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from runtime.clock import Clock
from simulators.modbus.faults import Faults, How
from simulators.modbus.speed import Speed
from simulators.modbus.tcp import TcpWire
from tests.soak.witness import Community, well

_CALM_S, _SPELL_S = (20.0, 240.0), (1.0, 45.0)
_WRONG: Final[tuple[How, ...]] = ("exception", "bad_frame", "garbage", "short")
_CODES = (4, 5, 6, 10, 11)
_FACTORY = Speed(2400)

# ``stuck`` and ``swapped`` are left out: such answers are whole and wrong, and no client can tell.
_KINDS = ("silent", "slow", "late", "wrong", "noise", "speed", "frozen", "gone", "cut", "hiss", "echo")


@dataclass
class Weather:
    """``spells`` are the faults so far by line: from when to when (monotonic s) and what."""

    community: Community
    clock: Clock
    dice: random.Random
    spells: dict[str, list[tuple[float, float, str]]] = field(default_factory=dict)

    async def over(self, bus: str) -> None:
        """Let fault follow fault on one line; endless."""
        told = self.spells.setdefault(bus, [])
        while True:
            await self.clock.sleep(self.dice.uniform(*_CALM_S))
            kind, began = self.dice.choice(_KINDS), self.clock.monotonic()
            name, faults = self.dice.choice(list(self.community.faults[bus].items()))
            end = await self._begin(kind, self.community.wires[bus], faults)
            told.append((began, began + 1e9, f"{kind} {name}"))
            await self.clock.sleep(self.dice.uniform(*_SPELL_S))
            end()
            if kind == "gone":
                await self.community.wires[bus].start()
            told[-1] = (began, self.clock.monotonic(), told[-1][2])

    async def _begin(self, kind: str, wire: TcpWire, faults: Faults) -> Callable[[], None]:
        """Let a fault begin; return what ends it."""
        line = wire.line
        match kind:
            case "frozen":
                line.frozen = True
                return partial(setattr, line, "frozen", False)
            case "echo":
                line.echo = wire.rtu
                return partial(setattr, line, "echo", False)
            case "gone":
                await wire.stop()
            case "cut":
                wire.cut()
            case "hiss":
                wire.noise(self.dice.randbytes(self.dice.randint(1, 30)) if wire.rtu else b"")
            case _:
                self._spoil(kind, faults, rtu=wire.rtu)
                return partial(well, faults)
        return lambda: None

    def _spoil(self, kind: str, faults: Faults, *, rtu: bool) -> None:
        match kind:
            case "silent":
                faults.silent = True
            case "slow":
                faults.slow_s = self.dice.uniform(0.1, 0.9)
            case "late":
                faults.slow_s = self.dice.uniform(1.0, 2.4)
            case "wrong":
                faults.wrong, faults.code = self.dice.choice(_WRONG), self.dice.choice(_CODES)
                faults.share = self.dice.choice((0.1, 0.5, 1.0))
            case "noise":
                faults.noise = self.dice.randint(1, 12)
            case "speed":
                faults.speaks = _FACTORY if rtu else None


async def life(community: Community, clock: Clock, dice: random.Random) -> None:
    """Let people use the doors and the bins; endless."""
    while True:
        await clock.sleep(dice.uniform(3.0, 60.0))
        if dice.random() < 0.5:
            door = dice.choice(list(community.doors.values()))
            if door.is_open:
                door.close()
            else:
                door.open("key")
        else:
            waste = dice.choice(list(community.bins.values()))
            waste.set_level(min(100.0, waste.level + dice.uniform(1, 20)) if waste.level < 97 else 2.0)
