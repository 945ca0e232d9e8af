"""Stories of one look a minute: an ordinary time, then something happens, then an ordinary time again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tests.scenery.mischief import COVERS, Deed, dark, defocus
from tests.scenery.place import HEIGHT, WIDTH, Floats, Place, place
from tests.scenery.weather import Air, seen, taken

Change = Callable[[Air, float], Air]
"""The air at a part (0 to 1) of what happens."""


@dataclass(frozen=True)
class Story:
    """``state`` is what is right to say of it. ``night``: it happens under infrared; ``first``:
    there was no night before. ``deed``: done to the
    camera. ``shift``: turned by this part of the picture. ``stops``: the picture stands still, ``ticks``: but for the
    time written into it. ``elsewhere``: another place is seen.
    """

    name: str
    state: str
    change: Change = lambda air, _: air
    during: int = 9
    night: bool = False
    first: bool = False
    deed: Deed | None = None
    shift: float = 0.0
    stops: bool = False
    ticks: bool = False
    elsewhere: bool = False


@dataclass(frozen=True)
class Setting:
    """A place, another one, and how it began: all that hangs on a seed."""

    seed: int
    scene: Place
    other: Place
    air: Air

    @classmethod
    def of(cls, seed: int) -> "Setting":
        """Return the setting of ``seed``."""
        dice = np.random.default_rng(seed)
        air = Air(seed * 100_000, sun=float(dice.uniform(0.2, 1.0)), noise=float(dice.uniform(1.0, 3.5)))
        return cls(seed, place(seed), place(seed + 1009), air)

    def before(self, *, night: bool, first: bool = False) -> Iterator[bytes]:
        """Yield a day and a night (some looks of each) and, unless it is ``night``, a morning; ``first``: the day
        alone.
        """
        parts = [("day", 16), ("night", 12)] if night else [("day", 16), ("night", 12), ("morning", 6)]
        for k, when in enumerate(part for part, looks in parts[: 1 if first else None] for _ in range(looks)):
            air = self._at(k, infrared=when == "night")
            yield taken(seen(self.scene, air), air)

    def during(self, story: Story) -> Iterator[bytes]:
        """Yield what happens."""
        at = _turned(story.shift, np.random.default_rng(self.seed + 5))
        for k in range(story.during):
            air = self._at(100 + k, infrared=story.night)
            yield _during(story, self.other if story.elsewhere else self.scene, at, air, k)

    def after(self, *, night: bool) -> Iterator[bytes]:
        """Yield an ordinary time."""
        for k in range(AFTERWARDS):
            air = self._at(300 + k, infrared=night)
            yield taken(seen(self.scene, air), air)

    def _at(self, minute: int, *, infrared: bool) -> Air:
        wobble, sun = self.air.wobble + 7 * minute, self.air.sun + 0.008 * minute
        return replace(self.air, wobble=wobble, sun=sun, clock=480 + minute, infrared=infrared)


AFTERWARDS = 10


def _during(story: Story, scene: Place, at: tuple[float, float], air: Air, look: int) -> bytes:
    now = replace(story.change(air, look / max(1, story.during - 1)), turned=at)
    if story.stops:
        now = replace(now, wobble=1, sun=0.5, clock=air.clock if story.ticks else 0)
    lens: Floats = seen(scene, now)
    if story.deed is not None:
        lens = story.deed(lens, np.random.default_rng(air.wobble // 100_000))
    return taken(lens, now)


def _turned(part: float, dice: np.random.Generator) -> tuple[float, float]:
    """Return a shift by this part of the picture, in some direction, as far as the place was drawn."""
    x = part * WIDTH * float(dice.choice([-1, 1]))
    return x, float(dice.uniform(-1, 1)) * part * HEIGHT if part else 0.0


def _comes_and_goes(part: float) -> float:
    return float(min(1.0, 2.5 * min(part, 1 - part)))


def _weather(**most: float) -> Change:
    return lambda air, part: replace(air, **{key: much * _comes_and_goes(part) for key, much in most.items()})  # type: ignore[arg-type]


def _steady(**values: object) -> Change:
    return lambda air, _: replace(air, **values)  # type: ignore[arg-type]


def _evening(air: Air, part: float) -> Air:
    return replace(air, light=max(0.12, 1 - 1.2 * part), infrared=part > 0.7)


def _clouds(air: Air, part: float) -> Air:
    return replace(air, light=0.62 + 0.38 * float(np.cos(14 * part)))


ORDINARY = (
    Story("an ordinary hour", "ok", during=30),
    Story("the first evening", "ok", _evening, 30, first=True),
    Story("a first night, its lamp is weak", "ok", _steady(infrared=True, lamp=0.6), first=True),
    Story("clouds before the sun", "ok", _clouds, 20),
    Story("dusk, then infrared", "ok", _evening, 24),
    Story("infrared from one look to the next", "ok", _steady(infrared=True), 12),
    Story("lamps off by night, colour", "ok", _steady(light=0.15), 12),
    Story("the morning after", "ok", _steady(infrared=False), 12, night=True),
    Story("rain", "ok", _weather(rain=0.5), 20),
    Story("a cloudburst", "ok", _steady(rain=1.0), 12),
    Story("rain by night", "ok", _weather(rain=1.0), 20, night=True),
    Story("fog comes and goes", "ok", _weather(fog=1.2), 30),
    Story("thick fog", "ok", _weather(fog=3.0), 40),
    Story("fog by night", "ok", _weather(fog=1.2), 30, night=True),
    Story("snowfall", "ok", _weather(snow=1.0), 20),
    Story("snowfall by night", "ok", _weather(snow=1.0), 20, night=True),
    Story("leaves in the wind", "ok", _steady(leaves=1.0), 12),
    Story("shaking in the wind", "ok", _steady(shake=4.0), 12),
    Story("headlights", "ok", _steady(headlights=True), 12, night=True),
    Story("a noisy night", "ok", _steady(noise=6.0), 12, night=True),
    Story("a lorry stands for two minutes", "ok", _steady(lorry=True), 2),
    Story("a lorry stays", "ok", _steady(lorry=True), 24),
)
TROUBLE = (
    *(Story(name, "covered", deed=deed) for name, deed in COVERS.items()),
    *(Story(f"{name} by night", "covered", deed=deed, night=True) for name, deed in COVERS.items()),
    Story("black from one look to the next, by day", "covered", deed=dark),
    Story("the lamps fail by night", "dark", deed=dark, night=True),
    *(Story(f"out of focus by {r / 6.4:.1f} %", "defocused", deed=defocus(r)) for r in (4, 7, 12)),
    *(
        Story(f"out of focus by {r / 6.4:.1f} %, by night", "defocused", deed=defocus(r), night=True)
        for r in (4, 7, 12)
    ),
    *(Story(f"turned by {part:.0%}", "moved", shift=part) for part in (0.05, 0.1, 0.15, 0.2, 0.3)),
    *(Story(f"turned by {part:.0%}, by night", "moved", shift=part, night=True) for part in (0.05, 0.1, 0.2, 0.3)),
    Story("turned by 15 %, in the rain", "moved", _steady(rain=0.6), shift=0.15),
    Story("turned to another place", "moved", elsewhere=True),
    Story("frozen", "frozen", stops=True),
    Story("frozen, its clock runs on", "frozen", stops=True, ticks=True),
)
