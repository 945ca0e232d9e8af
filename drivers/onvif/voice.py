"""What is told of one camera, as seen by whoever hears it: pulls, pushes, streams, health all speak through this."""

from collections.abc import Mapping
from typing import Protocol

from drivers.api.errors import DriverError
from wire.reading import Quality, Value


class Voice(Protocol):
    """One camera's voice. What waits here is bounded: a method that is awaited returns when there is room again."""

    async def body(self, body: bytes) -> None:
        """One answer, part or push in any dialect: decoded, rationed and told; garbage costs itself and is counted.
        ``CorruptAnswer`` when the camera sends so much that whoever listens had better stop for a while.
        """
        ...

    async def points(self, values: Mapping[str, tuple[Value, Quality]]) -> None:
        """Points that now stand so, each with its quality; those the device does not have are left out."""
        ...

    async def event(self, name: str, fields: Mapping[str, Value], *, number: str = "", picture: bytes = b"") -> None:
        """Something happened, now; ``number`` is what the camera calls it, ``picture`` a JPEG of it."""
        ...

    async def picture(self, data: bytes) -> None:
        """A JPEG that came with the last event (another part of the same push)."""
        ...

    def there(self) -> None:
        """The camera showed that it is alive."""
        ...

    def gone(self, error: DriverError) -> None:
        """One of its ways does not work at present, and why; said each time it is tried."""
        ...

    async def missed(self, since: int, why: str) -> None:
        """Nobody listened from ``since`` (µs) until now: an event ``listening_gap`` is told."""
        ...
