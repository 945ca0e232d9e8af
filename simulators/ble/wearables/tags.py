"""Tags that only say that they are there: iBeacon, AltBeacon, and Eddystone's telemetry."""

from typing import Any
from uuid import UUID

from simulators.ble.air import Broadcast
from simulators.ble.wearables.payloads import APPLE, RADIUS, altbeacon, eddystone_tlm, ibeacon
from simulators.ble.wearables.wearable import Body, Wearable

_MEASURED_DBM = -59


class IBeacon(Wearable):
    """A tag on somebody's keys; ``uuid``, ``major`` and ``minor`` are its identity."""

    model = "ibeacon"

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.uuid = str(UUID(int=self.dice.getrandbits(128)))
        self.major, self.minor = self.dice.getrandbits(16), self.dice.getrandbits(16)

    def truth(self) -> dict[str, Any]:
        """Return, beside what every wearable does, its identity."""
        return {**super().truth(), "uuid": self.uuid, "major": self.major, "minor": self.minor}

    def _broadcast(self) -> Broadcast:
        return self._says(companies={APPLE: ibeacon(self.uuid, self.major, self.minor, _MEASURED_DBM)})


class AltBeacon(IBeacon):
    """The same in the open layout."""

    model = "altbeacon"

    def _broadcast(self) -> Broadcast:
        return self._says(companies={RADIUS: altbeacon(self.uuid, self.major, self.minor, _MEASURED_DBM)})


class Telemetry(Wearable):
    """A beacon that tells its battery, its warmth, and how long it has run."""

    model = "eddystone-tlm"

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.celsius = round(self.dice.uniform(15, 28), 2)
        self._began = self.clock.monotonic()

    def _broadcast(self) -> Broadcast:
        uptime_s = self.clock.monotonic() - self._began
        data = eddystone_tlm(2000 + 10 * self.battery_pct, self.celsius, self.sent, uptime_s)
        return self._says(services={"feaa": data}, uuids=("feaa",))
