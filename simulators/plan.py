"""The YAML of a pretend community, checked: its buses, what hangs on them, and the little stories they play."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from config.duration import parse_duration
from simulators.modbus.faults import How


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Address = Annotated[int, Field(ge=1, le=255)]
Channel = Annotated[int, Field(ge=1, le=8)]


class PlanError(ValueError):
    """The community's file cannot be played; the message says where and why."""


class _Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Spell(_Plan):
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


class UnitScript(_Plan):
    """What may befall any unit."""

    silent: Spell | None = None
    wrong_answers: WrongAnswers | None = None
    slow: Slow | None = None


class Fill(_Plan):
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


class Passes(_Plan):
    """Somebody opens the door ``after_unlock`` and lets it shut ``for`` later."""

    after_unlock: Seconds = 1.0
    for_: Annotated[Seconds, Field(alias="for")] = 3.0


class DoorScript(_Plan):
    """What may befall a door. ``left_open``: somebody with the key opens it and goes away."""

    left_open: Spell | None = None
    passes: Passes | None = None


class CarPasses(_Plan):
    """A car comes ``after`` the start and again ``every`` so long. A guard opens, or it waits ``patience`` for the
    gateway to do so and then goes away. It takes ``under`` to drive through.
    """

    after: Seconds = 0.0
    every: Seconds | None = None
    opened_by: Literal["guard", "gateway"] = "guard"
    patience: Seconds = 60.0
    under: Seconds = 2.0


class BarrierScript(_Plan):
    """What may befall a barrier."""

    car_passes: CarPasses | None = None


class TcpBusPlan(_Plan):
    """A Modbus TCP server on loopback."""

    type: Literal["modbus-tcp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class SerialBusPlan(_Plan):
    """A pseudo-terminal; ``link`` is its name in the directory for links."""

    type: Literal["modbus-rtu"]
    link: str


class MeterPortPlan(_Plan):
    """A transparent serial server on loopback in front of a line of meters."""

    type: Literal["dlt645-tcp", "cjt188-tcp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class MeterLinePlan(_Plan):
    """A pseudo-terminal in front of a line of meters."""

    type: Literal["dlt645-serial", "cjt188-serial"]
    link: str


class _UnitPlan(_Plan):
    bus: str
    unit: Address


class BoardPlan(_UnitPlan):
    """A relay board that doors and barriers are wired to."""

    script: UnitScript = UnitScript()


class DoorPlan(_Plan):
    """A door on a board: its relay and, by name, its inputs."""

    model: Literal["door"]
    board: str
    relay: Channel
    inputs: dict[Literal["contact", "exit_button", "fire_input", "tamper"], Channel]
    script: DoorScript = DoorScript()


class BarrierPlan(_Plan):
    """A barrier on a board."""

    model: Literal["barrier"]
    board: str
    relays: dict[Literal["up", "down", "stop"], Channel]
    inputs: dict[Literal["limit_open", "limit_closed", "loop_front", "loop_under"], Channel]
    travel: Seconds = 3.0
    script: BarrierScript = BarrierScript()


class BinPlan(_UnitPlan):
    """A bin with its sensor."""

    model: Literal["ultrasonic-bin"]
    empty_mm: int = 1100
    full_mm: int = 250
    script: BinScript = BinScript()


class MeterPlan(_UnitPlan):
    """An electricity meter."""

    model: Literal["meter"]
    start_kwh: float = 100.0
    watts: float = 800.0
    count_reads: bool = False
    script: UnitScript = UnitScript()


class EnergyMeterPlan(_Plan):
    """An electricity meter that speaks DL/T 645."""

    model: Literal["dlt645"]
    bus: str
    address: Annotated[str, Field(pattern=r"^\d{12}$")]
    start_kwh: float = 100.0
    watts: float = 800.0
    script: UnitScript = UnitScript()


class FlowMeterPlan(_Plan):
    """A water or gas meter that speaks CJ/T 188; ``swapped`` is a maker who writes identifiers the other way round."""

    model: Literal["cjt188"]
    bus: str
    address: Annotated[str, Field(pattern=r"^\d{14}$")]
    medium: Literal["water", "gas"] = "water"
    start_m3: float = 100.0
    m3h: float = 0.3
    swapped: bool = False
    travel: Seconds = 5.0
    script: UnitScript = UnitScript()


class RegistersPlan(_UnitPlan):
    """A plain bank of registers."""

    model: Literal["registers"]
    count: Annotated[int, Field(ge=1, le=65536)] = 20
    moving: bool = True
    script: UnitScript = UnitScript()


DevicePlan = Annotated[
    DoorPlan | BarrierPlan | BinPlan | MeterPlan | RegistersPlan | EnergyMeterPlan | FlowMeterPlan,
    Field(discriminator="model"),
]


class CommunityPlan(_Plan):
    """A whole community. ``seed`` fixes everything that is drawn by lot."""

    site: str
    seed: int = 1
    buses: dict[str, Annotated[TcpBusPlan | SerialBusPlan | MeterPortPlan | MeterLinePlan, Field(discriminator="type")]]
    boards: dict[str, BoardPlan] = {}
    devices: dict[str, DevicePlan]


def load_plan(path: Path) -> CommunityPlan:
    """Return the plan in ``path``; ``PlanError`` with every mistake if it is none, ``OSError`` if it cannot be read."""
    try:
        return CommunityPlan.model_validate(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))
    except YAMLError as error:
        raise PlanError(f"{path}: {error}") from error
    except ValidationError as error:
        lines = (f"  {'.'.join(map(str, mistake['loc']))}: {mistake['msg']}" for mistake in error.errors())
        raise PlanError("\n".join((f"{path}:", *lines))) from error
