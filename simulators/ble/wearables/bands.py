"""Bands that measure a heart: one that tells it to who connects, by the SIG's services, and one that advertises it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from simulators.ble.air import Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.wearables.measurements import heart_rate
from simulators.ble.wearables.payloads import HUAMI, mi_band, mi_steps
from simulators.ble.wearables.vitals import Vitals
from simulators.ble.wearables.wearable import Body, Wearable

_WRIST = b"\x02"


class _Band(Wearable):
    deeds = Wearable.deeds | Vitals.deeds

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.vitals = Vitals(self.clock, self.dice)
        self.take_off, self.put_on = self.vitals.take_off, self.vitals.put_on
        self.set_heart_rate = self.vitals.set_heart_rate

    def truth(self) -> dict[str, Any]:
        """Return, beside what every wearable does, how its wearer is."""
        return {**super().truth(), **self.vitals.truth()}


class HeartRateBand(_Band):
    """Tells a heart rate each second while somebody listens, its charge, and buzzes when it is told to.

    It does not advertise while it is connected, as most do not.
    """

    model = "hr-band"

    @cached_property
    def services(self) -> Sequence[GattService]:
        """Return heart rate, battery and immediate alert."""
        return (
            GattService(
                "180d",
                (
                    GattCharacteristic("2a37", ("notify",)),
                    GattCharacteristic("2a38", ("read",), read=lambda: _WRIST),
                ),
            ),
            GattService("180f", (GattCharacteristic("2a19", ("read", "notify"), read=self._charge),)),
            self._alert_service(),
        )

    def _broadcast(self) -> Broadcast:
        return self._says(name=self.body.name or "HR-Band", uuids=("180d", "180f"))

    def _serve(self, link: Link) -> None:
        told = heart_rate(self.vitals.heart_rate, contact=self.vitals.worn)
        link.tell("180d", "2a37", told)

    def _charge(self) -> bytes:
        return bytes([self.battery_pct])


class MiBand(_Band):
    """Advertises steps always, a heart rate only while it takes one, and its own address, which it may hide outside."""

    model = "mi-band"
    deeds = _Band.deeds | {"exercise", "rest"}

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.own_address = self.address
        self.active = False

    def exercise(self) -> None:
        """Let it take heart rates."""
        self.active = True

    def rest(self) -> None:
        """Let it take none."""
        self.active = False

    def truth(self) -> dict[str, Any]:
        """Return, beside the rest, whether it takes heart rates and the address in its payload."""
        return {**super().truth(), "active": self.active, "own_address": self.own_address}

    def _broadcast(self) -> Broadcast:
        rate = self.vitals.heart_rate if self.active and self.vitals.worn else None
        return self._says(
            companies={HUAMI: mi_band(self.own_address, rate)},
            services={"fee0": mi_steps(self.vitals.steps)},
            uuids=("fee0",),
        )
