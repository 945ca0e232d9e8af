"""A camera's video that a test makes up: packets as it says, and pictures that are nothing but their number."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from config.hidden import Secret
from drivers.api import DriverError


@dataclass(frozen=True)
class FakePacket:
    """``number`` is what is seen on it."""

    number: int
    is_keyframe: bool = True
    size: int = 1000

    @property
    def pts(self) -> int:
        return self.number


class FakePicture:
    """A picture whose every pixel is ``number``."""

    def __init__(self, number: int) -> None:
        self.number = number

    def image(self) -> NDArray[np.uint8]:
        return np.full((54, 96, 3), self.number, np.uint8)

    def outline(self) -> NDArray[np.uint8]:
        return np.full((54, 96), self.number, np.uint8)


class FakeStream:
    """A ``Stream`` on the thread that reads it. ``decoded`` has the numbers of all packets that went to the decoder.

    As with a decoder a picture that is no keyframe comes only of an unbroken row since the last one.
    """

    def __init__(self, packets: "SimpleQueue[FakePacket | DriverError | None]") -> None:
        self._packets = packets
        self._last: int | None = None
        self.decoded: list[int] = []
        self.opened_by = threading.get_ident()
        self.closed_by = 0

    def packets(self) -> Iterator[FakePacket]:
        while (packet := self._packets.get(timeout=10)) is not None:
            if isinstance(packet, DriverError):
                raise packet
            yield packet

    def decode(self, packet: FakePacket | None) -> Sequence[FakePicture]:
        if packet is None:
            return []
        self.decoded.append(packet.number)
        whole = packet.is_keyframe or self._last == packet.number - 1
        self._last = packet.number if whole else None
        return [FakePicture(packet.number)] if whole else []

    def restart(self) -> None:
        self._last = None

    def close(self) -> None:
        self.closed_by = threading.get_ident()


class FakeVideos:
    """What opens videos: each time one more ``FakeStream`` of the same ``packets``; ``None`` there ends it.

    ``refusing`` is raised instead, one each. ``addresses`` has those that were opened.
    """

    def __init__(self) -> None:
        self.packets: SimpleQueue[FakePacket | DriverError | None] = SimpleQueue()
        self.streams: list[FakeStream] = []
        self.refusing: list[Exception] = []
        self.addresses: list[str] = []

    def __call__(self, address: Secret) -> FakeStream:
        self.addresses.append(address.reveal())
        if self.refusing:
            raise self.refusing.pop(0)
        self.streams.append(FakeStream(self.packets))
        return self.streams[-1]

    def show(self, *numbers: int, keyframe: bool = True) -> None:
        """Send packets."""
        for number in numbers:
            self.packets.put(FakePacket(number, keyframe))
