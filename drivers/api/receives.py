"""Lines that can go deaf without a word, as a capability: radios on which somebody's call for help depends."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Receives(Protocol):
    """A driver whose receivers may hear nothing although nothing is broken that anybody could see."""

    def deaf(self) -> str:
        """Return why nothing at all can be heard on this bus, in one line; empty while something can."""
        ...
