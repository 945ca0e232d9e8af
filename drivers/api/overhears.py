"""Who is on the air, as a capability: a radio listens for a while, asks nobody, and says what each one may be."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

from config.address import Scalar
from config.profile import Profile
from drivers.api.scans import Confidence
from wire.reading import Value

AddressKind: TypeAlias = Literal["public", "static", "resolvable", "non_resolvable", "unknown"]
"""What an address is worth (Bluetooth Core, Vol 6, Part B, 1.3): ``public`` and ``static`` ones stay; ``resolvable``
ones change and whoever has the device's key knows them again; ``non_resolvable`` ones change and nobody does.
"""


class Element(NamedTuple):
    """A piece of what was heard: where it stood (``company 0157``, ``service fcd2``, ``180d/2a37``), and its bytes."""

    where: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Guess:
    """A profile that a sender may be, and what speaks for it.

    ``high``: the data is laid out as only this product's, and says what it may say. ``medium``: it fits a layout or a
    service that others may have too. ``low``: it shows hardly more than a battery or a short name, or its values are
    implausible. ``values`` are the points decoded, by key; ``events`` the names of what the profile could hear.
    ``options`` are those of a device that the data gave away; ``keys`` the options that only the maker or the label can
    give (a secret key).
    """

    profile: str
    confidence: Confidence
    values: dict[str, Value] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    options: dict[str, Scalar] = field(default_factory=dict)
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overheard:
    """One sender. ``device`` is the one of the file that it is, empty where it is none of them.

    ``rssi`` (dBm) is the median at the receiver that heard it best, ``times`` how often it was heard there, ``every_s``
    the median time between two (0: heard once). ``guesses`` are best first. ``uuids`` are the services it says it has.
    """

    address: str
    kind: AddressKind
    device: str
    rssi: int | None
    times: int
    every_s: float
    elements: tuple[Element, ...] = ()
    uuids: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()


@runtime_checkable
class Overhears(Protocol):
    """A driver that can say who is on the air, its own devices and others."""

    def overhear(self, profiles: Sequence[Profile], seconds: float) -> AsyncGenerator[Overheard, None]:
        """Listen for ``seconds`` and give each sender when it is heard first, and all of them once more when the time
        is over, the strongest first: the last word on an address counts.

        The bus must not be open: the radios are taken for this alone and given back at the end. Nothing is sent that an
        ordinary scan does not send. Profiles of other protocols are passed over. ``LineLost`` and ``Misconfigured`` as
        ``Driver.open`` raises them; data that makes no sense costs itself and nothing else.
        """
        ...
