"""Those that call for help by advertisement: a pendant with a button, and a band that also knows when its wearer fell.

A press or a fall gets the next number and is advertised fast for a while; until then the flags are those of the last
one. Layout: that of the profile ``sos/ble-field-map``.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from simulators.ble.air import Broadcast, GattService
from simulators.ble.wearables.payloads import BAND, FALL, LAYOUT_COMPANY, PENDANT, SOS, TEST, WORN, call
from simulators.ble.wearables.vitals import Vitals
from simulators.ble.wearables.wearable import Body, Happening, Wearable

CALLING_S = 30.0
"""So long a call is advertised fast, with its flag."""
_FAST_S = 0.2
_AT_LEAST_S = 3.0


class Pendant(Wearable):
    """A pendant; ``calling_s`` is how long a call is in the air."""

    model = "sos-pendant"
    pace_s = 2.0
    deeds = Wearable.deeds | {"press", "test"}
    kind = PENDANT

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.calling_s = CALLING_S
        self.number = 0
        self._call: Happening | None = None
        self._flag = 0
        self._began = self._until = self.clock.monotonic()

    @property
    def calling(self) -> bool:
        """Return whether a call is in the air."""
        return self._call is not None and self.clock.monotonic() < self._until

    def press(self) -> int | None:
        """Let its wearer call for help; returns the call's number, ``None`` where the battery is flat."""
        return self._cry("sos", SOS)

    def test(self) -> int | None:
        """Let a technician test it."""
        return self._cry("test", TEST)

    def calm(self) -> None:
        """Let a call end that has been in the air for some seconds."""
        if self._call is not None:
            self._until = min(self._until, self._began + _AT_LEAST_S)

    def truth(self) -> dict[str, Any]:
        """Return, beside what every wearable does, whether it calls."""
        return {**super().truth(), "number": self.number, "calling": self.calling}

    def _cry(self, what: str, flag: int) -> int | None:
        if self.battery_pct <= 0:
            return None
        self.number = (self.number + 1) & 0xFF
        self._call, self._flag = self._happen(what, self.number), flag
        self._began = self.clock.monotonic()
        self._until = self._began + self.calling_s
        self._hurry()
        return self.number

    def _every_s(self) -> float:
        return min(_FAST_S, super()._every_s()) if self.calling else super()._every_s()

    def _broadcast(self) -> Broadcast:
        flags = 0
        if self.calling and self._call is not None:
            flags = self._flag
            self._call.aired += self.clock.monotonic() >= self._garbled_until
        return self._says(companies={LAYOUT_COMPANY: self._data(flags)})

    def _data(self, flags: int) -> bytes:
        return call(self.kind, flags, self.number, self.battery_pct, None, 0)


class FallBand(Pendant):
    """A band with a button that notices falls, counts steps and heartbeats while it is worn, and can be made to buzz.

    It advertises while it is connected, too: it may have to call.
    """

    model = "fall-band"
    mute_while_connected = False
    pace_s = 1.0
    deeds = Pendant.deeds | {"fall"} | Vitals.deeds
    kind = BAND

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.vitals = Vitals(self.clock, self.dice)
        self.take_off, self.put_on = self.vitals.take_off, self.vitals.put_on
        self.set_heart_rate = self.vitals.set_heart_rate

    @cached_property
    def services(self) -> Sequence[GattService]:
        """Return its buzzer."""
        return (self._alert_service(),)

    def fall(self) -> int | None:
        """Let its wearer fall; a band that nobody wears does not notice."""
        return self._cry("fall", FALL) if self.vitals.worn else None

    def truth(self) -> dict[str, Any]:
        """Return, beside the rest, how its wearer is."""
        return {**super().truth(), **self.vitals.truth()}

    def _data(self, flags: int) -> bytes:
        worn = WORN if self.vitals.worn else 0
        rate = self.vitals.heart_rate if self.vitals.worn else None
        return call(self.kind, flags | worn, self.number, self.battery_pct, rate, self.vitals.steps)
