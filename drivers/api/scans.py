"""Finding what hangs on a line, as a capability: one address after the other is read and never written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from config.address import Scalar
from config.profile import Profile
from wire.reading import Value

QUESTIONS = 3
"""So many requests go unanswered, each for the bus's timeout, before an address counts as silent."""

Confidence: TypeAlias = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Match:
    """A profile that an address may be, and what speaks for it.

    ``identity``: its identity register holds what it must (``None``: the profile has none). ``readable`` of
    ``requests`` were answered with data. ``good`` of ``points`` read values within this product's span, ``zero`` of
    them nothing but zero, which proves little; ``implausible`` lie outside. ``values`` are the readings, by key.
    ``factory`` tells whether address and speed are those that the maker ships; ``size`` that a board has exactly so
    many relays or inputs (0: nobody knows). ``options`` are those of the device that the search found out.
    """

    profile: str
    confidence: Confidence
    identity: bool | None
    readable: int
    requests: int
    good: int
    zero: int
    implausible: int
    points: int
    factory: bool
    size: int
    values: dict[str, Value]
    options: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What became of one address.

    ``silent``: nothing came. ``garbled``: something came, and never a whole answer, in ``tries`` tries. ``answers``:
    a device is there; ``matches`` is best first and may be empty, then ``seen`` says what each kind of question
    brought. ``answer_s`` is its quickest answer.
    """

    address: int | str
    state: Literal["silent", "garbled", "answers"]
    tries: int = 0
    answer_s: float = 0.0
    matches: tuple[Match, ...] = ()
    seen: tuple[str, ...] = ()


@runtime_checkable
class Scans(Protocol):
    """A driver that can look for devices that it was not told about."""

    async def look(self, address: int | str, profiles: Sequence[Profile]) -> Sighting:
        """Ask ``address`` whether anybody is there and which of ``profiles`` it is; only ever reads.

        The bus must be open; profiles of other protocols are passed over. ``LineLost`` when the line is gone.
        """
        ...


@runtime_checkable
class Searches(Protocol):
    """A driver whose devices answer to numbers that are too long to be tried one after the other."""

    def search(self, profiles: Sequence[Profile], *, thorough: bool = False) -> AsyncIterator[Sighting]:
        """Find out who is on the line and which of ``profiles`` it is; only ever reads.

        A device that is alone is found at once; several by their last digits, which ``thorough`` tries in any case.
        ``silent`` sightings tell how far the search is. The bus must be open; ``LineLost`` when the line is gone.
        """
        ...

    def search_s(self) -> tuple[float, float]:
        """Return how long the first calls take, which find a device that is alone, and each round of two digits."""
        ...
