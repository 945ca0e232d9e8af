"""What the album's tests share: pictures, and something that masks them without a library."""

import threading

from drivers.api import NoPicture, Picture

HOUR = 3_600_000_000
DAY = 24 * HOUR


class FakeMasker:
    """Masks by a mark before the data; ``hold`` keeps it from ending."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()

    def masked(self, picture: bytes) -> bytes:
        self.free.wait(10)
        if not picture.startswith(b"jpeg"):
            raise NoPicture("broken")
        return b"masked:" + picture[:4]


def picture(number: int, at: int, size: int = 100, device: str = "cam-1") -> Picture:
    return Picture(device, f"{device}-{number:04}", at, b"jpeg" + bytes(size - 4))
