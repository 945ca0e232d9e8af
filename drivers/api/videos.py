"""Watching the plates in a video, as a capability for whoever hangs up a camera."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.api.errors import DriverError
from drivers.api.plates import Passage, PlateRead
from runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What was read of the frame of ``at`` (µs): ``marked`` is a JPEG with it marked, empty where nothing new was read.

    ``passages`` are the vehicles that the agent would tell now.
    """

    at: int
    reads: Sequence[PlateRead]
    marked: bytes = b""
    passages: Sequence[Passage] = ()


class WatchesPlates(Protocol):
    """What watches the plates of one video until it is cancelled."""

    async def __call__(
        self,
        address: str,
        password: str,
        clock: Clock,
        see: Callable[[Glimpse], None],
        gone: Callable[[DriverError], None],
        *,
        home: str = "",
    ) -> None:
        """``address`` is ``rtsp://user@host/path``; a password in it is not looked at. ``see`` and ``gone`` (said each
        time that it is tried in vain) are called on the loop. ``Misconfigured`` for what is no such address.
        """
        ...
