"""One device that tells by itself, shown live, as a capability: what came, what was made of it, and why no more."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

from drivers.api.overhears import AddressKind, Element
from wire.reading import Value

Why: TypeAlias = Literal["", "absent", "no_value", "only_if", "implausible", "words", "same"]
"""Why a point or an event did not come about, empty where it did.

``absent``: the data has no such field; ``no_value``: the device says that it has none; ``only_if``: the profile does
not believe it now; ``implausible``: outside of this product's span; ``words``: no word of the profile's for it;
``same``: what it watches has not changed.
"""

SAME_S: Final = 0.05
"""What several receivers hear within this time is one advertisement."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one point, or of one event (``is_event``).

    ``source`` is the decoded field it is made of and ``seen`` that field's value; ``value`` and ``quality`` are the
    point's (``wire.reading``), of an event ``value`` is the device's own number for it. ``why`` see ``Why``.
    """

    key: str
    source: str
    seen: Value
    value: Value
    quality: int = 0
    why: Why = ""
    is_event: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One advertisement of the device, or one characteristic that was read or told while it was connected to.

    ``at`` is in µs since the epoch, UTC; ``source`` the characteristic (``180d/2a37``), empty for an advertisement;
    ``repeated``: it says nothing that the last one did not say; ``foreign``: it is none that the profile knows.
    ``fields`` are the decoded ones by name. ``error`` (``word: detail``) says why it was not decoded, or why the device
    could not be connected to. ``every_s`` is the median time between two advertisements, ``stale_s`` the silence after
    which its values count as old (0: not known yet).
    """

    at: int
    address: str
    kind: AddressKind
    receiver: str
    rssi: int | None
    source: str = ""
    repeated: bool = False
    foreign: bool = False
    elements: tuple[Element, ...] = ()
    uuids: tuple[str, ...] = ()
    fields: Mapping[str, Value] = field(default_factory=dict)
    made: tuple[Made, ...] = ()
    error: str = ""
    every_s: float = 0.0
    stale_s: float = 0.0


@runtime_checkable
class Shows(Protocol):
    """A driver that can show one of its devices as it tells."""

    def show(self, device: str, seconds: float | None = None) -> AsyncGenerator[Shown, None]:
        """Listen to ``device`` for ``seconds`` (``None``: until the iterator is closed) and give whatever it tells.

        A device that has to be connected to is connected to once, when it is heard first. The bus must not be open: the
        radios are taken for this alone and given back at the end. ``LineLost`` and ``Misconfigured`` as
        ``Driver.open`` raises them.
        """
        ...
