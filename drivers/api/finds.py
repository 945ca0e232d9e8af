"""Who answers on this network, as a capability for a technician: asked once, believed in nothing but where it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered from ``host``; all else is what it says of itself and a hint.

    ``port`` and ``tls`` are its service's. ``elsewhere`` is the host that it calls itself by, where that is another.
    ``fingerprint`` is the SHA-256 of the certificate that it showed, empty where none was seen.
    """

    host: str
    port: int
    tls: bool
    maker: str = ""
    model: str = ""
    elsewhere: str = ""
    fingerprint: str = ""


class Finds(Protocol):
    """Asks everybody on the networks of this box who they are."""

    async def find(self, seconds: float, hosts: Sequence[tuple[str, int]] = ()) -> Sequence[Found]:
        """Return who answered within ``seconds``, by address; ``hosts`` are asked by themselves, besides.

        Nothing is changed on any device, and nobody is told a password. Networks on which asking fails are passed over.
        """
        ...
