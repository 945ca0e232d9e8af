"""Who was heard when: each gateway's last sign and last status, in memory, and on disk often enough."""

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


class Link(StrEnum):
    """How long ago a gateway gave a sign: recently, over a minute, over three, or never."""

    ONLINE = "online"
    LATE = "late"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


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

    def restore(self, rows: Iterable[GatewayRow]) -> None:
        """Take up what was kept before this program started."""
        for row in rows:
            if row.seen_at is None:
                continue
            age = max(0.0, (self._clock.now() - row.seen_at) / 1_000_000)
            sign = _Sign(row.seen_at, self._clock.monotonic() - age, _status(row.status), unkept=False)
            self._signs[row.gateway] = sign
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

    def reachable(self, gateway: str) -> bool:
        """Tell whether it makes sense to ask something of a gateway."""
        return self.link(gateway) in (Link.ONLINE, Link.LATE)

    def seen_at(self, gateway: str) -> int | None:
        """Return when a gateway was last heard (µs), or ``None``."""
        sign = self._signs.get(gateway)
        return sign.seen_at if sign else None

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
