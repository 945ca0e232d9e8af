"""A vendor model as data: where its points lie, how its commands are sent, and the frames its manual shows."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from config.address import Address, Options, Scalar, Text, resolve
from config.bluetooth import Bluetooth
from config.camera import Camera
from config.command_map import CommandMap
from config.item import Item
from config.message import Availability, Message
from config.transport import Table, Transport


class _Strict:
    # pydantic holds a file against these (config.catalog). Who reads a profile that was checked needs none of it: the
    # running agent is 8 MB smaller for it.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Option(_Strict):
    """A setting that a device of this profile takes in the gateway's YAML, beside the common ones.

    ``type`` is ``int``, ``float``, ``str``, ``bool`` or ``map`` (named integers: ``keys`` lists the allowed names,
    ``range`` bounds each), ``mac`` (a Bluetooth address), ``secret`` (``!secret name``: drivers get the name; with
    ``digits`` it is so many hex digits), ``person`` (a code, never a name or number) or ``meter`` (a meter's address as
    text of ``digits`` digits, see ``config.meters``). ``exclusive`` says that no two devices of one unit on one bus may
    share a value; ``whole_board`` that, where it is set, no device of another class may be wired to the same unit.
    """

    type: Literal["int", "float", "str", "bool", "map", "mac", "secret", "person", "host", "meter"]
    help: Text
    required: bool = False
    default: Scalar | None = None
    range: tuple[float, float] | None = None
    choices: tuple[Scalar, ...] = ()
    keys: tuple[str, ...] = ()
    exclusive: bool = False
    whole_board: bool = False
    digits: int = 0


Encoding = Literal["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "low_byte", "high_byte", "hex64"]


@dataclass(frozen=True, kw_only=True)
class RegisterPoint(_Strict):
    """A point read from the device: raw value (``encoding``), then ``bit`` if given, then ``raw * scale + offset``, or
    ``words`` (raw value as decimal text, a bit's ``0`` or ``1``, → word of the catalogue). ``invalid`` raws are no
    value (quality bad). ``low_byte`` and ``high_byte`` are one half of a register; ``hex64`` is four registers as
    sixteen digits (a tag's number), the empty text when all are zero. Raws from ``negative_from`` on stand for numbers
    below zero, by their distance from it (10050 is -50 from 10000). ``plausible`` is this product's own span, in the
    point's unit; outside it the quality is ``IMPLAUSIBLE``. ``moves_within`` (``10m``): a value that has not changed
    for so long is ``STUCK``. An ``internal`` point only feeds states and levels and is never reported; its key need not
    be in the catalogue.
    """

    key: str
    table: Table
    address: int | Address
    encoding: Encoding = "u16"
    bit: Annotated[int, Ge(0), Le(15)] | None = None
    scale: float = 1.0
    offset: float = 0.0
    negative_from: Annotated[int, Ge(1)] | None = None
    words: dict[str, Scalar] = field(default_factory=dict)
    invalid: tuple[int, ...] = ()
    plausible: tuple[float, float] | None = None
    moves_within: str = ""
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class StateCase(_Strict):
    """The point reads ``value`` when every point named in ``when`` reads what stands there."""

    when: dict[str, Scalar]
    value: str


@dataclass(frozen=True, kw_only=True)
class StatePoint(_Strict):
    """A point concluded from others (limit switches): the first case that holds; else ``after[last value]``; else
    ``otherwise``. A bad source makes the state ``otherwise`` with the source's quality.
    """

    key: str
    cases: tuple[StateCase, ...]
    after: dict[str, str] = field(default_factory=dict)
    otherwise: str = "unknown"


@dataclass(frozen=True, kw_only=True)
class LevelPoint(_Strict):
    """A point computed here: percent full from a distance downwards, ``100 * (empty - d) / (empty - full)``, held
    to 0..100. ``empty`` and ``full`` name options (mm); ``source`` a register point's key.
    """

    key: str
    source: str
    empty: str
    full: str


@dataclass(frozen=True, kw_only=True)
class Identity(_Strict):
    """A register whose value tells this product from others (for ``discover``)."""

    table: Table
    address: int
    expect: int


@dataclass(frozen=True, kw_only=True)
class Golden(_Strict):
    """A frame from the manual, whole (Modbus: RTU form), hex: the request, the answer where known, the values it means,
    and the ``options`` and (for commands) ``command``/``args`` or (for reads) ``points`` for which the driver must
    produce it. Without either it only documents the manual.
    """

    request: str
    answer: str | None = None
    unit: int = 1
    options: dict[str, Scalar | dict[str, int]] = field(default_factory=dict)
    points: tuple[str, ...] = ()
    values: dict[str, Scalar] = field(default_factory=dict)
    command: str | None = None
    args: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Profile(_Strict):
    """One vendor model of one device class. ``id`` is ``family/vendor-model`` and equals its path below
    ``config/profiles``; ``kind`` is a class of the catalogue; ``manual`` is where the map comes from. A product with
    ``messages``, ``bluetooth`` or ``camera`` tells by itself, and is gone when it is silent for longer than ``silence``
    (``3h``).
    """

    id: str
    kind: str
    product: Text
    manual: tuple[str, ...]
    driver: str
    transport: Transport
    options: dict[str, Option] = field(default_factory=dict)
    points: tuple[RegisterPoint, ...] = ()
    items: tuple[Item, ...] = ()
    messages: tuple[Message, ...] = ()
    bluetooth: Bluetooth | None = None
    camera: Camera | None = None
    silence: str = ""
    availability: Availability | None = None
    levels: tuple[LevelPoint, ...] = ()
    states: tuple[StatePoint, ...] = ()
    identify: Identity | None = None
    commands: dict[str, CommandMap] = field(default_factory=dict)
    frames: dict[str, Golden] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()

    def moves_within(self) -> dict[str, str]:
        """Return how long values of this product may stand still, by point, where it says so."""
        said = [(point.key, point.moves_within) for point in self.points]
        said += [(point.key, point.moves_within) for item in self.items for point in item.points]
        return {key: within for key, within in said if within}

    def keys(self) -> tuple[str, ...]:
        """Return the keys of every point this product can report, in order."""
        read = tuple(point.key for point in self.points if not point.internal)
        read += self._listed()
        return read + tuple(level.key for level in self.levels) + tuple(state.key for state in self.states)

    def points_on(self, options: Options) -> tuple[str, ...]:
        """Return the keys that a device with ``options`` reports: those whose terminals it names."""
        there = {point.key for point in self.points if resolve(point.address, options) is not None}
        read = tuple(point.key for point in self.points if not point.internal and point.key in there)
        read += self._listed()
        levels = tuple(one.key for one in self.levels if one.source in there and {one.empty, one.full} <= set(options))
        states = tuple(one.key for one in self.states if any(there.issuperset(case.when) for case in one.cases))
        return read + levels + states

    def _listed(self) -> tuple[str, ...]:
        """Return the keys of what meters' items and messages bring, each once."""
        told = dict.fromkeys(point.key for message in self.messages for point in message.points)
        if self.bluetooth is not None:
            told |= dict.fromkeys(point.key for point in self.bluetooth.points())
            told |= {self.bluetooth.signal: None} if self.bluetooth.signal else {}
        if self.camera is not None:
            told |= dict.fromkeys(self.camera.points)
        return (*(point.key for item in self.items for point in item.points), *told)

    @property
    def tells(self) -> bool:
        """Whether a device tells by itself and is not asked."""
        return bool(self.messages) or self.bluetooth is not None or self.camera is not None

    def events(self) -> tuple[str, ...]:
        """Return the names of the events that a device tells, each once."""
        told = dict.fromkeys(event.name for message in self.messages for event in message.events)
        if self.bluetooth is not None:
            told |= dict.fromkeys(event.name for event in self.bluetooth.events())
        if self.camera is not None:
            told |= dict.fromkeys(self.camera.events)
        return tuple(told)

    def commands_on(self, options: Options) -> tuple[str, ...]:
        """Return the commands that a device with ``options`` can do: terminals named, interlock wired."""
        there = {point.key for point in self.points if resolve(point.address, options) is not None}
        there.update(self.points_on(options))
        return tuple(
            name
            for name, command in self.commands.items()
            if all(resolve(write.address, options) is not None for write in command.writes)
            and (command.interlock is None or command.interlock.point in there)
        )
