"""What else is in the air: neighbours' phones, televisions, and things that send nobody knows what."""

from simulators.ble.air import Broadcast
from simulators.ble.wearables.payloads import APPLE, HUAMI
from simulators.ble.wearables.wearable import Body, Wearable

_SAMSUNG = 0x0075
_PHONE_KEEPS_S = 900.0


class Phone(Wearable):
    """A phone, with an address that nobody here can resolve and that changes by itself."""

    model = "phone"
    pace_s = 0.7

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self._irk = self.dice.randbytes(16)
        self._due = self.clock.monotonic()

    def _broadcast(self) -> Broadcast:
        if self.clock.monotonic() >= self._due:
            self.address = self._resolvable(self._irk)
            self._due = self.clock.monotonic() + _PHONE_KEEPS_S * self.dice.uniform(0.7, 1.0)
        return self._says(companies={APPLE: b"\x10\x05" + self.dice.randbytes(5)})


class Television(Wearable):
    """A television that says who it is, all day."""

    model = "television"

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self._data = b"\x42\x04" + self.dice.randbytes(20)

    def _broadcast(self) -> Broadcast:
        return self._says(name="[TV] Living room", companies={_SAMSUNG: self._data})


class Noise(Wearable):
    """Sends another heap of bytes each time, under headings that others use."""

    model = "noise"

    def _broadcast(self) -> Broadcast:
        heap = self.dice.randbytes(self.dice.randrange(24))
        if self.dice.random() < 0.5:
            return self._says(companies={self.dice.choice((APPLE, HUAMI, 0xFFFF, self.dice.getrandbits(16))): heap})
        return self._says(services={self.dice.choice(("fcd2", "fe95", "feaa", "fee0")): heap}, name="\ufffd")
