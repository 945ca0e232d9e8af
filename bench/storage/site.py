"""The site whose readings are stored: eight devices of five points, asked once a second, with values as devices have.

Neither constants nor noise: voltages wander, currents step with what is switched on, counters count, doors seldom open.
Each value has the resolution that its product's register has, because that is what a compressor lives on.
"""

import random
from collections.abc import Iterator
from functools import cache

from wire.reading import Batch, Value

DEVICES, POINTS = 8, 5
PER_SECOND = DEVICES * POINTS
"""Readings a second, one batch of five from each device."""

_HOUR = 3600
_LOADS_W = (40.0, 75.0, 120.0, 300.0, 900.0, 2000.0)
_METER = ("voltage_v", "current_a", "power_w", "energy_kwh", "frequency_hz")
_DOOR = ("door_state", "lock_state", "exit_button", "fire_input", "tamper")
_PLANT = ("pressure_mpa", "level_m", "temperature_c", "pump_on", "valve_state")

Row = tuple[int, str, tuple[str, ...], tuple[Value, ...]]
"""Microseconds within the hour, device, points, values."""


class _Meter:
    """An electricity meter; ``floats``: its registers are 32-bit floats of which seven digits are kept, else tenths and
    thousandths.
    """

    points = _METER

    def __init__(self, dice: random.Random, *, floats: bool) -> None:
        self._dice, self._floats = dice, floats
        self._volts, self._hertz = dice.uniform(228, 234), 50.0
        self._energy = dice.uniform(1000, 9000)
        self._on = [dice.random() < 0.4 for _ in _LOADS_W]

    def read(self) -> tuple[Value, ...]:
        dice = self._dice
        self._volts += (231 - self._volts) * 0.02 + dice.gauss(0, 0.15)
        self._hertz += (50 - self._hertz) * 0.05 + dice.gauss(0, 0.003)
        if dice.random() < 0.02:
            place = dice.randrange(len(self._on))
            self._on[place] = not self._on[place]
        loads = sum(watts for watts, on in zip(_LOADS_W, self._on, strict=True) if on)
        watts = (8 + loads) * (self._volts / 230) ** 2 * (1 + dice.gauss(0, 0.002))
        self._energy += watts / 3_600_000
        amperes = watts / self._volts / 0.95
        if self._floats:
            exact = (self._volts, amperes, watts, round(self._energy, 2), self._hertz)
            return tuple(float(f"{value:.7g}") for value in exact)
        rounded = (round(self._volts, 1), round(amperes, 3), round(watts, 1))
        return (*rounded, round(self._energy, 3), round(self._hertz, 1))


class _Door:
    """A door's controller: five states, hardly ever another one."""

    points = _DOOR

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._open_s = dice, 0

    def read(self) -> tuple[Value, ...]:
        if self._open_s:
            self._open_s -= 1
        elif self._dice.random() < 1 / 120:
            self._open_s = self._dice.randrange(4, 12)
        opened = self._open_s > 0
        return ("open" if opened else "closed", "unlocked" if opened else "locked", opened, False, False)


class _Plant:
    """A fire water tank's sensors: slow numbers, a pump and a valve."""

    points = _PLANT

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._pressure, self._level, self._warmth, self._pump = 0.42, 3.2, 18.0, False

    def read(self) -> tuple[Value, ...]:
        dice = self._dice
        self._pump = not self._pump if dice.random() < 1 / 300 else self._pump
        self._pressure += ((0.48 if self._pump else 0.42) - self._pressure) * 0.1 + dice.gauss(0, 0.001)
        self._level += dice.gauss(0, 0.004)
        self._warmth += dice.gauss(0, 0.01)
        numbers = (round(self._pressure, 3), round(self._level, 2), round(self._warmth, 1))
        return (*numbers, self._pump, "open")


@cache
def _hour(hardest: bool) -> list[Row]:
    dice = random.Random(330402)
    things: list[_Meter | _Door | _Plant]
    if hardest:
        names = [f"meter-{number}" for number in range(DEVICES)]
        things = [_Meter(dice, floats=True) for _ in names]
    else:
        names = [*(f"meter-{number}" for number in range(5)), "door-1", "tank-1", "tank-2"]
        things = [*(_Meter(dice, floats=number < 2) for number in range(5)), _Door(dice), _Plant(dice), _Plant(dice)]
    rows: list[Row] = []
    for second in range(_HOUR):
        for number, (name, thing) in enumerate(zip(names, things, strict=True)):
            at = (
                second * 1_000_000 + number * 110_000 + dice.randrange(9_000)
            )  # one bus after another, never quite even
            rows.append((at, name, thing.points, thing.read()))
    return rows


def batches(second: int, seconds: int, began_at: int, *, hardest: bool = False) -> Iterator[Batch]:
    """Yield what the site says from ``second`` for ``seconds``, counted from ``began_at`` (µs); the hour repeats.

    The ``hardest`` site to store is eight meters whose registers are floats, with seven digits each.
    """
    rows = _hour(hardest)
    for now in range(second, second + seconds):
        hour, place = divmod(now, _HOUR)
        for at, device, points, values in rows[place * DEVICES : (place + 1) * DEVICES]:
            yield Batch(device, began_at + hour * _HOUR * 1_000_000 + at, points, values)
