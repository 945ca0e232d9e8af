"""Bluetooth products as data: where in an advertisement or a characteristic a device's points and events lie."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt

Word = bool | int | float | str

FIELDS = "fields"
"""The format of data that the profile itself lays out; every other name is a decoder's."""


class _Strict:
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Field(_Strict):
    """A number, text or address at byte ``at`` of the data (negative: counted from its end; ``next``: right behind the
    field before it that is there).

    ``type``: an integer of so many bits in ``order``; ``fixed88`` is a signed 8.8 fixed-point number; ``hex`` and
    ``text`` are ``length`` bytes (0: all that follow); ``address`` six bytes as ``AA:BB:..``, most significant first
    unless the order is ``little``. Of an integer ``mask`` is taken first, then it is shifted right until the mask's
    lowest bit is its lowest; raws in ``invalid`` are no value; the others become ``raw * scale + offset``, rounded to
    ``decimals`` where they are given. The field is there only where every earlier field in ``only_if`` is what stands
    beside it, and none in ``unless`` is: flags choose a unit, a kind of packet or what follows.
    """

    at: int | Literal["next"]
    type: Literal["u8", "i8", "u16", "i16", "u24", "u32", "i32", "fixed88", "hex", "text", "address"] = "u8"
    order: Literal["little", "big"] = "little"
    length: Annotated[int, Ge(0)] = 0
    mask: Annotated[int, Gt(0)] | None = None
    scale: float = 1.0
    offset: float = 0.0
    decimals: Annotated[int, Ge(0)] | None = None
    invalid: tuple[int, ...] = ()
    only_if: dict[str, Word] = field(default_factory=dict)
    unless: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BluetoothPoint(_Strict):
    """A point made of the decoded field ``source`` (where it is not given: of the one called like ``key``).

    Data without the field says nothing about the point. ``words``: the field's value, as text (``true``, ``1``) → word
    of the catalogue, anything else is no value. ``whole``: rounded. ``plausible`` is this product's own span, in the
    point's unit. ``only_if``: fields and what they must be for the value to be believed; where one is another, the
    point has no value (a heart rate without skin contact).
    """

    key: str
    source: str = ""
    words: dict[str, Word] = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0
    whole: bool = False
    plausible: tuple[float, float] | None = None
    only_if: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BluetoothEvent(_Strict):
    """The event ``name``, found in what the field ``source`` does from one advertisement to the next.

    ``edge``: ``rises``: it becomes one of ``when`` and was none of them before, or was never heard, or is one of them
    under another ``number``; ``counts``: it is a counter that has grown (each step is an event; it begins anew after
    its largest value, ``modulo`` of them; where it stood when it was first heard is no event); ``packets``: it is one
    of ``when`` in a packet whose number ``number`` is another than the last one's; ``told``: it is there, each time a
    characteristic tells it (under one ``number`` once). ``number`` is the field with which the device numbers what it
    tells: the same press has the same number at every receiver. ``fields``: the event's own fields, from fields of the
    data by words (absent words: as it is).
    """

    name: str
    source: str
    edge: Literal["rises", "counts", "packets", "told"] = "rises"
    when: tuple[Word, ...] = (True, 1)
    modulo: Annotated[int, Gt(1)] = 256
    number: str = ""
    fields: dict[str, "EventField"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EventField(_Strict):
    """A field of an event: the decoded field ``source``, by ``words`` where there are any."""

    source: str
    words: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Advert(_Strict):
    """One kind of advertisement of a product, and what it says.

    Its data is that of manufacturer ``company`` (Bluetooth SIG company identifier) or the service data of ``service``
    (16-bit UUIDs as four hex digits, others in full); without either it is an advertisement that only has to show
    ``uuid`` or ``name``, and has no fields. ``uuid`` must be among the advertised services, ``name`` begin the local
    name, ``starts`` (hex) begin the data, and its length lie in ``length`` (shortest, longest).
    """

    company: Annotated[int, Ge(0)] | None = None
    service: str = ""
    uuid: str = ""
    name: str = ""
    starts: str = ""
    length: tuple[int, int] | None = None
    format: str = FIELDS
    fields: dict[str, Field] = field(default_factory=dict)
    points: tuple[BluetoothPoint, ...] = ()
    events: tuple[BluetoothEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Characteristic(_Strict):
    """A characteristic of a service (UUIDs as in ``Advert``): ``read``, or awaited as a notification or indication.

    ``optional``: a device without it is no worse for it. The rest as for ``Advert``.
    """

    service: str
    characteristic: str
    how: Literal["read", "notify"] = "read"
    format: str = FIELDS
    optional: bool = False
    fields: dict[str, Field] = field(default_factory=dict)
    points: tuple[BluetoothPoint, ...] = ()
    events: tuple[BluetoothEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Visit(_Strict):
    """When the device is connected to, and for how long at most it is listened to (``stay``) for what it notifies.

    ``when``: ``every``: by the clock, the device's ``every`` (``period`` where the file gives none); ``seen``: whenever
    it begins to advertise again after a silence, as a cuff does that has measured; ``stream``: for good.
    """

    when: Literal["every", "seen", "stream"]
    period: str = "15m"
    stay: str = "20s"
    reads: tuple[Characteristic, ...]


@dataclass(frozen=True, kw_only=True)
class GattWrite(_Strict):
    """What a command writes: ``value`` (hex) to a characteristic; ``answer``: the device confirms it."""

    service: str
    characteristic: str
    value: str
    answer: bool = False


@dataclass(frozen=True, kw_only=True)
class Bluetooth(_Strict):
    """What a Bluetooth product says and how it is known.

    ``signal`` is the key of the point that gets the signal strength. A device is known by its address (option ``mac``),
    by the key that its changing addresses are made of (option ``irk``, a secret), or by ``identity``: decoded fields
    and the options that they must equal. ``sleeps``: it is silent unless something happens, so that its pace says
    nothing of whether it is there.
    """

    signal: str = ""
    sleeps: bool = False
    identity: dict[str, str] = field(default_factory=dict)
    adverts: tuple[Advert, ...] = ()
    visit: Visit | None = None

    def points(self) -> tuple[BluetoothPoint, ...]:
        """Return every point that data brings, in order; a key may occur in several."""
        return tuple(point for part in self._parts() for point in part.points)

    def events(self) -> tuple[BluetoothEvent, ...]:
        """Return every event."""
        return tuple(event for part in self._parts() for event in part.events)

    def _parts(self) -> tuple[Advert | Characteristic, ...]:
        return (*self.adverts, *(() if self.visit is None else self.visit.reads))
