"""A device's readings explained step by step, as a capability: what came, what was made of it, what else it may be."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from wire.reading import Value


@dataclass(frozen=True, slots=True)
class Decoding:
    """One way to read the same bytes: ``order`` names it (``CDAB``), ``value`` is what it gives."""

    order: str
    value: Value
    plausible: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """How one point came to its value.

    ``raw`` is what the device sent, as its protocol writes it (``0x0054``), empty where the point is concluded from
    others; ``steps`` what was done with it, in figures (``84 × 10``). ``quality`` is that of ``wire.reading``,
    ``plausible`` the product's span. ``orders`` are all word orders of a value of several registers, the profile's
    own first; empty where there is only one way.
    """

    key: str
    raw: str
    steps: str
    value: Value
    quality: int
    plausible: tuple[float, float] | None = None
    orders: tuple[Decoding, ...] = ()


@runtime_checkable
class Explains(Protocol):
    """A driver that can show its work."""

    async def explain(self, device: str) -> tuple[Explained, ...]:
        """Read all of a device's points once and return how each came about; raises as ``Polls.poll`` does."""
        ...
