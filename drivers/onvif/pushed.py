"""Cameras that call the box, as the driver sees whoever takes their calls."""

from typing import Protocol

from drivers.onvif.target import Target
from drivers.onvif.voice import Voice


class Pushed(Protocol):
    """One port; a camera is heard from its own host and on its own secret path alone."""

    def admit(self, target: Target, voice: Voice) -> None:
        """Let a camera call, where it has a path; whatever it brings is told by ``voice``."""
        ...

    async def open(self) -> None:
        """Take the port; ``LineLost`` where it is taken."""
        ...

    async def close(self) -> None:
        """Give it back, with every connection; within 2 s, never raises."""
        ...
