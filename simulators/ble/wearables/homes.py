"""Sensors of a home that tell by advertisement: buttons, doors, motion and warmth, plain or sealed with a key.

Each telling is a packet with a number of its own, sent several times over; between tellings it is the last state, as
a new packet, at the kind's slow pace.
"""

from collections import deque
from typing import Any

from simulators.ble.air import Broadcast
from simulators.ble.wearables import sealed
from simulators.ble.wearables.wearable import Body, Happening, Wearable

REPEATS = 5
_FAST_S = 0.1
_REMEMBERED = 50


class HomeSensor(Wearable):
    """What the kinds have in common. ``replay``, where it is sealed, sends the oldest remembered packet again, as
    somebody does who recorded it.
    """

    pace_s = 10.0
    deeds = Wearable.deeds | {"replay"}

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.key = body.key
        self._packet = self.dice.randrange(256)
        self._counter = self.dice.randrange(1000, 100_000)
        self._urgent: deque[tuple[bytes, Happening | None]] = deque()
        self._old: deque[bytes] = deque(maxlen=_REMEMBERED)

    def replay(self) -> bool:
        """Send an old packet again, if it is a kind that can tell; returns whether there was one."""
        if not self.key or not self._old:
            return False
        self._urgent.append((self._old[0], None))
        self._hurry()
        return True

    def truth(self) -> dict[str, Any]:
        """Return, beside what every wearable does, the key in hex (empty: nothing is sealed)."""
        return {**super().truth(), "key": self.key.hex()}

    def _tell(self, objects: bytes, happening: Happening | None = None, *, now: bool = True) -> bytes:
        data = self._sealed(objects, triggered=now)
        self._old.append(data)
        if now:
            self._urgent.extend([(data, happening)] * REPEATS)
            self._hurry()
        return data

    def _sealed(self, objects: bytes, *, triggered: bool) -> bytes:
        self._packet, self._counter = (self._packet + 1) & 0xFF, self._counter + 1
        numbered = bytes([sealed.PACKET, self._packet]) + objects
        return sealed.bthome(numbered, self.address, triggered=triggered, key=self.key, counter=self._counter)

    def _charge(self) -> bytes:
        return bytes([sealed.BATTERY, self.battery_pct])

    def _state(self) -> bytes:
        """Return the objects that it shows when nothing happens."""
        return self._charge()

    def _every_s(self) -> float:
        return _FAST_S if self._urgent else super()._every_s()

    def _broadcast(self) -> Broadcast:
        if self._urgent:
            data, happening = self._urgent.popleft()
            if happening is not None:
                happening.aired += self.clock.monotonic() >= self._garbled_until
        else:
            data = self._tell(self._state(), now=False)
        return self._says(services={"fcd2": data})


class Button(HomeSensor):
    """A BTHome button."""

    model = "bthome-button"
    deeds = HomeSensor.deeds | {"press"}
    _kinds = {"short": 1, "double": 2, "long": 4}  # noqa: RUF012 - a constant table

    def press(self, kind: str = "short") -> int:
        """Press it ``short``, ``long`` or ``double``; returns the packet's number."""
        code = self._kinds[kind]
        happening = self._happen("pressed", (self._packet + 1) & 0xFF, kind=kind)
        self._tell(self._charge() + bytes([sealed.BUTTON, code]), happening)
        return self._packet


class DoorContact(HomeSensor):
    """A BTHome contact on a home's front door."""

    model = "bthome-door"
    deeds = HomeSensor.deeds | {"open", "close"}

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.is_open = False

    def open(self) -> None:
        """Let the door be opened."""
        self._move(True)

    def close(self) -> None:
        """Let it be shut."""
        self._move(False)

    def _move(self, is_open: bool) -> None:
        self.is_open = is_open
        self._tell(self._state(), self._happen("opened" if is_open else "closed"))

    def _state(self) -> bytes:
        return self._charge() + bytes([sealed.OPENING, self.is_open])


class MotionSensor(HomeSensor):
    """A BTHome motion sensor: it says that it sees somebody, and a while later that it does not."""

    model = "bthome-motion"
    deeds = HomeSensor.deeds | {"move", "still"}

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.motion = False

    def move(self) -> None:
        """Let somebody walk by."""
        self.motion = True
        self._tell(self._state(), self._happen("motion"))

    def still(self) -> None:
        """Let nobody be there any more."""
        self.motion = False
        self._tell(self._state())

    def _state(self) -> bytes:
        return self._charge() + bytes([sealed.MOTION, self.motion])


class RoomThermometer(HomeSensor):
    """A BTHome thermometer."""

    model = "bthome-thermometer"
    pace_s = 5.0

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.celsius, self.humidity = self.dice.uniform(17, 24), self.dice.uniform(40, 65)

    def _state(self) -> bytes:
        warm = bytes([sealed.TEMPERATURE]) + round(self.celsius * 100).to_bytes(2, "little", signed=True)
        return self._charge() + warm + bytes([sealed.HUMIDITY]) + round(self.humidity * 100).to_bytes(2, "little")


class MiMotion(MotionSensor):
    """A Xiaomi motion and light sensor (RTCGQ02LM), which seals all it says; without a key it draws one."""

    model = "mibeacon-motion"
    _DARK, _BRIGHT = 1, 256

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.key = body.key or self.dice.randbytes(16)

    def _sealed(self, objects: bytes, *, triggered: bool) -> bytes:
        self._counter += 1
        kind, value = (sealed.MOTION_WITH_LIGHT, objects) if triggered else (0x100A, bytes([self.battery_pct]))
        return sealed.mibeacon(kind, value, self.address, key=self.key, counter=self._counter)

    def _state(self) -> bytes:
        return (self._BRIGHT if self.motion else self._DARK).to_bytes(3, "little")

    def still(self) -> None:
        """Say nothing: this sensor tells only that it sees somebody."""
        self.motion = False

    def _broadcast(self) -> Broadcast:
        return self._says(services={"fe95": super()._broadcast().services["fcd2"]})
