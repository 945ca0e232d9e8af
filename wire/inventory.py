"""What a gateway has: its devices, their points and commands, as the console needs to show them."""

from msgspec import Struct


class PointInfo(Struct, frozen=True, omit_defaults=True):
    """One point of a device: catalogue ``key``, UCUM-like ``unit`` (empty for none), ``kind`` (bool, int, float,
    enum, string, counter), for an enum its ``values``, and how often it is due (``period_s``). ``withheld``: the
    gateway judges it and does not send it, for it tells where somebody is.
    """

    key: str
    kind: str
    unit: str = ""
    values: tuple[str, ...] = ()
    period_s: float = 0.0
    withheld: bool = False


class ArgumentInfo(Struct, frozen=True):
    """An integer a command takes, and what it is when left out."""

    min: int
    max: int
    default: int


class CommandInfo(Struct, frozen=True, omit_defaults=True):
    """One command a device can be asked: its name, what it takes, and whether the console must ask twice."""

    name: str
    args: dict[str, ArgumentInfo] = {}
    confirm: bool = False


class DeviceInfo(Struct, frozen=True, omit_defaults=True):
    """One device: ``id`` unique in its gateway, ``kind`` the catalogue class, ``profile`` the vendor model.

    ``building`` is the building of ``place``; ``person`` the code of whom it belongs to, never a name.
    """

    id: str
    name: str
    kind: str
    profile: str
    place: str = ""
    points: tuple[PointInfo, ...] = ()
    commands: tuple[CommandInfo, ...] = ()
    building: str = ""
    person: str = ""


class Inventory(Struct, frozen=True, omit_defaults=True):
    """Everything one gateway has, replacing what it said before. ``at`` is microseconds since the epoch, UTC."""

    at: int
    site: str
    name: str
    config_hash: str
    devices: tuple[DeviceInfo, ...] = ()
