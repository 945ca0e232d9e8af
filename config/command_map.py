"""A command as a profile maps it: what is written, published or sent over the air, and what must be read back."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from config.address import Address, Scalar, Text
from config.bluetooth import GattWrite
from config.camera import CameraCall
from config.message import Publish


class _Strict:
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Argument(_Strict):
    """The command argument ``arg`` times ``scale``, plus ``offset`` (which may come from an option, as in ``Address``).

    ``curve: dali`` turns percent of light into a DALI arc level first (IEC 62386-102: logarithmic, 100 is 254).
    """

    arg: str
    scale: float = 1.0
    offset: int | Address = 0
    curve: Literal["linear", "dali"] = "linear"


@dataclass(frozen=True, kw_only=True)
class Write(_Strict):
    """One request that a command sends.

    ``kind``: ``coil`` (FC05 on/off), ``coils`` (FC15), ``register`` (FC06), ``registers`` (FC16), or ``timed_coil``:
    FC05 whose value field is a duration (Waveshare "flash": not a legal coil value). ``item`` is no Modbus: the data
    identifier ``address`` of a CJ/T 188 meter is written with one byte. ``value`` is a literal (list for ``coils`` and
    ``registers``), ``{arg, scale, offset}``: made of a command argument, rounded, or like an address ``{base, option,
    step}``: made of an option. ``broadcast``: to unit 0 of a serial line, which every device on it obeys and none
    answers.
    """

    kind: Literal["coil", "coils", "register", "registers", "timed_coil", "item"]
    address: int | Address
    value: Scalar | Argument | Address | tuple[int | Argument | Address, ...]
    broadcast: bool = False


@dataclass(frozen=True, kw_only=True)
class Interlock(_Strict):
    """Refuse the command unless ``point``, read just before, is one of ``allowed``."""

    point: str
    allowed: tuple[Scalar, ...]
    why: Text


@dataclass(frozen=True, kw_only=True)
class ArgumentRange(_Strict):
    """What a command takes: an integer in ``range``, ``default`` when it is left out."""

    range: tuple[int, int]
    default: int


@dataclass(frozen=True, kw_only=True)
class CommandMap(_Strict):
    """How a catalogue command is done on this product.

    ``writes`` to a device that is asked, ``publish`` to one behind a broker, ``gatt`` over Bluetooth, ``camera`` to a
    camera. ``readback`` lists point keys to read afterwards; ``expect`` what they must show (one value or any of
    several) for the outcome to be ``executed`` (``within_s`` gives slow mechanics time). ``confirm``: the console asks
    twice.
    """

    writes: tuple[Write, ...] = ()
    publish: Publish | None = None
    gatt: GattWrite | None = None
    camera: CameraCall | None = None
    args: dict[str, ArgumentRange] = field(default_factory=dict)
    interlock: Interlock | None = None
    readback: tuple[str, ...] = ()
    expect: dict[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    within_s: float = 1.0
    confirm: bool = False
