"""Who is on the air: every sender with how it is heard, and which products it may be by what it says."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from itertools import pairwise
from statistics import median
from typing import Final

from config.profile import Profile
from drivers.api.errors import CorruptAnswer
from drivers.api.overhears import Element, Overheard
from drivers.ble.addresses import address_kind
from drivers.ble.advertisement import Advertisement
from drivers.ble.air import Receiver
from drivers.ble.guessing import Guesser
from drivers.ble.showing import elements_of
from drivers.ble.tapping import Tap
from runtime.clock import Clock

_MOST_SENDERS: Final = 4096
"""A busy street changes its addresses all the time; whoever comes after so many is not listed."""

_REMEMBERED: Final = 64
_UNHEARD: Final = -1000


async def overhear(
    receivers: Sequence[Receiver],
    clock: Clock,
    known: Callable[[Advertisement], str],
    profiles: Sequence[Profile],
    seconds: float,
) -> AsyncGenerator[Overheard, None]:
    """Do what ``drivers.api.Overhears.overhear`` promises; ``known`` tells which device of the file sent something,
    empty where none did.
    """
    products = [profile for profile in profiles if profile.driver == "ble" and profile.bluetooth is not None]
    senders: dict[str, _Sender] = {}
    tap: Tap[Overheard] = Tap()

    def heard(advertisement: Advertisement) -> None:
        sender = senders.get(advertisement.address)
        if sender is not None:
            sender.hear(advertisement)
        elif len(senders) < _MOST_SENDERS:
            sender = senders[advertisement.address] = _Sender(known, products)
            sender.hear(advertisement)
            tap.tell(sender.overheard())

    async with aclosing(tap.run(receivers, heard, clock, seconds)) as told:
        async for one in told:
            yield one
    found = [sender.overheard() for sender in senders.values()]
    for one in sorted(found, key=lambda one: _UNHEARD if one.rssi is None else one.rssi, reverse=True):
        yield one


class _Ear:
    """How one receiver hears a sender."""

    def __init__(self) -> None:
        self.times = 0
        self._at: deque[int] = deque(maxlen=_REMEMBERED)
        self._rssi: deque[int] = deque(maxlen=_REMEMBERED)

    def hear(self, heard: Advertisement) -> None:
        """Take one in."""
        self.times += 1
        self._at.append(heard.at)
        self._rssi.extend(() if heard.rssi is None else (heard.rssi,))

    @property
    def rssi(self) -> int | None:
        """Return the median strength (dBm), ``None`` where the stack does not tell it."""
        return round(median(self._rssi)) if self._rssi else None

    @property
    def every_s(self) -> float:
        """Return the median time between two, 0 for one that was heard once."""
        gaps = [(later - earlier) / 1_000_000 for earlier, later in pairwise(self._at)]
        return median(gaps) if gaps else 0.0


class _Sender:
    """One address, and what came from it."""

    def __init__(self, known: Callable[[Advertisement], str], products: Sequence[Profile]) -> None:
        self._known, self._guesser = known, Guesser(products)
        self._device = ""
        self._ears: dict[str, _Ear] = {}
        self._elements: dict[str, bytes] = {}
        self._uuids: dict[str, None] = {}
        self._last: Advertisement | None = None

    def hear(self, heard: Advertisement) -> None:
        """Take one in; several receivers may bring the same."""
        self._ears.setdefault(heard.receiver, _Ear()).hear(heard)
        same = self._last is not None and heard[3:7] == self._last[3:7]
        self._last = heard
        if same:
            return
        self._device = self._device or self._known(heard)
        self._elements |= dict(elements_of(heard))
        self._uuids |= dict.fromkeys(heard.uuids)
        with suppress(CorruptAnswer):
            self._guesser.hear(heard)

    def overheard(self) -> Overheard:
        """Return what is known of it by now."""
        assert self._last is not None  # noqa: S101 - a sender is one because it was heard
        ear = max(self._ears.values(), key=lambda one: _UNHEARD if one.rssi is None else one.rssi)
        return Overheard(
            address=self._last.address,
            kind=address_kind(self._last.address, self._last.address_type),
            device=self._device,
            rssi=ear.rssi,
            times=ear.times,
            every_s=ear.every_s,
            elements=tuple(Element(where, data) for where, data in self._elements.items()),
            uuids=tuple(self._uuids),
            guesses=self._guesser.guesses(),
        )
