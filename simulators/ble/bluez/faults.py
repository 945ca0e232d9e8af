"""How an adapter and the stack above it behave: their manners, their delays, and everything that may go wrong."""

import random
from dataclasses import dataclass, field
from typing import Literal

from simulators.ble.bluez.errors import Refusal

ALWAYS = -1


@dataclass
class Faults:
    """All of it may be changed at any time and counts from the next occasion on.

    ``version``: as ``5.66`` does, every advertisement is reported. As ``5.82`` does, a scan without ``DuplicateData``
    reports a device once and then only when what it sends changes, and hears nothing for ``blind_s`` seconds after each
    ``listens_s``. ``connect_s`` and ``disconnect_s`` are the least and the most seconds that these take.
    ``absent`` are addresses where nobody answers for ``absent_s``; ``aborts`` says for an address how many more
    connections break off while they are made (``ALWAYS``: all). ``slots`` connections stand at the same time.
    ``expiry_s`` after a device was heard last its object goes. ``att_errors`` is what a device answers, by address and
    UUID of the characteristic in full. ``in_progress``: as many more operations on characteristics answer that another
    one goes on. ``monitors``: whether passive scans are possible (``bluetoothd --experimental``); looked at when the
    adapter is plugged in. ``hides_battery``: whether the battery service is kept from programs, which find ``Battery1``
    instead, as 5.48 to 5.54 did; since then there are both. ``seed`` makes delays the same each run.
    """

    version: Literal["5.66", "5.82"] = "5.66"
    listens_s: float = 10.0
    blind_s: float = 5.5
    connect_s: tuple[float, float] = (1.0, 2.0)
    disconnect_s: tuple[float, float] = (2.0, 2.7)
    absent: set[str] = field(default_factory=set)
    absent_s: float = 20.0
    aborts: dict[str, int] = field(default_factory=dict)
    slots: int = 7
    expiry_s: float = 30.0
    att_errors: dict[tuple[str, str], int] = field(default_factory=dict)
    in_progress: int = 0
    monitors: bool = False
    hides_battery: bool = False
    mtu: int = 247
    seed: int = 0
    _refusals: dict[str, list[Refusal | None]] = field(default_factory=dict, repr=False)
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def refuse(self, member: str, refusal: Refusal | None, times: int = 1) -> None:
        """Have the next ``times`` calls of a method (``StartDiscovery``, ``Connect``, ``Set`` …) answered by an error;
        ``None`` has them never answered.
        """
        self._refusals.setdefault(member, []).extend([refusal] * times)

    def refused(self, member: str) -> tuple[bool, Refusal | None]:
        """Return whether this call is to be refused, and how; used up by asking."""
        waiting = self._refusals.get(member)
        return (True, waiting.pop(0)) if waiting else (False, None)

    def connect_takes(self) -> float:
        """Return how long this connection takes to be made, in seconds."""
        return self._chance.uniform(*self.connect_s)

    def disconnect_takes(self) -> float:
        """Return how long this connection takes to be ended, in seconds."""
        return self._chance.uniform(*self.disconnect_s)

    def aborted(self, address: str) -> bool:
        """Return whether this connection is to break off; used up by asking."""
        left = self.aborts.get(address, 0)
        if left > 0:
            self.aborts[address] = left - 1
        return left != 0

    def busy(self) -> bool:
        """Return whether this operation finds another one going on; used up by asking."""
        if self.in_progress > 0:
            self.in_progress -= 1
            return True
        return False
