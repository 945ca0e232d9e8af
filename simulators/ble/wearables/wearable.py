"""Anything that sends into the air: at its own pace, near or far, fresh or flat, under an address that may change."""

import asyncio
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from runtime.clock import Clock
from simulators.ble.air import SENSITIVITY_DBM, Air, Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.wearables.addresses import resolvable_address, static_address
from simulators.ramp import Ramp

FAR_DBM = -115
LOW_PCT = 10
"""Below this a battery is saved: advertisements come at a third of the pace."""

_DELAY_S = 0.01
"""Each advertisement comes up to this much later than its time, as the Core Specification has it."""


@dataclass(frozen=True)
class Body:
    """What every wearable is made of.

    ``address`` (drawn where it is empty) stays, unless there is an ``irk`` of 16 bytes to make changing ones with.
    ``key`` seals what some kinds send. ``every_s`` is the pace where it is not the kind's own; ``rssi`` the strength
    near by; ``copies`` how often each advertisement is sent.
    """

    air: Air
    clock: Clock
    dice: random.Random
    name: str = ""
    address: str = ""
    irk: bytes = b""
    key: bytes = b""
    every_s: float | None = None
    rssi: int = -60
    copies: int = 1


@dataclass
class Happening:
    """Something that befell a wearable: what, when (µs since the epoch), the number that it gave it, and ``more``.

    ``aired`` counts the advertisements that told of it, near enough to be heard; ``told`` says that it went over a
    connection.
    """

    what: str
    at: int
    number: int | None
    more: dict[str, Any]
    aired: int = 0
    told: bool = False


class Wearable:
    """Advertises while ``run`` runs. Kinds override ``_broadcast`` (what it sends now; nothing: silence), ``services``
    (what it offers to who connects) and ``_serve`` (what it does each turn of a connection). Most do not advertise
    meanwhile: ``mute_while_connected``.
    """

    model: ClassVar[str]
    pace_s: ClassVar[float] = 1.0
    mute_while_connected: ClassVar[bool] = True
    deeds: frozenset[str] = frozenset(
        {"walk_away", "come_back", "run_flat", "new_battery", "rotate", "garble", "clear", "set_battery"}
    )

    def __init__(self, body: Body) -> None:
        self.body = body
        self.clock, self.dice = body.clock, body.dice
        self.address = body.address or static_address(body.dice)
        if body.irk:
            self.address = self._resolvable(self.body.irk)
        self.happened: list[Happening] = []
        self.sent = self.connections = 0
        self.commands: list[dict[str, Any]] = []
        self._strength = Ramp(body.clock, body.rssi)
        self._battery = Ramp(body.clock, body.dice.randint(55, 100))
        self._garbled_until = body.clock.monotonic()
        self._pause: asyncio.Future[None] | None = None
        self._answers = False
        self._link: Link | None = None

    @property
    def services(self) -> Sequence[GattService]:
        """Return what it offers to who connects; nothing: it cannot be connected to."""
        return ()

    @property
    def battery_pct(self) -> int:
        """Return the charge."""
        return round(self._battery.value)

    @property
    def rssi(self) -> int:
        """Return the strength with which it is heard, dBm."""
        return round(self._strength.value + (self.dice.gauss(0, 2) if self._strength.value > SENSITIVITY_DBM else 0))

    @property
    def near(self) -> bool:
        """Return whether it can be heard at all, and has power."""
        return self._strength.value >= SENSITIVITY_DBM and self.battery_pct > 0

    def connected(self, link: Link) -> None:
        """Take note that somebody connected."""
        self._link = link
        self.connections += 1

    def disconnected(self) -> None:
        """Take note that the connection is gone."""
        self._link = None

    async def run(self) -> None:
        """Send and serve until cancelled; then nobody answers at its address any more."""
        try:
            await self._wait(self.dice.uniform(0, self._every_s()))
            while True:
                self._appear(self.near and bool(self.services))
                if self._link is not None:
                    self._serve(self._link)
                self._advertise()
                await self._wait(self._every_s() + self.dice.uniform(0, _DELAY_S))
        finally:
            self._hurry()
            self._appear(False)

    @property
    def calling(self) -> bool:
        """Return whether it calls for help now."""
        return False

    def calm(self) -> None:
        """Let what is being called out come to its end soon; nothing happens to it by itself."""

    def walk_away(self, over_s: float = 20.0) -> None:
        """Let it be carried out of reach."""
        self._strength.to(FAR_DBM, over_s)

    def come_back(self, over_s: float = 20.0) -> None:
        """Let it be carried back."""
        self._strength.to(self.body.rssi, over_s)

    def set_battery(self, pct: float) -> None:
        """Set the charge."""
        self._battery.to(pct, 0)

    def run_flat(self, over_s: float = 60.0) -> None:
        """Let the battery go flat: slower at the end, then silence."""
        self._battery.to(min(self._battery.value, 2 * LOW_PCT), 0)
        self._battery.to(0, over_s)

    def new_battery(self) -> None:
        """Put a fresh battery in."""
        self._battery.to(100, 0)

    def rotate(self) -> bool:
        """Take another address, if it is a kind that does."""
        if not self.body.irk:
            return False
        self._appear(False)
        self.address = self._resolvable(self.body.irk)
        return True

    def garble(self, for_s: float = math.inf) -> None:
        """Let what it advertises be garbage for so long: cut short, or with another beginning."""
        self._garbled_until = self.clock.monotonic() + for_s

    def clear(self) -> None:
        """Let it advertise properly again."""
        self._garbled_until = self.clock.monotonic()

    def truth(self) -> dict[str, Any]:
        """Return how it is and what befell it."""
        return {
            "address": self.address,
            "battery_pct": self.battery_pct,
            "sent": self.sent,
            "connections": self.connections,
            "commands": self.commands,
            "happened": [
                {"what": one.what, "at": one.at, "number": one.number, "aired": one.aired, "told": one.told, **one.more}
                for one in self.happened
            ],
        }

    def _broadcast(self) -> Broadcast | None:
        raise NotImplementedError

    def _serve(self, link: Link) -> None:
        """Do what it does while somebody is connected."""

    def _happen(self, what: str, number: int | None = None, /, **more: Any) -> Happening:
        self.happened.append(Happening(what, self.clock.now(), number, dict(more)))
        return self.happened[-1]

    def _hurry(self) -> None:
        """Send now, whatever the pace."""
        if self._pause is not None:
            self._pause.cancel()

    def _advertise(self) -> None:
        if not self.near or (self._link is not None and self.mute_while_connected):
            return
        if (broadcast := self._broadcast()) is not None:
            self._transmit(broadcast)

    def _alert_service(self) -> GattService:
        """Return the service by which a wearable is made to buzz."""
        return GattService("1802", (GattCharacteristic("2a06", ("write-without-response",), write=self._buzz),))

    def _buzz(self, level: bytes) -> None:
        self.commands.append({"what": "alert", "at": self.clock.now(), "level": level.hex()})

    async def _wait(self, seconds: float) -> None:
        self._pause = asyncio.ensure_future(self.clock.sleep(seconds))
        await asyncio.wait((self._pause,))

    def _every_s(self) -> float:
        usual = self.body.every_s or self.pace_s
        return usual * 3 if self.battery_pct < LOW_PCT else usual

    def _resolvable(self, irk: bytes) -> str:
        return resolvable_address(irk, self.dice.getrandbits(22))

    def _appear(self, there: bool) -> None:
        if there and not self._answers:
            self.body.air.add(self.address, self)
        elif self._answers and not there:
            self.body.air.remove(self.address)
        self._answers = there

    def _transmit(self, broadcast: Broadcast) -> None:
        if self.clock.monotonic() < self._garbled_until:
            broadcast = self._garbage(broadcast)
        for _ in range(self.body.copies):
            self.body.air.transmit(broadcast)
        self.sent += 1

    def _says(
        self,
        *,
        name: str | None = None,
        companies: dict[int, bytes] | None = None,
        services: dict[str, bytes] | None = None,
        uuids: tuple[str, ...] = (),
    ) -> Broadcast:
        return Broadcast(
            self.address,
            self.rssi,
            name,
            companies or {},
            services or {},
            uuids,
            connectable=bool(self.services),
            address_type="random",
        )

    def _garbage(self, said: Broadcast) -> Broadcast:
        return self._says(
            name=said.name,
            companies={company: self._spoilt(data) for company, data in said.companies.items()},
            services={uuid: self._spoilt(data) for uuid, data in said.services.items()},
            uuids=said.uuids,
        )

    def _spoilt(self, data: bytes) -> bytes:
        if not data or self.dice.random() < 0.5:
            return data[: self.dice.randrange(3)]
        return bytes([data[0] ^ 0x80]) + self.dice.randbytes(len(data) - 1)
