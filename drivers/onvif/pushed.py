"""Cameras that call the box, as the driver sees whoever takes their calls."""

from collections.abc import Iterable
from typing import Protocol

from config.hidden import Secret
from drivers.onvif.voice import Voice


class Pushed(Protocol):
    """One port; a camera is heard from its own host and on its own secret path alone."""

    def admit(self, device: str, secret_path: Secret, hosts: Iterable[str], voice: Voice) -> None:
        """Let ``device`` call on its path, from these addresses or networks; what it brings is told by ``voice``."""
        ...

    async def open(self) -> None:
        """Take the port; ``LineLost`` where it is taken."""
        ...

    async def close(self) -> None:
        """Give it back, with every connection; within 2 s, never raises."""
        ...
