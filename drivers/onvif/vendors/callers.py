"""Where cameras call from: a camera's own address, or those that its name has, looked up now and then."""

import asyncio
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Final

from drivers.api.patience import within
from runtime.clock import Clock

LOOK_S: Final = 60.0
"""Names are not looked up more often, however many strangers call."""

_LOOKUP_S: Final = 5.0


class Callers:
    """The hosts of a bus. ``look_up`` learns what their names mean at present."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses: dict[str, frozenset[str]] = {}
        self._names: set[str] = set()
        self._looked_at = clock.monotonic() - LOOK_S
        self._looking: asyncio.Task[None] | None = None

    def add(self, host: str) -> None:
        """Let calls from ``host`` be known."""
        address = plain(host)
        if address:
            self._addresses[host] = frozenset({address})
        else:
            self._names.add(host)

    def are(self, peer: str, host: str) -> bool:
        """Tell whether ``peer`` (as ``plain`` has it) is ``host``."""
        return peer in self._addresses.get(host, ())

    def has(self, peer: str) -> bool:
        """Tell whether ``peer`` is any of them; for a stranger the names are looked up anew, for the next time."""
        if any(peer in addresses for addresses in self._addresses.values()):
            return True
        looking = self._looking is not None and not self._looking.done()
        if self._names and not looking and self._clock.monotonic() - self._looked_at >= LOOK_S:
            self._looking = asyncio.create_task(self.look_up(), name="where cameras call from")
        return False

    async def look_up(self) -> None:
        """Ask what the names mean, all at once; a name that nobody knows keeps what it meant."""
        self._looked_at = self._clock.monotonic()
        await asyncio.gather(*(self._look_up(name) for name in self._names))

    async def _look_up(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError, UnicodeError):  # a TimeoutError is an OSError
            found = await within(self._clock, _LOOKUP_S, loop.getaddrinfo(name, None))
            self._addresses[name] = frozenset(plain(str(address[0])) for *_, address in found)

    async def close(self) -> None:
        """Look nothing up any more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)


def plain(text: str) -> str:
    """Return an address without the IPv6 that a socket for both wraps around IPv4; empty for what is none."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
