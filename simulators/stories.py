"""The little stories that pretend devices play, as a community's file tells them: when what befalls whom."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.duration import parse_duration
from simulators.modbus.faults import How
from simulators.modbus.speed import Speed, parse_speed


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
SpeedText = Annotated[Speed, BeforeValidator(lambda value: parse_speed(value) if isinstance(value, str) else value)]


class Part(BaseModel):
    """A piece of a community's file; a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Spell(Part):
    """When something happens: first ``after`` the start, ``for`` so long, again ``every`` so long (begin to begin)."""

    after: Seconds = 0.0
    for_: Annotated[Seconds, Field(alias="for")]
    every: Seconds | None = None


class WrongAnswers(Spell):
    """Answers are wrong for a spell; see ``simulators.modbus.faults.Faults``."""

    how: How = "exception"
    code: Annotated[int, Field(ge=1, le=11)] = 4
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Slow(Spell):
    """Answers come ``by`` later for a spell."""

    by: Seconds


class Noisy(Spell):
    """``bytes`` of noise come before each answer for a spell; on serial lines only."""

    bytes: Annotated[int, Field(ge=1, le=64)] = 3


class Reboots(Spell):
    """It restarts with its factory ``speed`` and is garbage on the line ``for`` so long, until somebody mends it."""

    speed: SpeedText


class UnitScript(Part):
    """What may befall any unit. ``stuck``: it goes on showing what it showed."""

    silent: Spell | None = None
    wrong_answers: WrongAnswers | None = None
    slow: Slow | None = None
    stuck: Spell | None = None
    noisy: Noisy | None = None
    reboots: Reboots | None = None


class Fill(Part):
    """The bin rises from ``from`` to ``to`` percent ``over`` a time, is emptied ``emptied_after`` more, and again
    rises from ``rest`` where ``repeat`` is set.
    """

    from_: Annotated[Percent, Field(alias="from")] = 0.0
    to: Percent = 95.0
    over: Seconds
    emptied_after: Seconds | None = None
    rest: Percent = 0.0
    repeat: bool = False


class Burns(Spell):
    """The bin gets as hot as ``to`` °C ``over`` a time, stays so ``for`` a time, and is put out."""

    to: float = 80.0
    over: Seconds = 5.0


class BinScript(UnitScript):
    """What may befall a bin."""

    fill: Fill | None = None
    burns: Burns | None = None


class Passes(Part):
    """Somebody opens the door ``after_unlock`` and lets it shut ``for`` later."""

    after_unlock: Seconds = 1.0
    for_: Annotated[Seconds, Field(alias="for")] = 3.0


class DoorScript(Part):
    """What may befall a door. ``left_open``: somebody with the key opens it and goes away."""

    left_open: Spell | None = None
    passes: Passes | None = None


class CarPasses(Part):
    """A car comes ``after`` the start and again ``every`` so long. A guard opens, or it waits ``patience`` for the
    gateway to do so and then goes away. It takes ``under`` to drive through; a drive that ``lowers`` does so by itself
    behind the car.

    ``camera`` sees it come, and reads of its next of ``plates`` with the ``likelihood`` there. The first comes when
    somebody has listened to that camera for ``after``.
    """

    after: Seconds = 0.0
    every: Seconds | None = None
    opened_by: Literal["guard", "gateway"] = "guard"
    patience: Seconds = 60.0
    under: Seconds = 2.0
    lowers: bool = False
    camera: str = ""
    plates: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)


class Moment(Part):
    """Something happens ``after`` the start, and again ``every`` so long."""

    after: Seconds = 0.0
    every: Annotated[Seconds, Field(gt=0)] | None = None


class WearableScript(Part):
    """What may befall a wearable or its wearer; each kind knows some of it.

    ``presses`` its button, ``falls``, ``measures``, ``rotates`` its address; ``taken_off``, ``walks_away`` and comes
    back, ``runs_flat`` and gets a new battery, ``exercises`` (takes heart rates meanwhile), ``opened``, ``moves`` (in
    front of a sensor), ``garbled`` (what it sends).
    """

    presses: Moment | None = None
    falls: Moment | None = None
    measures: Moment | None = None
    rotates: Moment | None = None
    taken_off: Spell | None = None
    walks_away: Spell | None = None
    runs_flat: Spell | None = None
    exercises: Spell | None = None
    opened: Spell | None = None
    moves: Spell | None = None
    garbled: Spell | None = None


class BarrierScript(Part):
    """What may befall a barrier."""

    car_passes: CarPasses | None = None
