"""Who was heard when: each gateway's last sign and last status, in memory, and on disk often enough."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from collector.store import fleet
from collector.store.api import Store
from collector.store.records import GatewayRow
from runtime.clock import Clock
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.status import DeviceStatus, Status

LATE_S = 60.0
OFFLINE_S = 180.0
_KEEP_S = 10.0
_LOOK_S = 2.0
_MEASUREMENTS = 8
_STEP_US = 5_000_000
_TOLD_LIMIT = 1 << 62


class Link(StrEnum):
    """How long ago a gateway gave a sign: recently, over a minute, over three, or never."""

    ONLINE = "online"
    LATE = "late"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class ClockOffset:
    """How far a gateway's wall clock is ahead of ours (µs), measured on each exchange.

    A message can only make a clock look slower than it is, by the time that it travelled; so of the last measurements
    the highest is the best. A clock that was set back is seen at once where that is more than any message takes.
    """

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=_MEASUREMENTS)

    def measured(self, offset: int) -> None:
        """Take over one measurement."""
        if self._last and offset < max(self._last) - _STEP_US:
            self._last.clear()
        self._last.append(offset)

    @property
    def newest(self) -> int:
        """The last measurement; there has been one."""
        return self._last[-1]

    @property
    def best(self) -> int:
        """The measurement that travelled least; there has been one."""
        return max(self._last)


@dataclass
class _Sign:
    seen_at: int
    heard: float
    status: Status | None = None
    unkept: bool = True
    told: Link = Link.UNKNOWN


class Presence:
    """Remembers signs. ``told`` is called with a gateway's name when its link changes or a status came."""

    def __init__(self, store: Store, clock: Clock, told: Callable[[str], None]) -> None:
        self._store, self._clock, self._told = store, clock, told
        self._signs: dict[str, _Sign] = {}
        self._clocks: dict[str, ClockOffset] = {}

    def restore(self, rows: Iterable[GatewayRow]) -> None:
        """Take up what was kept before this program started."""
        for row in rows:
            if row.seen_at is None:
                continue
            age = max(0.0, (self._clock.now() - row.seen_at) / 1_000_000)
            sign = _Sign(row.seen_at, self._clock.monotonic() - age, _status(row.status), unkept=False)
            self._signs[row.gateway] = sign
            if row.clock_offset_us is not None:
                self.clock_measured(row.gateway, row.clock_offset_us)
            sign.told = self.link(row.gateway)

    def heard(self, gateway: str, status: Status | None = None) -> None:
        """Note a sign of a gateway, and its status where it told one."""
        sign = self._signs.setdefault(gateway, _Sign(0, 0.0))
        sign.seen_at, sign.heard, sign.unkept = self._clock.now(), self._clock.monotonic(), True
        if status is not None:
            sign.status = status
        if status is not None or sign.told is not Link.ONLINE:
            sign.told = Link.ONLINE
            self._told(gateway)

    def clock_measured(self, gateway: str, offset: int) -> None:
        """Note that a believed request showed the gateway's wall clock ``offset`` µs ahead of ours."""
        if abs(offset) < _TOLD_LIMIT:
            self._clocks.setdefault(gateway, ClockOffset()).measured(offset)

    def clock_offset_s(self, gateway: str) -> float | None:
        """Return how many seconds a gateway's wall clock is ahead of ours, or ``None`` where it never said."""
        clock = self._clocks.get(gateway)
        return clock.best / 1_000_000 if clock else None

    def clock_offsets(self) -> dict[str, float]:
        """Return ``clock_offset_s`` of every gateway that said."""
        return {gateway: clock.best / 1_000_000 for gateway, clock in self._clocks.items()}

    def link(self, gateway: str) -> Link:
        """Tell how a gateway's link is now."""
        sign = self._signs.get(gateway)
        if sign is None:
            return Link.UNKNOWN
        age = self._clock.monotonic() - sign.heard
        if age > OFFLINE_S:
            return Link.OFFLINE
        return Link.LATE if age > LATE_S else Link.ONLINE

    def count(self, link: Link) -> float:
        """Count the gateways with this link among those ever heard of."""
        return float(sum(self.link(gateway) is link for gateway in self._signs))

    def silent(self) -> set[str]:
        """Return the gateways that were heard once and are offline now."""
        return {gateway for gateway in self._signs if self.link(gateway) is Link.OFFLINE}

    def reachable(self, gateway: str) -> bool:
        """Tell whether it makes sense to ask something of a gateway."""
        return self.link(gateway) in (Link.ONLINE, Link.LATE)

    def seen_at(self, gateway: str) -> int | None:
        """Return when a gateway was last heard (µs), or ``None``."""
        sign = self._signs.get(gateway)
        return sign.seen_at if sign else None

    def silent_s(self, gateway: str) -> float | None:
        """Return how long ago a gateway was last heard, whatever clocks were set to since, or ``None``."""
        sign = self._signs.get(gateway)
        return self._clock.monotonic() - sign.heard if sign else None

    def status(self, gateway: str) -> Status | None:
        """Return a gateway's last status, or ``None``."""
        sign = self._signs.get(gateway)
        return sign.status if sign else None

    def devices(self, gateway: str) -> dict[str, DeviceStatus]:
        """Return the links of a gateway's devices as it last told them."""
        status = self.status(gateway)
        return {device.device: device for device in status.devices} if status else {}

    def look(self) -> None:
        """Tell of every gateway whose link has changed by silence alone."""
        for gateway, sign in self._signs.items():
            link = self.link(gateway)
            if link is not sign.told:
                sign.told = link
                self._told(gateway)

    async def keep(self) -> None:
        """Write what is not on disk yet."""
        fresh = {gateway: sign for gateway, sign in self._signs.items() if sign.unkept}
        rows: list[dict[str, Any]] = []
        for gateway, sign in fresh.items():
            row: dict[str, Any] = {"gateway": gateway, "seen_at": sign.seen_at}
            if sign.status is not None:
                row |= {"status": encode(sign.status), "version": sign.status.version[:64]}
            clock = self._clocks.get(gateway)
            if clock is not None:
                row |= {"clock_offset_us": clock.best, "clock_offset_at": sign.seen_at}
            rows.append(row)
            sign.unkept = False
        if not rows:
            return
        try:
            await self._store.write(fleet.note_signs, rows)
        except BaseException:
            for sign in fresh.values():
                sign.unkept = True
            raise

    async def run(self) -> None:
        """Look every other second and keep now and then, for ever."""
        kept = self._clock.monotonic()
        while True:
            await self._clock.sleep(_LOOK_S)
            self.look()
            if self._clock.monotonic() - kept >= _KEEP_S:
                kept = self._clock.monotonic()
                await self.keep()


def _status(raw: bytes | None) -> Status | None:
    try:
        return decode(raw, Status) if raw else None
    except CodecError:
        return None
