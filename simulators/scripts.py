"""The little stories of a community, told on a lent clock: bins fill, doors stay open, cars pass, units fail."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Protocol

from runtime.clock import Clock
from simulators.devices.barrier import Barrier
from simulators.devices.door import Door
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.stories import Burns, CarPasses, Fill, Moment, Noisy, Passes, Reboots, Slow, Spell, WrongAnswers

_LOOK_S = 0.2


async def play_spell(
    clock: Clock, spell: Spell, begin: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]
) -> None:
    """Do ``begin`` and ``end`` at the spell's times; returns after the last one, never where ``every`` is set."""
    await clock.sleep(spell.after)
    due = clock.monotonic()
    while True:
        await begin()
        await clock.sleep(spell.for_)
        await end()
        if spell.every is None:
            return
        due += spell.every
        await clock.sleep(due - clock.monotonic())


async def play_moments(clock: Clock, moment: Moment, do: Callable[[], object]) -> None:
    """Do something at the moment's times; returns after the last one, never where ``every`` is set."""
    await clock.sleep(moment.after)
    due = clock.monotonic()
    while True:
        do()
        if moment.every is None:
            return
        due += moment.every
        await clock.sleep(due - clock.monotonic())


async def play_change(clock: Clock, spell: Spell, begin: Callable[[], object], end: Callable[[], object]) -> None:
    """Do ``begin`` and ``end``, which take no time, at the spell's times."""

    async def begins() -> None:
        begin()

    async def ends() -> None:
        end()

    await play_spell(clock, spell, begins, ends)


async def play_silent(clock: Clock, faults: Faults, spell: Spell) -> None:
    """Let a unit say nothing for a spell."""

    async def begin() -> None:
        faults.silent = True

    async def end() -> None:
        faults.silent = False

    await play_spell(clock, spell, begin, end)


async def play_wrong_answers(clock: Clock, faults: Faults, spell: WrongAnswers) -> None:
    """Let a unit answer wrong for a spell."""

    async def begin() -> None:
        faults.code, faults.share, faults.wrong = spell.code, spell.share, spell.how

    async def end() -> None:
        faults.wrong = None

    await play_spell(clock, spell, begin, end)


async def play_slow(clock: Clock, faults: Faults, spell: Slow) -> None:
    """Let a unit answer late for a spell."""

    async def begin() -> None:
        faults.slow_s = spell.by

    async def end() -> None:
        faults.slow_s = 0.0

    await play_spell(clock, spell, begin, end)


async def play_stuck(clock: Clock, faults: Faults, spell: Spell) -> None:
    """Let a unit go on showing what it showed for a spell."""

    async def begin() -> None:
        faults.stuck = True

    async def end() -> None:
        faults.stuck = False

    await play_spell(clock, spell, begin, end)


async def play_noisy(clock: Clock, faults: Faults, spell: Noisy) -> None:
    """Let noise come before a unit's answers for a spell."""

    async def begin() -> None:
        faults.noise = spell.bytes

    async def end() -> None:
        faults.noise = 0

    await play_spell(clock, spell, begin, end)


async def play_reboots(clock: Clock, faults: Faults, spell: Reboots) -> None:
    """Let a unit come back from a restart with its factory speed, and be set right at the spell's end."""

    async def begin() -> None:
        faults.speaks = spell.speed

    async def end() -> None:
        faults.speaks = None

    await play_spell(clock, spell, begin, end)


async def play_fill(clock: Clock, waste: UltrasonicBin, fill: Fill) -> None:
    """Let a bin fill up and be emptied."""
    waste.set_level(fill.from_)
    while True:
        waste.fill_to(fill.to, fill.over)
        await clock.sleep(fill.over)
        if fill.emptied_after is None:
            return
        await clock.sleep(fill.emptied_after)
        waste.empty(fill.rest)
        if not fill.repeat:
            return


async def play_burns(clock: Clock, waste: UltrasonicBin, burns: Burns) -> None:
    """Let a bin burn and be put out."""
    usual_c = waste.temperature_c

    async def begin() -> None:
        waste.heat_to(burns.to, burns.over)
        await clock.sleep(burns.over)

    async def end() -> None:
        waste.heat_to(usual_c, burns.over)

    await play_spell(clock, burns, begin, end)


async def play_left_open(clock: Clock, door: Door, spell: Spell) -> None:
    """Let somebody open a door with the key and forget it."""

    async def begin() -> None:
        door.open("key")

    async def end() -> None:
        door.close()

    await play_spell(clock, spell, begin, end)


async def walk_through(clock: Clock, door: Door, passes: Passes) -> None:
    """Let the person for whom the door was unlocked go through, if it is still unlocked when they pull."""
    await clock.sleep(passes.after_unlock)
    if door.open():
        await clock.sleep(passes.for_)
        door.close()


class SeesCars(Protocol):
    """A camera at a gate: ``listened_to`` when anybody hears what it tells."""

    @property
    def listened_to(self) -> bool: ...

    def pass_car(self, plate: str, likelihood: float) -> object: ...


async def play_car_passes(clock: Clock, barrier: Barrier, car: CarPasses, camera: SeesCars | None = None) -> None:
    """Let cars come, be seen by ``camera``, wait for the boom, and drive through or give up.

    Time begins when somebody listens to that camera.
    """
    while camera is not None and not camera.listened_to:
        await clock.sleep(_LOOK_S)
    await clock.sleep(car.after)
    due = clock.monotonic()
    plates = itertools.cycle(car.plates.items() or [("", 0.0)])
    while True:
        plate, likelihood = next(plates)
        barrier.car_arrives(plate)
        if camera is not None and plate:
            await clock.sleep(_LOOK_S)
            camera.pass_car(plate, likelihood)
        await _one_car(clock, barrier, car)
        if car.every is None:
            return
        due += car.every
        await clock.sleep(due - clock.monotonic())


async def _one_car(clock: Clock, barrier: Barrier, car: CarPasses) -> None:
    if car.opened_by == "guard":
        barrier.push_up()
    patience_ends = clock.monotonic() + car.patience
    while not barrier.car_enters():
        if clock.monotonic() >= patience_ends:
            barrier.car_leaves()
            return
        await clock.sleep(_LOOK_S)
    await clock.sleep(car.under)
    barrier.car_leaves()
    if car.opened_by == "guard" or car.lowers:
        barrier.push_down()
