"""Devices of a health corner: they measure when somebody uses them, and tell it to whoever connects in time."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from simulators.ble.air import Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.wearables import measurements
from simulators.ble.wearables.wearable import Body, Happening, Wearable

OFFERED_S = 30.0
"""So long after a measurement a device advertises that it has one."""


class Station(Wearable):
    """Silent until it has measured; then it advertises until the result is told or its time is up.

    It indicates once somebody has subscribed, a turn later, and breaks the connection off after that. A result that
    nobody fetched in time is gone. Kinds override ``_draw`` (a result) and ``_encode`` (its bytes).
    """

    pace_s = 0.5
    deeds = Wearable.deeds | {"measure"}
    service: ClassVar[str]
    characteristic: ClassVar[str]
    how: ClassVar[str] = "indicate"
    title: ClassVar[str]

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.offered_s = OFFERED_S
        self._result: Happening | None = None
        self._until = self.clock.monotonic()
        self._subscribed = False

    @cached_property
    def services(self) -> Sequence[GattService]:
        """Return its measurement and its battery."""
        measured = GattCharacteristic(self.characteristic, (self.how,), notifying=self._listened_to)
        battery = GattCharacteristic("2a19", ("read",), read=lambda: bytes([self.battery_pct]))
        return (GattService(self.service, (measured,)), GattService("180f", (battery,)))

    @property
    def near(self) -> bool:
        """Return whether it can be heard; it sleeps when it has nothing to tell."""
        return super().near and (self._link is not None or self._pending())

    def measure(self, **given: float) -> dict[str, Any]:
        """Let somebody use it; what is not given is drawn. Returns the result."""
        result = {**self._draw(), **given}
        self._result = self._happen("measured", None, **result)
        self._until = self.clock.monotonic() + self.offered_s
        self._hurry()
        return result

    def disconnected(self) -> None:
        """Take note that the connection is gone."""
        super().disconnected()
        self._subscribed = False

    def truth(self) -> dict[str, Any]:
        """Return, beside what every wearable does, whether it still has something to tell."""
        return {**super().truth(), "waits": self._pending()}

    def _pending(self) -> bool:
        return self._result is not None and not self._result.told and self.clock.monotonic() < self._until

    def _broadcast(self) -> Broadcast:
        if self._result is not None:
            self._result.aired += 1
        return self._says(name=self.body.name or self.title, uuids=(self.service,))

    def _serve(self, link: Link) -> None:
        if self._result is None or self._result.told:
            link.drop()
        elif self._subscribed and link.tell(self.service, self.characteristic, self._encode(self._result)):
            self._result.told = True

    def _listened_to(self, subscribed: bool) -> None:
        self._subscribed = subscribed

    def _draw(self) -> dict[str, float]:
        raise NotImplementedError

    def _encode(self, result: Happening) -> bytes:
        raise NotImplementedError


class Cuff(Station):
    """A blood-pressure cuff."""

    model = "blood-pressure-cuff"
    service, characteristic, title = "1810", "2a35", "BP-Cuff"

    def _draw(self) -> dict[str, float]:
        systolic = self.dice.randint(108, 148)
        return {"systolic": systolic, "diastolic": systolic - self.dice.randint(38, 52), "pulse": 60 + systolic // 9}

    def _encode(self, result: Happening) -> bytes:
        systolic, diastolic = result.more["systolic"], result.more["diastolic"]
        mean = round(diastolic + (systolic - diastolic) / 3)
        pulse = result.more["pulse"]
        return measurements.blood_pressure(systolic, diastolic, mean, pulse=pulse, at=result.at, status=0)


class Thermometer(Station):
    """A thermometer for the ear."""

    model = "thermometer"
    service, characteristic, title = "1809", "2a1c", "Thermo"

    def _draw(self) -> dict[str, float]:
        return {"celsius": round(self.dice.uniform(36.1, 37.4), 1)}

    def _encode(self, result: Happening) -> bytes:
        return measurements.temperature(result.more["celsius"], at=result.at, site=3)


class Oximeter(Station):
    """A pulse oximeter, whose finger clip tells its result by notification."""

    model = "pulse-oximeter"
    service, characteristic, title, how = "1822", "2a5f", "Oxi", "notify"

    def _draw(self) -> dict[str, float]:
        return {"spo2": self.dice.randint(94, 99), "pulse": self.dice.randint(60, 88)}

    def _encode(self, result: Happening) -> bytes:
        return measurements.oximetry(result.more["spo2"], result.more["pulse"])


class Scale(Station):
    """A weight scale."""

    model = "weight-scale"
    service, characteristic, title = "181d", "2a9d", "Scale"

    def _draw(self) -> dict[str, float]:
        return {"kg": round(self.dice.uniform(45, 95), 1)}

    def _encode(self, result: Happening) -> bytes:
        return measurements.weight(result.more["kg"], at=result.at)
