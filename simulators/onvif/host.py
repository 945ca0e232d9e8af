"""What the services of a device need of the device: its maker, its time, its addresses, and a place for its deeds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from simulators.onvif.events import Event, Operation
from simulators.onvif.makers import Maker
from simulators.onvif.soap import Call, Markup

Operations = Mapping[str, Callable[[Call], Markup | Awaitable[Markup]]]
"""By the request's name with prefix, such as ``tds:GetServices``: what goes into the element of its answer."""


class Host(Protocol):
    """The device as its services see it."""

    @property
    def maker(self) -> Maker:
        """Return whose habits it has."""
        ...

    @property
    def serial(self) -> str:
        """Return its serial number."""
        ...

    def time(self) -> int:
        """Return what it thinks is the time (µs)."""
        ...

    def url(self, path: str) -> str:
        """Return the address of ``path`` as the device gives it out, which may be wrong."""
        ...

    def publish(self, event: Event, operation: Operation | None = None) -> None:
        """Tell everybody who subscribed."""
        ...

    def command(self, call: Call, **done: Any) -> None:
        """Keep in the truth that a client's command was done."""
        ...

    def reboot(self, for_s: float = 5.0) -> None:
        """Go away and come back."""
        ...
